//! Alerts on their way to people.

use crate::alert::Alert;
use std::{fmt, time::Duration};

/// A way to tell somebody. It is called on a thread of its own, and may take its time.
pub trait Notifier: Send {
    /// What it is called in figures and logs: a short word, such as `slack`.
    fn name(&self) -> &str;

    /// Sends alerts, in their order: those that came since it was last asked. All of them or none.
    ///
    /// # Errors
    ///
    /// [`Failure`] says whether to try again, and when; the same alerts then come again.
    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure>;
}

/// Alerts were not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, without secrets.
    pub message: String,
    /// Whether trying again may help.
    pub is_temporary: bool,
    /// How long the other side asks us to wait.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
