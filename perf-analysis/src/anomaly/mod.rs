//! One operation's last stretch of time against its own history.
//!
//! - **Latency drift**: the median, and with enough calls the 99th percentile, is far from those of the
//!   history. Far is measured by the modified z-score of their logarithms, 0.6745 × (x − median) / MAD,
//!   where MAD is the median of the absolute deviations from the median, beyond 3.5 (Iglewicz & Hoaglin,
//!   *How to Detect and Handle Outliers*, ASQC 1993). Both medians are robust: a few bad hours in the
//!   history change little. 3.5 is for a long history; for few stretches it is widened as Student's t is
//!   against the normal, for then median and MAD are known badly. And the difference must be one that
//!   chance does not make of so few calls: by the test of [`compare`](crate::compare) against the history
//!   as a whole, with a chance below 1 in 1,000. Shifts below 10 % do not count.
//! - **Error spike**: so many failed calls are improbable, by the binomial distribution, for the share of
//!   the history by Laplace's rule of succession, (failed + 1) / (calls + 2). Shares that are not twice the
//!   usual one and a percentage point above it do not count.
//! - **Throughput drop**: far fewer calls per second than usual, by the same z-score and by the Poisson
//!   distribution. Rates of 80 % of the usual one or more do not count.
//!
//! Calls are taken to be independent for these chances; the z-scores of whole stretches are not misled where
//! they are not.
//!
//! ```
//! use perf_analysis::anomaly::{Detector, Stretch};
//! use std::time::Duration;
//!
//! let hour = |millis: u64| {
//!     let registry = perf_core::Registry::new();
//!     (0..1_000).for_each(|n| registry.record("pay", Duration::from_micros(millis * 1_000 + n)));
//!     registry.get("pay").unwrap()
//! };
//! let (usual, slow) = (hour(20), hour(35));
//! let history = vec![Stretch::new(&usual, Duration::from_secs(3_600)); 24];
//! let found = Detector::new().inspect(&history, Stretch::new(&slow, Duration::from_secs(3_600)));
//! assert!(found.has_history);
//! assert!(found.anomalies[0].to_string().starts_with("pay: median of 35.5 ms, usually 20.5 ms"));
//! ```

mod calls;
mod detector;
mod finding;
mod latency;

pub use detector::{Detector, Stretch};
pub use finding::{Anomaly, AnomalyKind, Inspection, Statistic};
