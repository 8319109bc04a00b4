//! From windows to alerts: what is bad, since when, and when it is over.
//!
//! A [`Rule`] says what is [measured](Measure), of which operations or metrics, and where it becomes bad.
//! [`Rules`] looks at the windows at each tick, and gives what begins and what ends:
//!
//! ```
//! use perf_core::Registry;
//! use perf_monitor::{alert::Status, rules::{Rule, Rules, Statistic}, windows::Windows};
//! use std::time::{Duration, SystemTime};
//!
//! let registry = Registry::new();
//! let full = Rule::new("queue full", Statistic::Gauge).of("queue_depth").above(50.0);
//! let mut rules = Rules::new(vec![full])?;
//!
//! registry.gauge("queue_depth", &[]).set(80.0);
//! let begun = rules.evaluate(&registry.snapshot(), SystemTime::now());
//! assert_eq!(begun[0].status, Status::Firing);
//! assert_eq!(begun[0].summary, "queue_depth: gauge is 80, threshold 50");
//!
//! registry.gauge("queue_depth", &[]).set(50.0);
//! let ended = rules.evaluate(&registry.snapshot(), SystemTime::now());
//! assert_eq!(ended[0].status, Status::Resolved);
//! # Ok::<(), perf_monitor::rules::RuleError>(())
//! ```
//!
//! An alert is one of a rule and one series. Until it has been bad for as long as the rule's
//! [`hold`](Rule::hold), it is pending; then it fires, until it is [clear](Rule::clear), for as long as
//! [`keep_firing`](Rule::keep_firing) asks. The states are those of Prometheus
//! (<https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/>). What differs:
//!
//! - Only time that was watched counts. Between two evaluations that lie four times further apart than is
//!   usual (before that is known: ten minutes), or in the wrong order, nobody watched: the clock was set,
//!   or the machine slept. Then pending alerts begin again, and firing ones stay; and how often
//!   something happens, which is of the time that nobody watched too, begins no alert until the next
//!   evaluation.
//! - Where there is nothing to measure, a pending alert goes back, and a firing one stays for
//!   [15 minutes](ABSENT_KEEP), or as its rule's [`absent`](Absent) says. So does one whose series has
//!   vanished.
//! - Of a [family](Rule::family), only the worst severity fires for the same series.
//! - At most [`MAX_ALERTS`] are pending or firing; series beyond are only [counted](Rules::refused).

mod check;
mod description;
mod engine;
mod measure;
mod pace;
pub mod prometheus;
mod reading;
mod ready;
mod rule;
mod selector;
mod state;
mod statistic;
mod template;
mod text;
mod trend;
mod unit;

pub use check::RuleError;
pub use description::RuleDescription;
pub use engine::{MAX_ALERTS, Rules, Source};
pub use measure::Measure;
pub use ready::{ready_made, ready_made_for, with_ready_made};
pub use rule::Rule;
pub use selector::{Pattern, Selector};
pub use state::{ABSENT_KEEP, Absent};
pub use statistic::{Statistic, UnknownStatistic};
