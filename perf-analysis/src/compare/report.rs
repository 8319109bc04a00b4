//! All that a comparison says.

use super::{change::OperationChange, errors::ErrorVerdict};
use serde::Serialize;

/// What changed between two sets of operations. [`Comparison`](super::Comparison) makes it.
///
/// ```
/// use perf_analysis::compare::Comparison;
/// use std::time::Duration;
/// let (before, after) = (perf_core::Registry::new(), perf_core::Registry::new());
/// before.record("old", Duration::from_millis(1));
/// after.record("new", Duration::from_millis(1));
/// let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
/// assert_eq!((report.only_before, report.only_after), (vec!["old".into()], vec!["new".into()]));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The chance of any false verdict in the report where nothing changed.
    pub significance: f64,
    /// The confidence level of each interval: 1 − significance.
    pub confidence: f64,
    /// The shift from which on a change counts.
    pub least_effect: f64,
    /// How many tests the p-values are adjusted for.
    pub tests: usize,
    /// What is on both sides, by name and labels.
    pub operations: Vec<OperationChange>,
    /// The full names of what is only there before.
    pub only_before: Vec<String>,
    /// The full names of what is only there after.
    pub only_after: Vec<String>,
}

impl Report {
    /// The operation that became slower by most; `None` if none did.
    ///
    /// ```
    /// use perf_analysis::compare::Comparison;
    /// let same = perf_core::Registry::new().snapshot();
    /// assert!(Comparison::new().of_snapshots(&same, &same).worst().is_none());
    /// ```
    #[must_use]
    pub fn worst(&self) -> Option<&OperationChange> {
        let slower = self.operations.iter().filter_map(|of| Some((of.slower_by()?, of)));
        slower.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, of)| of)
    }

    /// Operations of which a percentile is significantly slower, and its shift above a share: with 0.1
    /// those more than 10 % slower, for a build that is to fail then.
    ///
    /// Significant is that it is slower at all; the share is compared with the shift seen, which may be
    /// a little above or below the true one. Who needs more compares with the interval's lower end.
    ///
    /// ```
    /// use perf_analysis::compare::Comparison;
    /// use std::time::Duration;
    /// let (before, after) = (perf_core::Registry::new(), perf_core::Registry::new());
    /// (0..50).for_each(|_| before.record("n", Duration::from_micros(1_000)));
    /// (0..50).for_each(|_| after.record("n", Duration::from_micros(1_200)));
    /// let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
    /// assert_eq!((report.regressions(0.1).count(), report.regressions(0.3).count()), (1, 0));
    /// ```
    pub fn regressions(&self, above: f64) -> impl Iterator<Item = &OperationChange> {
        self.operations.iter().filter(move |of| of.slower_by().is_some_and(|by| by > above))
    }

    /// Operations of which significantly more calls fail.
    ///
    /// ```
    /// use perf_analysis::compare::Comparison;
    /// use perf_core::{Outcome, Registry};
    /// let (before, after) = (Registry::new(), Registry::new());
    /// (0..50).for_each(|_| before.record("n", Default::default()));
    /// (0..50).for_each(|_| after.record_outcome("n", Default::default(), Outcome::Error));
    /// let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
    /// assert_eq!(report.error_rises().count(), 1);
    /// ```
    pub fn error_rises(&self) -> impl Iterator<Item = &OperationChange> {
        self.operations.iter().filter(|of| of.errors.verdict == ErrorVerdict::Rose)
    }
}
