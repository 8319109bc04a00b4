//! The `metrics` facade: its counters, gauges and histograms land in a registry.

use metrics::{
    CounterFn, GaugeFn, HistogramFn, Key, KeyName, Metadata, SetRecorderError, SharedString, Unit,
};
use perf_core::{
    __bridge::{heal, own_work},
    Registry,
};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, RwLock},
};

/// A [`metrics::Recorder`] that keeps everything in a perfkit registry: counters and gauges as these,
/// histograms of seconds as operations, other histograms as distributions; all with their labels,
/// units and descriptions.
///
/// A histogram is one of seconds if it was described with [`Unit::Seconds`], or has no unit and a name
/// that ends in `_seconds`; it may be described before or after its first value. Nothing expires:
/// gauges stay as they were set. Label sets beyond the cap of a name
/// ([`set_label_cap`](perf_core::set_label_cap)) are counted together. Units are kept as UCUM codes:
/// `s`, `By`, `KiBy`, `%`, `1`.
///
/// ```
/// use perf_bridges::{MetricsRecorder, metrics_recorder};
///
/// metrics_recorder().install().unwrap();
/// metrics::counter!("requests", "route" => "/users").increment(1);
/// metrics::histogram!("query_seconds").record(0.012);
///
/// let snapshot = perf_core::snapshot();
/// assert_eq!(snapshot.counter("requests", &[("route", "/users")]), Some(1));
/// assert_eq!(snapshot.get("query_seconds").unwrap().count(), 1);
/// ```
#[derive(Clone)]
pub struct MetricsRecorder {
    registry: Registry,
    known: Arc<Known>,
}

/// A recorder for the `metrics` facade, on the global registry: `install()` it once at the start, or
/// hand it to [`metrics::with_local_recorder`].
#[must_use]
pub fn metrics_recorder() -> MetricsRecorder {
    MetricsRecorder::new(Registry::global().clone())
}

impl MetricsRecorder {
    /// A recorder on a registry of one's own.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// let recorder = perf_bridges::MetricsRecorder::new(registry.clone());
    /// metrics::with_local_recorder(&recorder, || metrics::gauge!("depth").set(7.0));
    /// assert_eq!(registry.snapshot().gauge("depth", &[]), Some(7.0));
    /// ```
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry, known: Arc::default() }
    }

    /// Makes it the recorder of the process.
    ///
    /// # Errors
    ///
    /// Gives the recorder back where another has been installed before.
    pub fn install(self) -> Result<(), SetRecorderError<Self>> {
        metrics::set_global_recorder(self)
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, text: SharedString) {
        self.registry.describe(name.as_str(), unit.map(ucum), text.into_owned());
    }
}

impl fmt::Debug for MetricsRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsRecorder").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl metrics::Recorder for MetricsRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        self.known.counters.find_or_make(key, |labels| {
            metrics::Counter::from_arc(Arc::new(Counter(self.registry.counter(key.name(), labels))))
        })
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        self.known.gauges.find_or_make(key, |labels| {
            metrics::Gauge::from_arc(Arc::new(Gauge(self.registry.gauge(key.name(), labels))))
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        self.known.histograms.find_or_make(key, |labels| {
            let distribution = self.registry.distribution(key.name(), labels);
            metrics::Histogram::from_arc(Arc::new(Histogram(distribution)))
        })
    }
}

struct Counter(perf_core::Counter);

impl CounterFn for Counter {
    fn increment(&self, value: u64) {
        self.0.add(value);
    }

    fn absolute(&self, value: u64) {
        self.0.raise_to(value);
    }
}

struct Gauge(perf_core::Gauge);

impl GaugeFn for Gauge {
    fn increment(&self, value: f64) {
        self.0.add(value);
    }

    fn decrement(&self, value: f64) {
        self.0.add(-value);
    }

    fn set(&self, value: f64) {
        self.0.set(value);
    }
}

struct Histogram(perf_core::Distribution);

impl HistogramFn for Histogram {
    fn record(&self, value: f64) {
        self.0.record(value);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.0.record_many(value, count as u64);
    }
}

/// The handles that were asked for: the facade's macros ask at each use.
#[derive(Default)]
struct Known {
    counters: Shards<metrics::Counter>,
    gauges: Shards<metrics::Gauge>,
    histograms: Shards<metrics::Histogram>,
}

const SHARDS: usize = 32;
/// Keys kept in a shard. Those beyond are looked up in the registry each time, which caps their number:
/// labels without bounds must not fill the memory from here.
const SHARD_KEYS: usize = 4096;

/// Handles by key, in parts so that threads seldom wait for one another.
struct Shards<T>([RwLock<HashMap<Key, T>>; SHARDS]);

impl<T> Default for Shards<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }
}

impl<T: Clone> Shards<T> {
    fn find_or_make(&self, key: &Key, create: impl FnOnce(&[(&str, &str)]) -> T) -> T {
        let shard = &self.0[key.get_hash() as usize % SHARDS];
        let _own = own_work();
        let known = heal(shard.read()).get(key).cloned();
        known.unwrap_or_else(|| {
            let labels: Vec<_> = key.labels().map(|label| (label.key(), label.value())).collect();
            let handle = create(&labels);
            let mut shard = heal(shard.write());
            if shard.len() < SHARD_KEYS {
                // Borrowed parts of a key may be few and short-lived; it is kept for good.
                shard.insert(key.to_retained(), handle.clone());
            }
            handle
        })
    }
}

/// The UCUM code of a unit (<https://ucum.org>), as OpenTelemetry writes them.
fn ucum(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "1",
        Unit::Percent => "%",
        Unit::Seconds => "s",
        Unit::Milliseconds => "ms",
        Unit::Microseconds => "us",
        Unit::Nanoseconds => "ns",
        Unit::Tebibytes => "TiBy",
        Unit::Gibibytes => "GiBy",
        Unit::Mebibytes => "MiBy",
        Unit::Kibibytes => "KiBy",
        Unit::Bytes => "By",
        Unit::TerabitsPerSecond => "Tbit/s",
        Unit::GigabitsPerSecond => "Gbit/s",
        Unit::MegabitsPerSecond => "Mbit/s",
        Unit::KilobitsPerSecond => "kbit/s",
        Unit::BitsPerSecond => "bit/s",
        Unit::CountPerSecond => "1/s",
    }
}
