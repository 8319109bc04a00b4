//! Statistics over perfkit's figures that say how sure they are: pure functions, which read no file and
//! no clock.
//!
//! - [`compare`]: two sets of operations, before and after. Which became slower, by how much, and
//!   whether chance alone would do as much.
//! - [`anomaly`]: one operation's last stretch against its own history.
//! - [`forecast`]: when a gauge will reach a limit.
//! - [`trend`]: whether a series of values rises or falls.
//!
//! ```
//! use perf_analysis::compare::{Comparison, Verdict};
//! use std::time::Duration;
//!
//! let (before, after) = (perf_core::Registry::new(), perf_core::Registry::new());
//! for n in 0..2_000 {
//!     before.record("query", Duration::from_micros(1_000 + n));
//!     after.record("query", Duration::from_micros(1_500 + n));
//! }
//! let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
//! let query = &report.operations[0];
//! assert_eq!(query.verdict, Verdict::Slower);
//! // From 2 ms to 2.5 ms: "p50 +25.0 % (+21.4 % to +28.7 %)".
//! let p50 = &query.percentiles[0];
//! assert!((p50.shift.unwrap() - 0.25).abs() < 0.01 && p50.low > Some(0.2));
//! assert_eq!(report.regressions(0.1).count(), 1);
//! ```
//!
//! Results implement `serde::Serialize`. Times are in nanoseconds or seconds, as the names of the fields
//! say; shares and shifts are ratios: 0.1 is 10 %.

#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

pub mod anomaly;
pub mod compare;
pub mod forecast;
mod numbers;
pub mod trend;
