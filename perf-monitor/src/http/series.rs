//! From snapshots to what the API says of operations.

use super::model::{Curve, Figures, Heat, Row, Spark, Timeline, labels_of, millis, nanos};
use perf_core::{Operation, Snapshot};
use perf_export::__page::{curve, levels};

/// The most points of a line beside a row.
const SPARK_POINTS: usize = 60;

/// How many buckets of time a heat map has at most.
const HEAT_BUCKETS: u32 = 32;

/// Which series of operations are meant.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    /// Whether a series may have no other labels.
    pub(super) exact: bool,
}

impl Selection {
    pub(super) fn of<'s>(&'s self, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Operation> {
        snapshot.series(&self.name).filter(|series| self.has(series))
    }

    fn has(&self, series: &Operation) -> bool {
        let is_so = |(key, value): &(String, String)| series.label(key) == Some(value);
        self.labels.iter().all(is_so) && (!self.exact || series.labels().len() == self.labels.len())
    }
}

/// A series with its line over time; `figures` are those of the window.
pub(super) fn row(
    operation: &Operation,
    figures: Figures,
    total: &Snapshot,
    intervals: &[&Snapshot],
) -> Row {
    let running = same(operation, total).and_then(Operation::in_flight);
    Row {
        name: operation.name().to_owned(),
        labels: labels_of(operation.labels()),
        description: total.description(operation.name()).map(|of| of.text.to_string()),
        in_flight: running.map_or(0, |calls| calls.count),
        figures,
        spark: spark(operation, intervals),
    }
}

/// The same series in another snapshot. An operation may have thousands, and an answer may be about all
/// of them: they are in order.
pub(super) fn same<'s>(operation: &Operation, snapshot: &'s Snapshot) -> Option<&'s Operation> {
    let wanted = (operation.name(), operation.labels());
    let all = snapshot.operations();
    let at = all.binary_search_by(|other| (other.name(), other.labels()).cmp(&wanted)).ok()?;
    all.get(at)
}

fn spark(operation: &Operation, intervals: &[&Snapshot]) -> Spark {
    let newest = &intervals[intervals.len().saturating_sub(SPARK_POINTS)..];
    let mut spark = Spark::default();
    for interval in newest {
        let series = same(operation, interval);
        spark.count.push(series.map_or(0, Operation::count));
        spark.p95_ns.push(series.and_then(|series| series.percentile(95.0)).map(nanos));
    }
    spark
}

/// The figures of a selection in each interval.
pub(super) fn timeline<'s>(
    intervals: &[&'s Snapshot],
    select: impl Fn(&'s Snapshot) -> Vec<&'s Operation>,
) -> Timeline {
    let mut all = Timeline::default();
    for interval in intervals {
        let series = select(interval);
        all.started_unix_ms.push(millis(interval.started()));
        all.covered_ns.push(nanos(interval.elapsed()));
        all.count.push(series.iter().map(|series| series.count()).sum());
        all.errors.push(series.iter().map(|series| series.errors()).sum());
        let figures = Figures::of(interval, series).unwrap_or_default();
        all.p50_ns.push(figures.p50_ns);
        all.p95_ns.push(figures.p95_ns);
        all.p99_ns.push(figures.p99_ns);
        all.max_ns.push(figures.max_ns);
    }
    all
}

/// How many calls took how long in each interval, in buckets that grow by equal factors.
pub(super) fn heat<'s>(
    intervals: &[&'s Snapshot],
    select: impl Fn(&'s Snapshot) -> Vec<&'s Operation>,
) -> Heat {
    let columns: Vec<_> = intervals.iter().map(|interval| buckets(&select(interval))).collect();
    let values = || columns.iter().flatten().map(|(value, _)| (*value).max(1));
    let (Some(low), Some(high)) = (values().min(), values().max()) else { return Heat::default() };
    let bounds_ns = bounds(low, high);
    let count = |column: &Vec<(u64, u64)>| {
        let mut counts = vec![0; bounds_ns.len() - 1];
        for (value, calls) in column {
            let at = bounds_ns.partition_point(|bound| bound <= value).saturating_sub(1);
            let last = counts.len() - 1;
            counts[at.min(last)] += calls;
        }
        counts
    };
    Heat { counts: columns.iter().map(count).collect(), bounds_ns }
}

/// The middle of each bucket of durations, and how many calls it has.
fn buckets(series: &[&Operation]) -> Vec<(u64, u64)> {
    let all = series.iter().flat_map(|series| series.histogram().buckets());
    all.map(|bucket| (bucket.low_ns.midpoint(bucket.high_ns), bucket.count)).collect()
}

/// From a value below the lowest to one above the highest.
fn bounds(low: u64, high: u64) -> Vec<u64> {
    let (low, high) = ((low as f64) * 0.98, (high as f64) * 1.02);
    // No finer than the durations themselves are known.
    let wanted = ((high / low).ln() / 1.05_f64.ln()).ceil().clamp(1.0, f64::from(HEAT_BUCKETS));
    let bound = |at: u32| (low * (high / low).powf(f64::from(at) / wanted)) as u64;
    let mut bounds: Vec<u64> = (0..=wanted as u32).map(bound).collect();
    bounds.dedup();
    if bounds.len() < 2 {
        bounds.push(bounds.first().map_or(1, |bound| bound + 1));
    }
    bounds
}

/// The percentile curve of calls taken together.
pub(super) fn percentile_curve(calls: &Operation) -> Curve {
    let levels = levels();
    let values_ns = curve(calls, &levels);
    let percentiles = levels.into_iter().take(values_ns.len()).collect();
    Curve { percentiles, values_ns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_has_a_bucket() {
        for (low, high) in [(1, 1), (1, 2), (100, 101), (50, 60_000_000_000), (1, u64::MAX)] {
            let bounds = bounds(low, high);
            assert!(bounds.len() >= 2 && bounds.len() <= HEAT_BUCKETS as usize + 1, "{bounds:?}");
            assert!(bounds.is_sorted_by(|low, high| low < high), "{bounds:?}");
            assert!(bounds[0] <= low, "{bounds:?}");
        }
    }
}
