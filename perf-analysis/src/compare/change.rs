//! What a comparison says of one operation.

use super::{errors::ErrorChange, percentile::PercentileChange};
use serde::Serialize;
use std::fmt;

/// What is said of an operation's, or one percentile's, durations.
///
/// ```
/// use perf_analysis::compare::Verdict;
/// assert_eq!(Verdict::TooFewSamples.to_string(), "too few samples");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Shorter, beyond chance and by at least the least effect.
    Faster,
    /// Longer, beyond chance and by at least the least effect.
    Slower,
    /// Of an operation: some percentiles are slower, others faster.
    Mixed,
    /// No difference that chance would not make as well, or one below the least effect.
    Same,
    /// Too few samples to say.
    TooFewSamples,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Mixed => "mixed",
            Self::Same => "same",
            Self::TooFewSamples => "too few samples",
        })
    }
}

/// How one operation changed.
///
/// ```
/// use perf_analysis::compare::Comparison;
/// use std::time::Duration;
/// let (before, after) = (perf_core::Registry::new(), perf_core::Registry::new());
/// (0..50).for_each(|_| before.record("n", Duration::from_millis(1)));
/// (0..50).for_each(|_| after.record("n", Duration::from_millis(2)));
/// let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
/// let n = &report.operations[0];
/// assert_eq!((n.superiority, n.cliffs_delta()), (Some(1.0), Some(1.0)));
/// assert!((n.mean_shift.unwrap() - 1.0).abs() < 0.001);
/// assert!((n.slower_by().unwrap() - 1.0).abs() < 0.002);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OperationChange {
    /// Its name.
    pub name: String,
    /// Its labels, sorted by key.
    pub labels: Vec<(String, String)>,
    /// Its calls before, with those that `sample` left untimed.
    pub calls_before: u64,
    /// Its calls after.
    pub calls_after: u64,
    /// Its samples before: the calls that were timed. Everything below is of these.
    pub samples_before: u64,
    /// Its samples after.
    pub samples_after: u64,
    /// The mean duration before, in nanoseconds.
    pub mean_before_ns: Option<u64>,
    /// The mean duration after.
    pub mean_after_ns: Option<u64>,
    /// after/before − 1 of the means. No test goes with it: a single long call moves a mean.
    pub mean_shift: Option<f64>,
    /// The chance that a call after takes longer than one before, equal ones counted half: 0.5 if nothing
    /// changed. `None` without samples on a side.
    pub superiority: Option<f64>,
    /// How the percentiles changed, by rising percentile.
    pub percentiles: Vec<PercentileChange>,
    /// How the share of failed calls changed.
    pub errors: ErrorChange,
    /// What to say of its durations: `Slower` if any percentile is and none is faster, `Faster` the other
    /// way round, `Mixed` if both, `TooFewSamples` if all have too few, else `Same`.
    pub verdict: Verdict,
}

impl OperationChange {
    /// Its name, with its labels where it has some, as `perf_core` writes it.
    ///
    /// ```
    /// use perf_analysis::compare::Comparison;
    /// let registry = perf_core::Registry::new();
    /// drop(registry.timer_labelled("query", &[("table", "users")]));
    /// let report = Comparison::new().of_snapshots(&registry.snapshot(), &registry.snapshot());
    /// assert_eq!(report.operations[0].full_name(), r#"query{table="users"}"#);
    /// ```
    #[must_use]
    pub fn full_name(&self) -> String {
        let parts = perf_core::OperationParts {
            name: self.name.clone(),
            labels: self.labels.clone(),
            ..Default::default()
        };
        perf_core::Operation::from(parts).full_name()
    }

    /// Cliff's delta (*Psychological Bulletin* 114, 1993): from −1, where every call after is shorter than
    /// every one before, to 1, where every one is longer; 0 if nothing changed.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// let registry = perf_core::Registry::new();
    /// registry.record("n", std::time::Duration::from_millis(1));
    /// let n = registry.snapshot();
    /// assert_eq!(Comparison::new().of_snapshots(&n, &n).operations[0].cliffs_delta(), Some(0.0));
    /// ```
    #[must_use]
    pub fn cliffs_delta(&self) -> Option<f64> {
        self.superiority.map(|superiority| 2.0 * superiority - 1.0)
    }

    /// The largest shift among the percentiles that are slower; `None` if none is.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// let registry = perf_core::Registry::new();
    /// registry.record("n", std::time::Duration::from_millis(1));
    /// let n = registry.snapshot();
    /// assert_eq!(Comparison::new().of_snapshots(&n, &n).operations[0].slower_by(), None);
    /// ```
    #[must_use]
    pub fn slower_by(&self) -> Option<f64> {
        let slower = self.percentiles.iter().filter(|change| change.verdict == Verdict::Slower);
        slower.filter_map(|change| change.shift).max_by(f64::total_cmp)
    }

    /// The verdict on all percentiles.
    pub(super) fn overall(percentiles: &[PercentileChange]) -> Verdict {
        let any = |verdict| percentiles.iter().any(|change| change.verdict == verdict);
        match (any(Verdict::Slower), any(Verdict::Faster)) {
            (true, true) => Verdict::Mixed,
            (true, false) => Verdict::Slower,
            (false, true) => Verdict::Faster,
            (false, false) if any(Verdict::Same) => Verdict::Same,
            (false, false) => Verdict::TooFewSamples,
        }
    }
}
