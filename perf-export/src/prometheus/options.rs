//! What can be chosen.

#[cfg(feature = "prometheus")]
use super::native::Resolution;
use std::collections::BTreeMap;

/// From a microsecond; from 5 ms on, those of OpenTelemetry's HTTP conventions.
const DURATIONS: [f64; 18] = [
    1e-6, 1e-5, 1e-4, 1e-3, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];
const RATIOS: [f64; 20] = [
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85,
    0.9, 0.95, 1.0,
];
/// Powers of four.
const BYTES: [f64; 13] = [
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
];
/// OpenTelemetry's default: <https://opentelemetry.io/docs/specs/otel/metrics/sdk/>.
const OTHERS: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10_000.0,
];

/// What can be chosen: the bounds of histograms, mostly.
///
/// ```
/// use perf_export::prometheus::{self, Options};
///
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let options = Options::default().duration_bounds(&[0.001, 0.01]);
/// let text = prometheus::text(&registry.snapshot(), &options);
/// assert!(text.contains("_bucket{operation=\"work\",le=\"0.01\"} 1\n"));
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    durations: Vec<f64>,
    named: BTreeMap<String, Vec<f64>>,
    pub(super) created: bool,
    #[cfg(feature = "prometheus")]
    pub(super) resolution: Resolution,
    #[cfg(feature = "prometheus")]
    pub(super) classic: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durations: DURATIONS.to_vec(),
            named: BTreeMap::new(),
            created: true,
            #[cfg(feature = "prometheus")]
            resolution: Resolution::default(),
            #[cfg(feature = "prometheus")]
            classic: true,
        }
    }
}

impl Options {
    /// The upper bounds of the classic buckets of operations' durations, in seconds, in any order; not
    /// those that are not finite. At first 1, 10 and 100 µs, 1 ms, and 5 ms to 10 s as OpenTelemetry has
    /// for HTTP: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>.
    #[must_use]
    pub fn duration_bounds(mut self, seconds: &[f64]) -> Self {
        self.durations = rising(seconds);
        self
    }

    /// The upper bounds of the classic buckets of the distribution of this name, as the registry has
    /// it. Without them it has those for its unit: for bytes the powers of four from 64 to 1 GiB; for
    /// ratios 0.05 to 1; for seconds those of durations; else OpenTelemetry's default, 0 to 10,000.
    ///
    /// ```
    /// use perf_export::prometheus::{self, Options};
    ///
    /// let registry = perf_core::Registry::new();
    /// registry.distribution("queue.depth", &[]).record(3.0);
    /// let options = Options::default().bounds("queue.depth", &[1.0, 4.0]);
    /// let text = prometheus::text(&registry.snapshot(), &options);
    /// assert!(text.contains("queue_depth_bucket{le=\"4\"} 1\n"));
    /// ```
    #[must_use]
    pub fn bounds(mut self, name: impl Into<String>, bounds: &[f64]) -> Self {
        self.named.insert(name.into(), rising(bounds));
        self
    }

    /// Whether OpenMetrics says since when each series has been counted, as `_created`: it does at
    /// first. A Prometheus server that makes no use of them keeps them as series of their own.
    #[must_use]
    pub fn created(mut self, created: bool) -> Self {
        self.created = created;
        self
    }

    pub(super) fn durations(&self) -> &[f64] {
        &self.durations
    }

    /// The bounds for a distribution.
    pub(super) fn of(&self, name: &str, unit: &str) -> &[f64] {
        match (self.named.get(name), unit) {
            (Some(bounds), _) => bounds,
            (None, "seconds") => &self.durations,
            (None, "bytes") => &BYTES,
            (None, "ratio") => &RATIOS,
            _ if name.ends_with("_ratio") => &RATIOS,
            _ => &OTHERS,
        }
    }
}

#[cfg(feature = "prometheus")]
impl Options {
    /// How fine native histograms are: each power of two is cut into `2^schema` buckets, so that a
    /// quantile is at most `2^(2^-schema) − 1` from the exact one: 0.54 % at 7, which it is at first;
    /// 1.1 % at 6; 9.1 % at 3. From −4 to 8; others count as the nearest.
    #[must_use]
    pub fn schema(mut self, schema: i32) -> Self {
        self.resolution.schema = schema.clamp(-4, 8);
        self
    }

    /// How many buckets of one native histogram may hold something, 400 at first: where there would be
    /// more, its schema is lowered, and its error with that about doubled, until there are not.
    #[must_use]
    pub fn max_native_buckets(mut self, buckets: usize) -> Self {
        self.resolution.max_buckets = buckets;
        self
    }

    /// Whether protobuf has the classic buckets beside the native ones: it does at first, for servers
    /// that keep no native ones. Prometheus 2.42 takes only the native ones where it takes them.
    #[must_use]
    pub fn classic_buckets(mut self, classic: bool) -> Self {
        self.classic = classic;
        self
    }
}

fn rising(bounds: &[f64]) -> Vec<f64> {
    let mut bounds: Vec<_> = bounds.iter().copied().filter(|bound| bound.is_finite()).collect();
    bounds.sort_by(f64::total_cmp);
    // Zero has two signs.
    bounds.dedup_by(|a, b| *a <= *b);
    bounds
}
