//! Tables of percentiles, `.hgrm`.

use super::tag;
use perf_core::{Operation, Snapshot};
use std::fmt::Write as _;

/// Nanoseconds in the milliseconds that values are shown in.
const NANOS_PER_MILLI: f64 = 1e6;
/// How many lines there are for each half of the way to 100 %, as in HdrHistogram's own tools.
const TICKS: u32 = 5;

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
/// assert!(text.contains("\n       2.000 1.000000000000          1\n"));
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
    let mut count = 0_u64;
    for step in hdr.iter_quantiles(TICKS) {
        let quantile = step.quantile_iterated_to();
        let value = millis(step.value_iterated_to() as f64);
        let rest = if quantile < 1.0 {
            format!(" {:14.2}", 1.0 / (1.0 - quantile))
        } else {
            String::new()
        };
        count = count.saturating_add(step.count_since_last_iteration());
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{value} {quantile:.12} {count:10}{rest}");
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
