//! What a snapshot knows of one operation.

use crate::{
    aside::{Allocations, Caller, InFlightCalls, PollTimes},
    clock::MAX_DURATION,
    directory::Series,
    histogram::Histogram,
    outcome::Outcome,
    values::ValueHistogram,
};
use std::{sync::Arc, time::Duration};

/// What is known of one operation. Durations are exact to the nanosecond where not said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub(crate) series: Series,
    pub(crate) histogram: Histogram,
    pub(crate) sum_ns: u64,
    pub(crate) nested_ns: u64,
    pub(crate) self_ns: u64,
    /// `u64::MAX` and 0 while there is no call.
    pub(crate) min_ns: u64,
    pub(crate) max_ns: u64,
    pub(crate) errors: u64,
    pub(crate) panicked: u64,
    pub(crate) cancelled: u64,
    pub(crate) clamped: u64,
    pub(crate) backward: u64,
    pub(crate) overlaps: u64,
    pub(crate) callers: Vec<Caller>,
    /// Calls counted but not timed.
    pub(crate) skipped: u64,
    pub(crate) polls: Option<PollTimes>,
    pub(crate) allocations: Option<Allocations>,
    pub(crate) in_flight: Option<InFlightCalls>,
    /// For an overflow series.
    pub(crate) folded: u64,
    pub(crate) is_scope: bool,
}

impl Operation {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.series.name
    }

    /// Its labels, sorted by key.
    #[must_use]
    pub fn labels(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.series.labels
    }

    /// The value of one label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        let label = self.labels().iter().find(|(known, _)| **known == *key);
        label.map(|(_, value)| &**value)
    }

    /// Its name, with its labels where it has some: `query{table="users"}`.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.series.to_string()
    }

    /// How many calls have ended: exact, with those that `sample` left untimed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.timed().saturating_add(self.skipped)
    }

    /// How many calls were timed: all, unless its site asked for `sample`. Outcomes, times and
    /// percentiles are of these.
    #[must_use]
    pub fn timed(&self) -> u64 {
        self.histogram.count()
    }

    /// Whether only some of its calls were timed. Then [`total`](Self::total),
    /// [`sum`](Self::sum) and [`self_time`](Self::self_time) are estimates for all of them.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.skipped > 0
    }

    /// How many calls had this outcome.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Ok => {
                let failed =
                    self.errors.saturating_add(self.panicked).saturating_add(self.cancelled);
                self.timed().saturating_sub(failed)
            }
            Outcome::Error => self.errors,
            Outcome::Panicked => self.panicked,
            Outcome::Cancelled => self.cancelled,
        }
    }

    /// How many calls failed: returned an error, or panicked.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.saturating_add(self.panicked)
    }

    /// The share of calls that [failed](Self::errors), 0 to 1, of those that were timed; `None` if none was.
    ///
    /// ```
    /// use perf_core::{Outcome, Registry};
    /// use std::time::Duration;
    /// let registry = Registry::new();
    /// for outcome in [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled] {
    ///     registry.record_outcome("job", Duration::from_millis(3), outcome);
    /// }
    /// assert_eq!(registry.get("job").unwrap().error_rate(), Some(0.5));
    /// ```
    #[must_use]
    pub fn error_rate(&self) -> Option<f64> {
        let timed = self.timed();
        (timed > 0).then(|| self.errors() as f64 / timed as f64)
    }

    /// The time of the outermost calls: a recursive call's time is in that of the call around it.
    ///
    /// Where scopes of this operation [overlapped](Self::overlaps), as they do when timers are
    /// held across `.await` by several tasks, one inside another does not mean recursion, and this
    /// is the time of all calls.
    #[must_use]
    pub fn total(&self) -> Duration {
        let nested_ns = if self.overlaps == 0 { self.nested_ns } else { 0 };
        self.for_all_calls(self.sum_ns.saturating_sub(nested_ns))
    }

    /// A time of the calls that were timed, scaled up to all of them.
    fn for_all_calls(&self, nanos: u64) -> Duration {
        if self.skipped == 0 {
            return Duration::from_nanos(nanos);
        }
        let scaled = u128::from(nanos) * u128::from(self.count()) / u128::from(self.timed().max(1));
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// The time of all calls, recursive ones included each by itself.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.for_all_calls(self.sum_ns)
    }

    /// The time of the calls that were timed. Unlike [`sum`](Self::sum) it is no estimate, and so never
    /// falls while calls are recorded.
    #[must_use]
    pub fn timed_sum(&self) -> Duration {
        Duration::from_nanos(self.sum_ns)
    }

    /// The time that the calls that were timed spent in the operation itself.
    #[must_use]
    pub fn timed_self_time(&self) -> Duration {
        Duration::from_nanos(self.self_ns)
    }

    /// The time spent in the operation itself: of each call, its duration without that of the timed
    /// operations called directly from it, and zero where concurrent ones took longer.
    #[must_use]
    pub fn self_time(&self) -> Duration {
        self.for_all_calls(self.self_ns)
    }

    /// The mean duration; `None` without a call.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.sum_ns.checked_div(self.timed()).map(Duration::from_nanos)
    }

    /// The standard deviation of the durations, from the histogram; `None` without a call.
    #[must_use]
    pub fn stddev(&self) -> Option<Duration> {
        (!self.histogram.is_empty()).then(|| self.histogram.stddev())
    }

    /// The shortest duration; `None` without a call.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        (!self.histogram.is_empty()).then(|| Duration::from_nanos(self.min_ns))
    }

    /// The longest duration; `None` without a call.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (!self.histogram.is_empty()).then(|| Duration::from_nanos(self.max_ns))
    }

    /// The duration that `percentile` percent (0 to 100) of the calls do not exceed; `None`
    /// without a call. At 3 digits it is within 0.1 % of the exact one, and never beyond
    /// [`min`](Self::min) and [`max`](Self::max).
    ///
    /// ```
    /// use std::time::Duration;
    /// let registry = perf_core::Registry::new();
    /// (1..=1000).for_each(|n| registry.record("n", Duration::from_micros(n)));
    /// let p99 = registry.get("n").unwrap().percentile(99.0).unwrap();
    /// assert!(p99.abs_diff(Duration::from_micros(990)) < Duration::from_micros(1));
    /// ```
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Option<Duration> {
        let (min, max) = (self.min()?, self.max()?);
        // At either end the exact value is known.
        if percentile <= 0.0 {
            return Some(min);
        }
        if percentile >= 100.0 {
            return Some(max);
        }
        Some(self.histogram.percentile(percentile)?.clamp(min, max.max(min)))
    }

    /// The distribution of its durations.
    #[must_use]
    pub fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// Who called it, by name, calls from outside any operation first.
    #[must_use]
    pub fn callers(&self) -> &[Caller] {
        &self.callers
    }

    /// Calls longer than [`MAX_DURATION`](crate::MAX_DURATION): in the histogram they stand there.
    #[must_use]
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// Calls that ended before they began, by the clock: they count as zero.
    #[must_use]
    pub fn backward(&self) -> u64 {
        self.backward
    }

    /// Calls whose scope ended out of order, or on another thread: self times around them are
    /// approximate.
    #[must_use]
    pub fn overlaps(&self) -> u64 {
        self.overlaps
    }

    /// The polls of its calls, where its site asked for `poll`; for spans, the times they were entered.
    #[must_use]
    pub fn polls(&self) -> Option<PollTimes> {
        self.polls
    }

    /// What its calls allocated; `None` if that was nothing, or nobody counted.
    ///
    /// Of calls that were timed, on the threads they ran on: scopes that ended out of order
    /// ([`overlaps`](Self::overlaps)) are left out, and what they allocated counts for those around them.
    #[must_use]
    pub fn allocations(&self) -> Option<Allocations> {
        self.allocations
    }

    /// The time its calls were idle: of those whose polls are timed, the rest of their time.
    ///
    /// Polls are timed where a site asked for `poll`, and of every span.
    #[must_use]
    pub fn idle(&self) -> Option<Duration> {
        let busy = self.polls?.busy_ns;
        Some(Duration::from_nanos(self.sum_ns.saturating_sub(busy)))
    }

    /// The calls running when the snapshot was taken, where its site asked for `in_flight`.
    #[must_use]
    pub fn in_flight(&self) -> Option<InFlightCalls> {
        self.in_flight
    }

    /// Whether it is a scope of `timer!`, not a function.
    #[must_use]
    pub fn is_scope(&self) -> bool {
        self.is_scope
    }

    /// For the series `overflow="true"`: about how many label sets it stands for, within some 10 %.
    /// Otherwise 0.
    #[must_use]
    pub fn folded_series(&self) -> u64 {
        self.folded
    }

    /// An operation without a call.
    pub(crate) fn empty(series: Series, digits: u8) -> Self {
        Self {
            series,
            histogram: Histogram::new(digits),
            sum_ns: 0,
            nested_ns: 0,
            self_ns: 0,
            min_ns: u64::MAX,
            max_ns: 0,
            errors: 0,
            panicked: 0,
            cancelled: 0,
            clamped: 0,
            backward: 0,
            overlaps: 0,
            callers: Vec::new(),
            skipped: 0,
            polls: None,
            allocations: None,
            in_flight: None,
            folded: 0,
            is_scope: false,
        }
    }

    /// Adds durations that were kept as values in seconds.
    pub(crate) fn add_seconds(&mut self, values: &ValueHistogram) {
        // As a float beyond what fits, it becomes the largest number there is.
        let nanos = |seconds: f64| (seconds.max(0.0) * 1e9).round() as u64;
        let most = MAX_DURATION.as_nanos() as u64;
        let mut added = Self::empty(self.series.clone(), self.histogram.digits());
        for bucket in values.buckets() {
            // Negative ones count as zero, and so fall in one bucket.
            let middle = bucket.middle();
            added.histogram.push(nanos(middle).min(most), bucket.count);
            let if_so = |is: bool| if is { bucket.count } else { 0 };
            added.backward = added.backward.saturating_add(if_so(middle < 0.0));
            added.clamped = added.clamped.saturating_add(if_so(nanos(middle) > most));
        }
        let positive = values.buckets().map(|b| b.middle().max(0.0) * b.count as f64);
        let is_exact = added.backward == 0;
        added.sum_ns = nanos(if is_exact { values.sum() } else { positive.sum() });
        added.self_ns = added.sum_ns;
        (added.min_ns, added.max_ns) =
            (values.min().map_or(u64::MAX, nanos), values.max().map_or(0, nanos));
        let calls = added.histogram.count();
        added.callers = vec![Caller { name: None, calls, time_ns: added.sum_ns }];
        self.merge(&added);
    }

    /// Adds the calls of another operation: of other labels, or of another name. It keeps its own name
    /// and labels.
    ///
    /// ```
    /// use std::time::Duration;
    /// let registry = perf_core::Registry::new();
    /// (1..=2).for_each(|n| registry.record(&format!("step_{n}"), Duration::from_millis(n)));
    /// let mut both = registry.get("step_1").unwrap();
    /// both.merge(&registry.get("step_2").unwrap());
    /// assert_eq!((both.count(), both.max()), (2, Some(Duration::from_millis(2))));
    /// ```
    pub fn merge(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
        if let Some(theirs) = other.polls {
            let ours = self.polls.get_or_insert_default();
            ours.longest_ns = ours.longest_ns.max(theirs.longest_ns);
        }
        if let Some(theirs) = other.in_flight {
            let ours = self.in_flight.get_or_insert_default();
            ours.count = ours.count.saturating_add(theirs.count);
            ours.oldest_ns = ours.oldest_ns.max(theirs.oldest_ns);
        }
        self.folded = self.folded.max(other.folded);
        self.histogram.merge(&other.histogram);
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut interval = self.clone();
        interval.combine(earlier, u64::saturating_sub);
        interval.histogram.subtract(&earlier.histogram);
        let mut buckets = interval.histogram.buckets();
        let lowest = buckets.next();
        let highest = buckets.next_back().or(lowest);
        drop(buckets);
        // A bucket of rounded values may lie a little beyond the exact ones.
        let known = |nanos: u64| nanos.clamp(self.min_ns, self.max_ns.max(self.min_ns));
        (interval.min_ns, interval.max_ns) = match (lowest, highest) {
            (Some(lowest), Some(highest)) => (
                if self.min_ns < earlier.min_ns { self.min_ns } else { known(lowest.low_ns) },
                if self.max_ns > earlier.max_ns { self.max_ns } else { known(highest.high_ns) },
            ),
            _ => (u64::MAX, 0),
        };
        interval
    }

    /// Everything that is added up.
    fn combine(&mut self, other: &Self, combine: fn(u64, u64) -> u64) {
        let sums = [
            (&mut self.sum_ns, other.sum_ns),
            (&mut self.nested_ns, other.nested_ns),
            (&mut self.self_ns, other.self_ns),
            (&mut self.errors, other.errors),
            (&mut self.panicked, other.panicked),
            (&mut self.cancelled, other.cancelled),
            (&mut self.clamped, other.clamped),
            (&mut self.backward, other.backward),
            (&mut self.overlaps, other.overlaps),
            (&mut self.skipped, other.skipped),
        ];
        sums.into_iter().for_each(|(ours, theirs)| *ours = combine(*ours, theirs));
        if let Some(theirs) = other.polls {
            self.polls.get_or_insert_default().combine(theirs, combine);
        }
        if let Some(theirs) = other.allocations {
            self.allocations.get_or_insert_default().combine(theirs, combine);
        }
        for theirs in &other.callers {
            match self.callers.binary_search_by(|ours| ours.name.cmp(&theirs.name)) {
                Ok(at) => {
                    let ours = &mut self.callers[at];
                    ours.calls = combine(ours.calls, theirs.calls);
                    ours.time_ns = combine(ours.time_ns, theirs.time_ns);
                }
                Err(at) => self.callers.insert(at, theirs.clone()),
            }
        }
        self.callers.retain(|caller| caller.calls > 0);
    }
}
