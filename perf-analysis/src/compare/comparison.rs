//! How two sets are compared.

use super::{
    change::{ErrorChange, ErrorVerdict, OperationChange, PercentileChange, Verdict},
    effect::superiority,
    holm,
    matching::{Matched, matched},
    quantile::Side,
    report::Report,
    shares, shift,
};
use crate::numbers::{finite, within, z_of};
use perf_core::{Operation, Snapshot};

/// So many samples have to be expected on either side of a percentile.
const EXPECTED: f64 = 10.0;

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
        let percentiles =
            self.percentiles.iter().map(|p| self.percentile(*p, [before, after], &sides));
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

    fn percentile(
        &self,
        percentile: f64,
        [before, after]: [&Operation; 2],
        [side_before, side_after]: &[Side; 2],
    ) -> PercentileChange {
        let share = percentile / 100.0;
        let needed = (EXPECTED / share.min(1.0 - share)).round_up();
        let [missing_before, missing_after] =
            [side_before, side_after].map(|side| needed.saturating_sub(side.count()));
        let value = |of: &Operation| Some(of.percentile(percentile)?.as_nanos() as u64);
        let (before_ns, after_ns) = (value(before), value(after));
        let mut change = PercentileChange {
            percentile,
            before_ns,
            after_ns,
            shift: relative(before_ns, after_ns),
            low: None,
            high: None,
            p: None,
            p_adjusted: None,
            verdict: Verdict::TooFewSamples,
            missing_before,
            missing_after,
        };
        if missing_before == 0 && missing_after == 0 {
            let z = z_of(self.significance);
            let (low, high) = shift::interval(side_before, side_after, share, z);
            change.low = finite(low).and_then(|low| finite(low.exp_m1()));
            change.high = finite(high).and_then(|high| finite(high.exp_m1()));
            change.p = Some(shift::p_value(side_before, side_after, share));
            change.p_adjusted = change.p;
        }
        change
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

/// How failures changed, with a p-value that is not adjusted yet.
fn errors(before: &Operation, after: &Operation) -> ErrorChange {
    let counts = |of: &Operation| (of.errors().min(of.timed()), of.timed());
    let share = |(failed, all): (u64, u64)| (all > 0).then(|| failed as f64 / all as f64);
    let (before, after) = (counts(before), counts(after));
    let p = shares::p_value(before, after);
    ErrorChange {
        failed_before: before.0,
        failed_after: after.0,
        before: share(before),
        after: share(after),
        p,
        p_adjusted: p,
        verdict: ErrorVerdict::TooFewSamples,
    }
}

/// after/before − 1, where zero counts as one.
fn relative(before: Option<u64>, after: Option<u64>) -> Option<f64> {
    let [before, after] = [before?, after?].map(|nanos| nanos.max(1) as f64);
    Some(after / before - 1.0)
}

/// Rounding a count up.
trait RoundUp {
    fn round_up(self) -> u64;
}

impl RoundUp for f64 {
    /// 10 / (1 − 0.99) is a little above 1,000 only by rounding.
    fn round_up(self) -> u64 {
        (self - 1e-6 * self.min(1.0)).ceil() as u64
    }
}
