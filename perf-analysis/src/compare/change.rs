//! What a comparison says of one operation.

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

/// What is said of an operation's share of failed calls.
///
/// ```
/// use perf_analysis::compare::ErrorVerdict;
/// assert_eq!(ErrorVerdict::Rose.to_string(), "more errors");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorVerdict {
    /// More failed, beyond chance and by at least the least effect.
    Rose,
    /// Fewer failed, beyond chance and by at least the least effect.
    Fell,
    /// No difference that chance would not make as well.
    Same,
    /// No calls on a side.
    TooFewSamples,
}

impl fmt::Display for ErrorVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rose => "more errors",
            Self::Fell => "fewer errors",
            Self::Same => "same",
            Self::TooFewSamples => "too few samples",
        })
    }
}

/// How one percentile changed.
///
/// ```
/// use perf_analysis::compare::{Comparison, Verdict};
/// use std::time::Duration;
/// let registry = perf_core::Registry::new();
/// (1..=15).for_each(|n| registry.record("n", Duration::from_millis(n)));
/// let n = registry.snapshot();
/// let report = Comparison::new().percentiles([50.0]).of_snapshots(&n, &n);
/// let p50 = &report.operations[0].percentiles[0];
/// // Ten have to be expected on either side of a percentile.
/// assert_eq!((p50.verdict, p50.missing_before), (Verdict::TooFewSamples, 5));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PercentileChange {
    /// Which, in percent.
    pub percentile: f64,
    /// Its value before, in nanoseconds; `None` without a sample.
    pub before_ns: Option<u64>,
    /// Its value after.
    pub after_ns: Option<u64>,
    /// after/before − 1: 0.1 is 10 % slower. A duration of zero counts as a nanosecond.
    pub shift: Option<f64>,
    /// The lower end of the shift's confidence interval, of this percentile alone; `None` where it is
    /// unbounded or there are too few samples.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The chance of such a difference where nothing changed; `None` with too few samples.
    pub p: Option<f64>,
    /// The same, adjusted for all tests of the report (Holm). This is the one the verdict goes by.
    pub p_adjusted: Option<f64>,
    /// What to say of it.
    pub verdict: Verdict,
    /// How many more samples would have been enough before; 0 if there were.
    pub missing_before: u64,
    /// How many more would have been enough after.
    pub missing_after: u64,
}

impl fmt::Display for PercentileChange {
    /// The shift with its interval, or what is missing for one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{} ", self.percentile)?;
        if self.verdict == Verdict::TooFewSamples {
            let (before, after) = (self.missing_before, self.missing_after);
            return write!(f, "too few samples: {before} more before, {after} more after would do");
        }
        let percent = |share: Option<f64>| match share {
            Some(share) => format!("{:+.1} %", share * 100.0),
            None => "unbounded".to_owned(),
        };
        write!(f, "{} ({} to {})", percent(self.shift), percent(self.low), percent(self.high))
    }
}

/// How the share of failed calls (errors and panics) changed.
///
/// ```
/// use perf_analysis::compare::{Comparison, ErrorVerdict};
/// use perf_core::{Outcome, Registry};
/// use std::time::Duration;
/// let (before, after) = (Registry::new(), Registry::new());
/// for n in 0..200 {
///     before.record("pay", Duration::from_millis(1));
///     let outcome = if n % 10 == 0 { Outcome::Error } else { Outcome::Ok };
///     after.record_outcome("pay", Duration::from_millis(1), outcome);
/// }
/// let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
/// let errors = &report.operations[0].errors;
/// assert_eq!((errors.verdict, errors.after), (ErrorVerdict::Rose, Some(0.1)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorChange {
    /// How many failed before.
    pub failed_before: u64,
    /// How many failed after.
    pub failed_after: u64,
    /// Their share before, 0 to 1; `None` without a sample.
    pub before: Option<f64>,
    /// Their share after.
    pub after: Option<f64>,
    /// The chance of such a difference where nothing changed; `None` where nothing, or everything, failed
    /// on both sides, for then there is nothing to test.
    pub p: Option<f64>,
    /// The same, adjusted for all tests of the report (Holm).
    pub p_adjusted: Option<f64>,
    /// What to say of it.
    pub verdict: ErrorVerdict,
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
    #[must_use]
    pub fn cliffs_delta(&self) -> Option<f64> {
        self.superiority.map(|superiority| 2.0 * superiority - 1.0)
    }

    /// The largest shift among the percentiles that are slower; `None` if none is.
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
