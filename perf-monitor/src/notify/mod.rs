//! Alerts on their way to people.
//!
//! A [`Delivery`] has a thread and a queue for each [`Notifier`]: a slow one holds nobody else up, and
//! one that fails is tried again until it does not.
//!
//! ```
//! use perf_monitor::notify::{Delivery, Log};
//! use std::time::Duration;
//!
//! let registry = perf_core::Registry::new();
//! let delivery = Delivery::new(vec![Box::new(Log)], &registry)?;
//! delivery.send(vec![]);
//! assert!(delivery.stop(Duration::from_secs(5)).is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! | notifier | where alerts go |
//! |---|---|
//! | [`Slack`] | an incoming webhook of Slack's |
//! | [`Webhook`] | a URL, in the form of Alertmanager's own webhook |
//! | [`Alertmanager`] | an Alertmanager, which groups, silences and routes |
//! | [`Log`] | `tracing` |
//! | your own | implement [`Notifier`] |

mod alertmanager;
mod delivery;
mod error;
mod figures;
mod form;
mod http;
mod lane;
mod log;
mod queue;
mod report;
pub(crate) mod slack;
mod webhook;
mod worker;

pub use alertmanager::Alertmanager;
pub use delivery::{Delivery, Undelivered};
pub use error::{Failure, SetupError};
pub use log::Log;
pub use slack::{Slack, Trend};
pub use webhook::Webhook;

use crate::alert::Alert;
use std::time::Duration;

/// A way to tell somebody. It is called on a thread of its own, and may take its time. If it panics, that
/// is a failure for good of the alerts it was given.
///
/// ```
/// use perf_monitor::{alert::Alert, notify::{Failure, Notifier}};
///
/// struct Pager;
///
/// impl Notifier for Pager {
///     fn name(&self) -> &str {
///         "pager"
///     }
///
///     fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
///         alerts.iter().for_each(|alert| println!("{}", alert.summary));
///         Ok(())
///     }
/// }
/// ```
pub trait Notifier: Send {
    /// What it is called in figures and logs: a short word, such as `slack`.
    fn name(&self) -> &str;

    /// Sends alerts, in their order: those that came since it was last asked. All of them or none.
    ///
    /// # Errors
    ///
    /// [`Failure`] says whether to try again, and when; the same alerts then come again. Where several
    /// fail for good, they come again in halves, down to one alone, unless that is said to be no use.
    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure>;

    /// How many alerts it takes at once, at least 1: 100 unless said otherwise.
    fn most(&self) -> usize {
        100
    }

    /// How often it wants a call with no alerts, beside those with some, to repeat what it said before.
    /// Without that, as most are, it is called for alerts only.
    fn repeat_interval(&self) -> Option<Duration> {
        None
    }
}
