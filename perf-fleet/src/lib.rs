//! A fleet of workers (agents) at a glance: what each does, how well it is, where work piles up, and what
//! to do about it.
//!
//! ```text
//! Worker ─ task · record_task · track ─► history, bounded ─► WorkerStats, of one instant or period
//!                                                               │
//!    HealthScore · Workload · bottleneck · efficiency · balance · predict ─► report: JSON, Markdown, HTML
//! ```
//!
//! A [`Fleet`] holds [`Worker`]s; "agent" is another word for one. Workers record what they do; a
//! [`WorkerStats`] is what was known of one at an instant, and everything else is a function of these.
//! There is no thread and no runtime: figures are worked out when they are asked for, and put into the
//! registry when a snapshot is taken.
//!
//! ```
//! use perf_fleet::{Fleet, ManualClock};
//! use std::time::Duration;
//!
//! let clock = ManualClock::new();
//! let fleet = Fleet::builder().clock(clock.clone()).build();
//! let worker = fleet.worker("AGENT_54").name("Accessibility").domain("Platform").max_concurrent(4);
//! worker.record_task(Duration::from_secs(90), true);
//! let task = worker.task("build");
//! clock.advance(Duration::from_secs(30));
//! task.ok();
//!
//! let stats = worker.stats();
//! assert_eq!((stats.figures.completed, stats.figures.mean_seconds), (2, Some(60.0)));
//! assert_eq!(stats.health.status, perf_fleet::Status::Healthy);
//! ```
//!
//! Rates are 0 to 1; workloads and resources are in percent, as people say them; times are in seconds.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

pub mod balance;
pub mod bottleneck;
mod clock;
pub mod efficiency;
mod exposed;
mod fleet;
mod history;
mod id;
mod metrics;
pub mod predict;
pub mod pressure;
#[cfg(feature = "queues")]
mod queues;
pub mod report;
mod score;
mod stats;
mod task;
#[cfg(feature = "tower")]
pub mod tower;
mod worker;
mod workload;

pub use clock::{Clock, ManualClock, SystemClock};
pub use exposed::{DURATION_BOUNDS, DURATION_METRIC};
pub use fleet::{Fleet, FleetBuilder};
pub use id::{MAX_ID, MAX_TEXT};
pub use metrics::{InvalidMetrics, WorkerMetrics};
pub use score::{HealthScore, Part, PartKind, Status};
pub use stats::{Figures, WorkerStats};
pub use task::{Task, TaskRecord};
pub use worker::Worker;
pub use workload::Workload;
