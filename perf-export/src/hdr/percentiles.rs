//! Tables of percentiles, `.hgrm`.

use super::tag;
use perf_core::{Histogram, Operation, Snapshot};
use std::fmt::Write as _;

/// Nanoseconds in the milliseconds that values are shown in.
const NANOS_PER_MILLI: f64 = 1e6;
/// How many lines there are for each half of the way to 100 %, as in HdrHistogram's own tools.
const TICKS: f64 = 5.0;

/// The tables of all operations with calls, one after another, each behind a line `#[Operation = …]` that
/// names it as [`log`](super::log) does.
///
/// <https://hdrhistogram.github.io/HdrHistogram/plotFiles.html> plots files of one table each, see
/// [`operation_percentiles`].
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let text = perf_export::hdr::percentiles(&registry.snapshot());
/// assert!(text.starts_with("#[Operation = work]\n       Value     Percentile TotalCount"));
/// ```
#[must_use]
pub fn percentiles(snapshot: &Snapshot) -> String {
    let called = snapshot.operations().iter().filter(|operation| operation.timed() > 0);
    let tables =
        called.map(|of| format!("#[Operation = {}]\n{}", tag::of(of), operation_percentiles(of)));
    tables.collect::<Vec<_>>().join("\n")
}

/// The percentiles of one operation, of its histogram, as HdrHistogram's `outputPercentileDistribution`
/// prints them: values in milliseconds, with as many decimals as the histogram keeps digits.
///
/// Source of the format: `AbstractHistogram.java` at <https://github.com/HdrHistogram/HdrHistogram>.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let text = perf_export::hdr::operation_percentiles(&registry.get("work").unwrap());
/// assert!(text.contains(" 1.000000000000          1\n"));
/// ```
#[must_use]
pub fn operation_percentiles(operation: &Operation) -> String {
    let hdr = operation.histogram().to_hdr();
    let digits = usize::from(hdr.sigfig());
    let millis = |nanos: f64| format!("{:12.digits$}", nanos / NANOS_PER_MILLI);
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    for (nanos, level, count) in steps(operation.histogram()) {
        let rest = 1.0 / (1.0 - level / 100.0);
        let rest = if level < 100.0 { format!(" {rest:14.2}") } else { String::new() };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{} {:.12} {count:10}{rest}", millis(nanos as f64), level / 100.0);
    }
    let (mean, deviation, max) =
        (millis(hdr.mean()), millis(hdr.stdev()), millis(hdr.max() as f64));
    let sub_buckets = (2 * 10_u32.pow(hdr.sigfig().into())).next_power_of_two();
    text + &format!(
        "#[Mean    = {mean}, StdDeviation   = {deviation}]\n\
         #[Max     = {max}, Total count    = {:12}]\n\
         #[Buckets = {:12}, SubBuckets     = {sub_buckets:12}]\n",
        hdr.len(),
        hdr.buckets(),
    )
}

/// The highest value of a bucket, a percentile that is reached in it, and the count up to there; with
/// the arithmetic of `PercentileIterator.java`, as the crate's own iterator is a step off where a
/// percentile is reached exactly.
fn steps(histogram: &Histogram) -> Vec<(u64, f64, u64)> {
    let total = histogram.count();
    let mut steps = Vec::new();
    let (mut level, mut count) = (0.0, 0_u64);
    for bucket in histogram.buckets() {
        count = count.saturating_add(bucket.count);
        let reached = 100.0 * count as f64 / total as f64;
        while level <= reached && level < 100.0 {
            steps.push((bucket.high_ns, level, count));
            // In the last bucket one is enough.
            level = if count == total { 100.0 } else { next_level(level) };
        }
    }
    let last = histogram.buckets().next_back();
    steps.extend(last.map(|bucket| (bucket.high_ns, 100.0, total)));
    steps
}

/// Half the way to 100 % is so many ticks, and half of what is left then as many again.
fn next_level(level: f64) -> f64 {
    let halves = ((100.0 / (100.0 - level)).ln() / std::f64::consts::LN_2).floor() + 1.0;
    level + 100.0 / (TICKS * halves.exp2())
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::OperationParts;

    #[test]
    fn a_table_is_what_hdrhistograms_java_prints() {
        let buckets = vec![(1_000, 3), (1_000_000, 1)];
        let operation = Operation::from(OperationParts { buckets, ..Default::default() });
        let java = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n       \
             0.001 0.000000000000          3           1.00\n       \
             0.001 0.100000000000          3           1.11\n       \
             0.001 0.200000000000          3           1.25\n       \
             0.001 0.300000000000          3           1.43\n       \
             0.001 0.400000000000          3           1.67\n       \
             0.001 0.500000000000          3           2.00\n       \
             0.001 0.550000000000          3           2.22\n       \
             0.001 0.600000000000          3           2.50\n       \
             0.001 0.650000000000          3           2.86\n       \
             0.001 0.700000000000          3           3.33\n       \
             0.001 0.750000000000          3           4.00\n       \
             1.000 0.775000000000          4           4.44\n       \
             1.000 1.000000000000          4\n\
             #[Mean    =        0.251, StdDeviation   =        0.433]\n\
             #[Max     =        1.000, Total count    =            4]\n\
             #[Buckets =";
        assert!(operation_percentiles(&operation).starts_with(java));
    }
}
