//! How two sets are compared.

use super::{
    change::{OperationChange, Verdict},
    effect::superiority,
    errors::{ErrorVerdict, errors},
    holm,
    matching::{Matched, matched},
    percentile::{percentile, relative},
    quantile::Side,
    report::Report,
};
use crate::numbers::{within, z_of};
use perf_core::{Operation, Snapshot};

/// How to compare: which percentiles, and what counts as a change.
///
/// ```
/// use perf_analysis::compare::{Comparison, Verdict};
/// use std::time::Duration;
///
/// let (before, after) = (perf_core::Registry::new(), perf_core::Registry::new());
/// for n in 0..1_000 {
///     before.record("query", Duration::from_micros(1_000 + n));
///     after.record("query", Duration::from_micros(500 + n));
/// }
/// let comparison = Comparison::new().percentiles([50.0, 90.0]).significance(0.01).least_effect(0.05);
/// let report = comparison.of_snapshots(&before.snapshot(), &after.snapshot());
/// assert_eq!(report.operations[0].verdict, Verdict::Faster);
/// assert_eq!(report.tests, 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    percentiles: Vec<f64>,
    significance: f64,
    least_effect: f64,
}

impl Default for Comparison {
    fn default() -> Self {
        Self { percentiles: vec![50.0, 90.0, 99.0], significance: 0.05, least_effect: 0.01 }
    }
}

impl Comparison {
    /// Percentiles 50, 90 and 99, a significance of 5 % and a least effect of 1 %.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// assert_eq!(Comparison::new(), Comparison::new().significance(0.05).least_effect(0.01));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The percentiles to compare, in percent. Those that are not above 0 and below 100 are left out:
    /// nothing can be said of the longest call to come. The more there are, the clearer a change has to
    /// be to count.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// let comparison = Comparison::new().percentiles([50.0, f64::NAN, 100.0]);
    /// assert_eq!(comparison, Comparison::new().percentiles([50.0, 50.0]));
    /// ```
    #[must_use]
    pub fn percentiles(mut self, percentiles: impl IntoIterator<Item = f64>) -> Self {
        self.percentiles = percentiles.into_iter().filter(|p| *p > 0.0 && *p < 100.0).collect();
        self.percentiles.sort_by(f64::total_cmp);
        self.percentiles.dedup();
        self
    }

    /// The chance, 10⁻¹² to 0.5, of a verdict other than "same" anywhere in the report where nothing
    /// changed. Intervals have the confidence level of 1 less it, each by itself.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// assert_eq!(Comparison::new().significance(0.01).of(&[], &[]).confidence, 0.99);
    /// ```
    #[must_use]
    pub fn significance(mut self, significance: f64) -> Self {
        self.significance = within(significance, 1e-12, 0.5, 0.05);
        self
    }

    /// The shift below which a change does not count however certain it is: 0.01 for 1 %, of the smaller
    /// of the two values, so that there and back are the same. For shares of failed calls it is the
    /// relative change of the share.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// assert_eq!(Comparison::new().least_effect(-1.0).of(&[], &[]).least_effect, 0.0);
    /// ```
    #[must_use]
    pub fn least_effect(mut self, least_effect: f64) -> Self {
        self.least_effect = within(least_effect, 0.0, f64::MAX, 0.01);
        self
    }

    /// Compares two snapshots' operations.
    ///
    /// ```
    /// # use perf_analysis::compare::Comparison;
    /// let snapshot = perf_core::Registry::new().snapshot();
    /// assert!(Comparison::new().of_snapshots(&snapshot, &snapshot).operations.is_empty());
    /// ```
    #[must_use]
    pub fn of_snapshots(&self, before: &Snapshot, after: &Snapshot) -> Report {
        self.of(before.operations(), after.operations())
    }

    /// Compares two sets of operations, by name and labels. Several of one set with the same ones, as of
    /// several instances, are merged.
    ///
    /// ```
    /// # use perf_analysis::compare::{Comparison, Verdict};
    /// let registry = perf_core::Registry::new();
    /// registry.record("n", std::time::Duration::from_millis(1));
    /// let n = [registry.get("n").unwrap()];
    /// let report = Comparison::new().of(&n, &n);
    /// assert_eq!(report.operations[0].verdict, Verdict::TooFewSamples);
    /// ```
    #[must_use]
    pub fn of(&self, before: &[Operation], after: &[Operation]) -> Report {
        let Matched { both, only_before, only_after } = matched(before, after);
        let mut operations: Vec<_> =
            both.iter().map(|(before, after)| self.tested(before, after)).collect();
        let tests = operations.iter_mut().flat_map(|of| {
            let percentiles = of.percentiles.iter_mut();
            let tests = percentiles.filter_map(|change| change.p_adjusted.as_mut());
            tests.chain(of.errors.p_adjusted.as_mut())
        });
        let tests: Vec<_> = tests.collect();
        let count = tests.len();
        holm::adjust(tests);
        operations.iter_mut().for_each(|of| self.judge(of));
        Report {
            significance: self.significance,
            confidence: 1.0 - self.significance,
            least_effect: self.least_effect,
            tests: count,
            operations,
            only_before,
            only_after,
        }
    }

    /// All figures of an operation, with p-values that are not adjusted yet.
    fn tested(&self, before: &Operation, after: &Operation) -> OperationChange {
        let mean = |of: &Operation| Some(of.mean()?.as_nanos() as u64);
        let (mean_before_ns, mean_after_ns) = (mean(before), mean(after));
        let sides = [before, after].map(|of| Side::new(of.histogram()));
        let z = z_of(self.significance);
        let tested = |p: &f64| percentile((*p, z), [before, after], &sides);
        let percentiles = self.percentiles.iter().map(tested);
        let label = |(key, value): &(_, _)| (ToString::to_string(key), ToString::to_string(value));
        OperationChange {
            name: before.name().to_owned(),
            labels: before.labels().iter().map(label).collect(),
            calls_before: before.count(),
            calls_after: after.count(),
            samples_before: before.timed(),
            samples_after: after.timed(),
            mean_before_ns,
            mean_after_ns,
            mean_shift: relative(mean_before_ns, mean_after_ns),
            superiority: superiority(before.histogram(), after.histogram()),
            percentiles: percentiles.collect(),
            errors: errors(before, after),
            verdict: Verdict::Same,
        }
    }

    fn is_large(&self, a: f64, b: f64) -> bool {
        (a - b).abs() >= self.least_effect * a.min(b)
    }

    /// Verdicts, once p-values are adjusted.
    fn judge(&self, of: &mut OperationChange) {
        for change in &mut of.percentiles {
            let Some(p) = change.p_adjusted else { continue };
            let shift = change.shift.unwrap_or_default();
            change.verdict = match () {
                () if p >= self.significance || !self.is_large(1.0, 1.0 + shift) => Verdict::Same,
                () if shift > 0.0 => Verdict::Slower,
                () if shift < 0.0 => Verdict::Faster,
                () => Verdict::Same,
            };
        }
        of.verdict = OperationChange::overall(&of.percentiles);
        let errors = &mut of.errors;
        if let (Some(before), Some(after)) = (errors.before, errors.after) {
            let is_sure = errors.p_adjusted.is_some_and(|p| p < self.significance);
            errors.verdict = match () {
                () if !is_sure || !self.is_large(before, after) => ErrorVerdict::Same,
                () if after > before => ErrorVerdict::Rose,
                () => ErrorVerdict::Fell,
            };
        }
    }
}
