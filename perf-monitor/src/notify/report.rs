//! What is said in the log of how a notifier does: once when it begins to fail and once when that is
//! over, however long it takes.

use super::Failure;
use crate::alert::Alert;

#[derive(Debug)]
pub(super) struct Report {
    notifier: String,
    /// Whether the last one failed for now, or for good.
    is_late: bool,
    has_failed: bool,
}

impl Report {
    pub(super) fn new(notifier: String) -> Self {
        Self { notifier, is_late: false, has_failed: false }
    }

    pub(super) fn arrived(&mut self) {
        let notifier = &self.notifier;
        if self.is_late || self.has_failed {
            tracing::info!(target: "perfkit", notifier, "alerts arrive again");
        }
        (self.is_late, self.has_failed) = (false, false);
    }

    /// They are tried again.
    pub(super) fn late(&mut self, failure: &Failure) {
        let notifier = &self.notifier;
        if std::mem::replace(&mut self.is_late, true) {
            tracing::debug!(target: "perfkit", notifier, "alerts do not arrive: {failure}");
        } else {
            tracing::warn!(
                target: "perfkit",
                notifier,
                "alerts do not arrive, and are sent again until they do: {failure}"
            );
        }
    }

    /// They are given up.
    pub(super) fn failed(&mut self, failure: &Failure, given_up: &[Alert]) {
        let (notifier, alerts) = (&self.notifier, given_up.len());
        // Refused alone, it is the one that somebody has to look at.
        let rule = given_up.first().filter(|_| alerts == 1).map(|alert| &*alert.rule);
        if std::mem::replace(&mut self.has_failed, true) {
            tracing::debug!(target: "perfkit", notifier, alerts, rule, "alerts are given up: {failure}");
        } else {
            tracing::error!(target: "perfkit", notifier, alerts, rule, "alerts are given up: {failure}");
        }
    }
}
