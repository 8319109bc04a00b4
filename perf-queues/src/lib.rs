//! Job queues, watched from outside: what waits, what runs, what fails and how long it takes, in a
//! [`Registry`](perf_core::Registry), without a change to producers or workers.
//!
//! - [`bullmq`]: queues of BullMQ on Redis.
//! - [`track_job`]: for programs that run jobs themselves.
//! - `JobLayer` (feature `tower`): for workers that are tower services, as those of apalis are. An async
//!   function that is a job's handler can as well have perfkit's `#[timed]`.
//!
//! ```no_run
//! use perf_queues::{FinishedJob, bullmq::Watch};
//!
//! # fn main() -> Result<(), perf_queues::WatchError> {
//! let watching = Watch::new("redis://127.0.0.1:6379")
//!     .queue("accessibility-improvements")
//!     .position_file("queues.json")
//!     .on_job(|job: &FinishedJob| println!("{} {}: {}", job.name, job.id, job.outcome))
//!     .start()?;
//!
//! for queue in watching.status().queues {
//!     println!("{}: {} wait, {} failed", queue.queue, queue.jobs.waiting, queue.totals.failed);
//! }
//! watching.stop();
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

pub mod bullmq;
mod error;
mod job;
#[cfg(feature = "tower")]
mod layer;
mod meters;

pub use error::WatchError;
pub use job::{FinishedJob, JobOutcome};
#[cfg(feature = "tower")]
pub use layer::{JobFuture, JobLayer, JobService};
pub use meters::track_job;
