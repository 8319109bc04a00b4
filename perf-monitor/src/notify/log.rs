//! Alerts to the log.

use super::{Failure, Notifier};
use crate::{
    alert::{Alert, Severity, Status},
    notify::form,
};

/// Writes one `tracing` event for each alert, with the target `perfkit::alert`: at ERROR what fires and
/// is critical or high, at WARN what is medium or low, at INFO what is to be known and what is resolved.
/// Fields are `rule`, `status`, `severity`, `value`, `threshold`, `labels` (`key="value"`, by commas),
/// `started` and `ended` (RFC 3339), `summary` and `description`; what is absent is left out.
///
/// ```
/// use perf_monitor::notify::{Log, Notifier};
/// assert_eq!(Log.send(&[]), Ok(()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

/// The level of an event is a constant of its place in the code.
macro_rules! event {
    ($level:ident, $alert:expr) => {{
        let alert: &Alert = $alert;
        tracing::$level!(
            target: "perfkit::alert",
            rule = alert.rule,
            status = alert.status.as_str(),
            severity = alert.severity.as_str(),
            value = (!alert.value.is_nan()).then_some(alert.value),
            threshold = alert.threshold,
            labels = labels(alert),
            started = form::time(alert.started),
            ended = alert.ended.map(form::time),
            summary = alert.summary,
            description = some(&alert.description),
            "an alert is {}",
            alert.status.as_str(),
        );
    }};
}

impl Notifier for Log {
    fn name(&self) -> &'static str {
        "log"
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        for alert in alerts {
            match (alert.status, alert.severity) {
                (Status::Firing, Severity::Critical | Severity::High) => event!(error, alert),
                (Status::Firing, Severity::Medium | Severity::Low) => event!(warn, alert),
                _ => event!(info, alert),
            }
        }
        Ok(())
    }
}

fn labels(alert: &Alert) -> Option<String> {
    let labels = alert.labels.iter().map(|(key, value)| format!("{key}={value:?}"));
    some(&labels.collect::<Vec<_>>().join(",")).map(str::to_owned)
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
