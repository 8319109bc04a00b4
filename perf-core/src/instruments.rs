//! Counters, gauges and distributions: what is counted and measured beside calls.

use crate::{
    directory::{self, MAX_OPERATIONS, OVERFLOW, OVERFLOW_ID},
    local::{self, Busy},
    primitive::{heal, heal_try},
    registry::Registry,
    values::ValueHistogram,
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
};

/// A count of things that happened; it only rises. Clones count together.
///
/// ```
/// let registry = perf_core::Registry::new();
/// let hits = registry.counter("cache_hits", &[("cache", "users")]);
/// hits.add(3);
/// hits.clone().add(1);
/// assert_eq!(registry.snapshot().counter("cache_hits", &[("cache", "users")]), Some(4));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    all: AtomicU64,
    /// What it was at the last reset.
    base: AtomicU64,
}

impl Counter {
    /// Adds so many. Beyond 2^64 − 1 it begins at 0 again.
    #[inline]
    pub fn add(&self, count: u64) {
        self.0.all.fetch_add(count, Relaxed);
    }

    /// Raises it to a count kept elsewhere; a lower one changes nothing. After a
    /// [`reset`](Registry::reset) what had come before is taken off.
    pub fn raise_to(&self, count: u64) {
        self.0.all.fetch_max(count, Relaxed);
    }

    /// The count so far, or since the last reset.
    #[must_use]
    pub fn get(&self) -> u64 {
        // In this order: a reset between the two raises the base to a count that is not read yet.
        let base = self.0.base.load(Acquire);
        self.0.all.load(Relaxed).wrapping_sub(base)
    }

    /// The count, from which on it counts anew.
    fn take(&self) -> u64 {
        let all = self.0.all.load(Relaxed);
        all.wrapping_sub(self.0.base.swap(all, AcqRel))
    }
}

/// A number that rises and falls. It keeps what it was last set to. Clones are one gauge.
///
/// ```
/// let registry = perf_core::Registry::new();
/// let depth = registry.gauge("queue_depth", &[]);
/// depth.set(10.0);
/// depth.add(-2.5);
/// assert_eq!(registry.snapshot().gauge("queue_depth", &[]), Some(7.5));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Sets it.
    #[inline]
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    /// Adds to it; a negative number takes away.
    pub fn add(&self, value: f64) {
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let _ = self.0.fetch_update(Relaxed, Relaxed, add);
    }

    /// What it was last set to; 0 before that.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

/// Values of which the distribution is kept: sizes, ratios, anything that can be measured. Clones
/// record together.
///
/// Values of a name whose unit is the second ([`Registry::describe`]) are durations: they become
/// calls of an operation of that name. So do those of a name that ends in `_seconds` and has no unit.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.describe("scan_seconds", Some("s"), "Scans of the index");
/// registry.distribution("scan_seconds", &[]).record(0.25);
/// let scan = registry.get("scan_seconds").unwrap();
/// assert_eq!(scan.max(), Some(std::time::Duration::from_millis(250)));
/// ```
#[derive(Clone, Debug)]
pub struct Distribution {
    registry: Registry,
    cell: Arc<Values>,
}

/// The values of one series, in parts so that threads do not wait for one another.
#[derive(Debug)]
pub(crate) struct Values {
    op: u32,
    family: Arc<Family>,
    parts: Box<[Mutex<ValueHistogram>]>,
}

impl Distribution {
    /// Records a value. What is not finite is refused, and counted as that; a negative number of
    /// seconds is zero, and counted as a backward clock's.
    pub fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    /// Records a value some times.
    pub fn record_many(&self, value: f64, times: u64) {
        if value.is_finite() && self.cell.family.is_seconds.load(Relaxed) {
            return self.registry.record_seconds(self.cell.op, value, times);
        }
        self.cell.record(value, times);
    }
}

impl Values {
    fn new(op: u32, family: Arc<Family>, digits: u8) -> Self {
        let parts = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let part = || Mutex::new(ValueHistogram::new(digits));
        Self { op, family, parts: (0..parts).map(|_| part()).collect() }
    }

    fn record(&self, value: f64, times: u64) {
        // A timed allocator may come back here from inside the lock.
        let Some(_busy) = Busy::enter() else { return local::lose() };
        let first = local::token() as usize;
        let mut all = (first..).take(self.parts.len());
        let free = all.find_map(|at| heal_try(self.part(at).try_lock()));
        free.unwrap_or_else(|| heal(self.part(first).lock())).record(value, times);
    }

    fn part(&self, at: usize) -> &Mutex<ValueHistogram> {
        &self.parts[at % self.parts.len()]
    }

    /// All values so far.
    fn collect(&self) -> ValueHistogram {
        let mut parts = self.parts.iter().map(|part| heal(part.lock()).clone());
        let first = parts.next().unwrap_or_else(|| ValueHistogram::new(1));
        parts.fold(first, |mut all, part| {
            all.merge(&part);
            all
        })
    }

    /// The same, and begins anew.
    fn take(&self) -> ValueHistogram {
        let mut all: Option<ValueHistogram> = None;
        for part in &self.parts {
            let mut part = heal(part.lock());
            match &mut all {
                Some(all) => all.merge(&part),
                None => all = Some(part.clone()),
            }
            part.reset();
        }
        all.unwrap_or_else(|| ValueHistogram::new(1))
    }

    /// Whether they are durations.
    fn is_seconds(&self) -> bool {
        self.family.is_seconds.load(Relaxed)
    }
}

/// What is said of all series of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Description {
    /// The unit as a UCUM code, which is what OpenTelemetry uses: `s`, `By`, `1`, `%`, `{request}`.
    pub unit: Option<Cow<'static, str>>,
    /// A sentence for people.
    pub text: Cow<'static, str>,
}

/// The series of one name.
#[derive(Debug, Default)]
struct Family {
    described: Mutex<Option<Arc<Description>>>,
    is_seconds: AtomicBool,
}

impl Family {
    fn of(name: &str) -> Self {
        Self { is_seconds: AtomicBool::new(name.ends_with("_seconds")), ..Self::default() }
    }
}

/// The instruments of a registry, by operation id.
#[derive(Debug, Default)]
pub(crate) struct Instruments {
    counters: RwLock<HashMap<u32, Counter>>,
    gauges: RwLock<HashMap<u32, Gauge>>,
    distributions: RwLock<HashMap<u32, Arc<Values>>>,
    families: Mutex<BTreeMap<Arc<str>, Arc<Family>>>,
}

/// What was counted and recorded, by operation id.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) counters: Vec<(u32, u64)>,
    /// With whether they are durations.
    pub(crate) distributions: Vec<(u32, bool, ValueHistogram)>,
}

/// The instrument of an id, made if need be. Cold: whoever uses one often keeps it.
fn find_or_make<T: Clone>(all: &RwLock<HashMap<u32, T>>, op: u32, make: impl FnOnce() -> T) -> T {
    if let Some(known) = heal(all.read()).get(&op) {
        return known.clone();
    }
    heal(all.write()).entry(op).or_insert_with(make).clone()
}

impl Instruments {
    fn family(&self, name: &str) -> Arc<Family> {
        let mut families = heal(self.families.lock());
        if let Some(family) = families.get(name) {
            return Arc::clone(family);
        }
        // Described alone, a name is nowhere else bounded.
        let name = if families.len() < MAX_OPERATIONS { name } else { OVERFLOW };
        Arc::clone(families.entry(name.into()).or_insert_with(|| Arc::new(Family::of(name))))
    }

    /// All counts and values.
    pub(crate) fn collect(&self) -> Counted {
        self.counted(Counter::get, Values::collect)
    }

    /// The same, and they go back to zero. Gauges stay as they are: they show what is.
    pub(crate) fn take(&self) -> Counted {
        self.counted(Counter::take, Values::take)
    }

    fn counted(
        &self,
        count: impl Fn(&Counter) -> u64,
        collect: impl Fn(&Values) -> ValueHistogram,
    ) -> Counted {
        let counters = heal(self.counters.read());
        let counters = counters.iter().map(|(op, counter)| (*op, count(counter))).collect();
        let distributions = heal(self.distributions.read()).clone();
        let distributions = distributions.into_iter();
        let values = |(op, values): (u32, Arc<Values>)| (op, values.is_seconds(), collect(&values));
        Counted { counters, distributions: distributions.map(values).collect() }
    }

    pub(crate) fn gauges(&self) -> Vec<(u32, f64)> {
        heal(self.gauges.read()).iter().map(|(op, gauge)| (*op, gauge.get())).collect()
    }

    /// What is said of each name.
    pub(crate) fn descriptions(&self) -> BTreeMap<Arc<str>, Arc<Description>> {
        let families = heal(self.families.lock());
        let described = families.iter().filter_map(|(name, family)| {
            Some((Arc::clone(name), heal(family.described.lock()).clone()?))
        });
        described.collect()
    }
}

impl Registry {
    /// The counter of this name and these labels, new or known. It is in snapshots from now on, at 0
    /// until something is added. Keep it where it is used often.
    ///
    /// The number of label sets is bounded as for operations, see
    /// [`set_label_cap`](crate::set_label_cap).
    #[must_use]
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Counter {
        self.instrument(name, labels, |instruments, op| {
            find_or_make(&instruments.counters, op, Counter::default)
        })
        .unwrap_or_default()
    }

    /// The gauge of this name and these labels, new or known, as for [`counter`](Self::counter).
    #[must_use]
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Gauge {
        self.instrument(name, labels, |instruments, op| {
            find_or_make(&instruments.gauges, op, Gauge::default)
        })
        .unwrap_or_default()
    }

    /// The distribution of this name and these labels, new or known, as for
    /// [`counter`](Self::counter). It keeps as many digits as operations do, see
    /// [`set_precision`](Self::set_precision).
    #[must_use]
    pub fn distribution(&self, name: &str, labels: &[(&str, &str)]) -> Distribution {
        let digits = |op| self.core().recording.layout_of(op).digits();
        let values = |instruments: &Instruments, op| {
            let family = instruments.family(if op == OVERFLOW_ID { OVERFLOW } else { name });
            let make = || Arc::new(Values::new(op, family, digits(op)));
            find_or_make(&instruments.distributions, op, make)
        };
        let known = self.instrument(name, labels, values);
        let cell = known.unwrap_or_else(|| Arc::new(Values::new(OVERFLOW_ID, Arc::default(), 1)));
        Distribution { registry: self.clone(), cell }
    }

    /// `None` inside perfkit's own work: nothing can be looked up there.
    fn instrument<T>(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        find: impl FnOnce(&Instruments, u32) -> T,
    ) -> Option<T> {
        let _own = local::own_work();
        let owned = labels.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let op = directory::intern_series(name, owned)?;
        let _busy = Busy::enter()?;
        Some(find(&self.core().instruments, op))
    }

    /// Says what a name stands for, and in which unit (a UCUM code: `s`, `By`, `1`, `%`), for all its
    /// series, whether they are there yet or not. The last word counts; without a unit, a known one stays.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// registry.describe("upload_bytes", Some("By"), "Sizes of uploads");
    /// let _sizes = registry.distribution("upload_bytes", &[]);
    /// assert_eq!(registry.snapshot().metrics()[0].unit(), Some("By"));
    /// ```
    pub fn describe(
        &self,
        name: &str,
        unit: Option<&'static str>,
        text: impl Into<Cow<'static, str>>,
    ) {
        let text = text.into();
        let Some(_busy) = Busy::enter() else { return };
        let family = self.core().instruments.family(name);
        let mut described = heal(family.described.lock());
        let known = described.as_ref().and_then(|described| described.unit.clone());
        let unit = unit.map(Cow::Borrowed).or(known);
        if let Some(unit) = &unit {
            family.is_seconds.store(unit == "s", Relaxed);
        }
        *described = Some(Arc::new(Description { unit, text }));
    }
}
