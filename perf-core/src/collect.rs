//! From a registry's stripes, in ticks and ids, to a snapshot, in nanoseconds and names.

use crate::{
    aside::{Allocations, Caller, InFlightCalls, PollTimes},
    buckets::Layout,
    clock::Clock,
    directory::{self, Series},
    histogram::Histogram,
    instruments::{Counted, Description},
    local::{self, Busy},
    metric::MetricValue,
    operation::Operation,
    primitive::heal,
    registry::{Core, NOT_COPYING},
    snapshot::Snapshot,
    stats::{Allocated, OpStats},
    table::Table,
    values::ValueHistogram,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::SystemTime,
};

/// All operations, or the one asked for.
pub(crate) fn snapshot(core: &Core, only: Option<u32>) -> Snapshot {
    let _own = local::own_work();
    let mut collected = Collected { only, ..Collected::default() };
    let mut started = *heal(core.started.lock());
    let (mut metrics, mut descriptions) = (Vec::new(), BTreeMap::new());
    if let Some(_busy) = Busy::enter() {
        // A reset would come between the operations.
        let _reading = heal(core.reading.lock());
        core.flush_lanes();
        started = *heal(core.started.lock());
        for (at, stripe) in core.stripes.iter().enumerate() {
            core.copying.store(at, Relaxed);
            collected.add_all(stripe);
        }
        core.copying.store(NOT_COPYING, Relaxed);
        let skipped = heal(core.skipped.lock()).clone();
        collected.add_skipped(core, &skipped);
        metrics = collected.add_rest(core, core.instruments.collect());
        descriptions = core.instruments.descriptions();
    }
    collected.finish((started, SystemTime::now()), metrics, descriptions)
}

/// What there was when a registry went back to zero.
pub(crate) struct Taken {
    tables: Vec<Table>,
    skipped: HashMap<u32, u64>,
    counted: Counted,
    times: (SystemTime, SystemTime),
}

/// Goes back to zero. What is recorded meanwhile is in what it returns, or in what comes after: all stripes
/// are taken at once. `None` from inside perfkit's own aggregation.
pub(crate) fn take(core: &Core) -> Option<Taken> {
    let _busy = Busy::enter()?;
    let _reading = heal(core.reading.lock());
    core.flush_lanes();
    let mut stripes: Vec<_> = core.stripes.iter().map(|stripe| heal(stripe.lock())).collect();
    let tables = stripes.iter_mut().map(|table| table.take(&core.recording)).collect();
    let skipped = std::mem::take(&mut *heal(core.skipped.lock()));
    let counted = core.instruments.take();
    core.recent.reset();
    let now = SystemTime::now();
    let started = std::mem::replace(&mut *heal(core.started.lock()), now);
    Some(Taken { tables, skipped, counted, times: (started, now) })
}

/// What was taken, as a snapshot.
pub(crate) fn of_taken(core: &Core, taken: Taken) -> Snapshot {
    let _own = local::own_work();
    let _busy = Busy::enter();
    let mut collected = Collected::default();
    for table in &taken.tables {
        let mut from = 0;
        while let Some((op, stats)) = table.next(from) {
            collected.add(op, stats);
            from = op + 1;
        }
    }
    collected.add_skipped(core, &taken.skipped);
    let metrics = collected.add_rest(core, taken.counted);
    collected.finish(taken.times, metrics, core.instruments.descriptions())
}

/// A snapshot in the making.
#[derive(Default)]
struct Collected {
    only: Option<u32>,
    series: Vec<Series>,
    operations: BTreeMap<u32, Operation>,
    /// Durations that were not finite.
    refused: u64,
}

impl Collected {
    /// Takes a copy of one operation at a time: whoever records waits no longer than for that.
    fn add_all(&mut self, stripe: &Mutex<Table>) {
        let mut copy = OpStats::new(Layout::new(1));
        let mut from = 0;
        while let Some(op) = self.copy_next(stripe, from, &mut copy) {
            self.add(op, &copy);
            if self.only.is_some() {
                return;
            }
            from = op + 1;
        }
    }

    /// Copies the first operation wanted whose id is at least `from`, and returns its id.
    fn copy_next(&self, stripe: &Mutex<Table>, from: u32, copy: &mut OpStats) -> Option<u32> {
        let table = heal(stripe.lock());
        let (op, stats) = match self.only {
            Some(op) => (op, table.get(op)?),
            None => table.next(from)?,
        };
        copy.copy(stats);
        Some(op)
    }

    fn add(&mut self, op: u32, stats: &OpStats) {
        let callers = stats.edges().map(|edge| edge.caller);
        self.learn(callers.fold(op, u32::max));
        let part = operation(&self.series, op, stats);
        match self.operations.get_mut(&op) {
            Some(whole) => whole.merge(&part),
            None => drop(self.operations.insert(op, part)),
        }
    }

    /// Whatever has an id has a name, which never changes: asked for anew only where ids have come
    /// since.
    fn learn(&mut self, op: u32) {
        if self.series.len() <= op as usize {
            self.series = directory::all();
        }
    }

    /// All that is not in tables; the metrics.
    fn add_rest(&mut self, core: &Core, counted: Counted) -> Vec<(Series, MetricValue)> {
        self.add_running(core);
        self.add_begun(core);
        self.metrics(core, counted)
    }

    fn finish(
        self,
        times: (SystemTime, SystemTime),
        metrics: Vec<(Series, MetricValue)>,
        descriptions: BTreeMap<Arc<str>, Arc<Description>>,
    ) -> Snapshot {
        let lost = local::lost() + self.refused;
        let operations = self.operations.into_values().collect();
        Snapshot::new(times, lost, operations, metrics, descriptions)
    }

    fn add_skipped(&mut self, core: &Core, skipped: &HashMap<u32, u64>) {
        for (op, calls) in skipped {
            if self.only.is_none_or(|only| only == *op) {
                self.known(core, *op).skipped = *calls;
            }
        }
    }

    fn add_begun(&mut self, core: &Core) {
        if self.only.is_none() {
            heal(core.begun.lock()).iter().for_each(|op| _ = self.known(core, *op));
        }
    }

    /// An operation that may have no timed call.
    fn known(&mut self, core: &Core, op: u32) -> &mut Operation {
        self.learn(op);
        let series = &self.series[op as usize];
        self.operations.entry(op).or_insert_with(|| {
            Operation::empty(series.clone(), core.recording.layout_of(op).digits())
        })
    }

    /// The counters, gauges and distributions. Values in seconds are calls: those that came before
    /// that was known join their operation here.
    fn metrics(&mut self, core: &Core, counted: Counted) -> Vec<(Series, MetricValue)> {
        let mut metrics = Vec::new();
        if self.only.is_none() {
            let counters = counted.counters.into_iter();
            metrics.extend(counters.map(|(op, count)| (op, MetricValue::Counter(count))));
            let gauges = core.instruments.gauges().into_iter();
            metrics.extend(gauges.map(|(op, value)| (op, MetricValue::Gauge(value))));
        }
        for (op, is_seconds, values) in counted.distributions {
            if self.only.is_some_and(|only| only != op) {
                continue;
            }
            if is_seconds {
                self.add_seconds(core, op, &values);
            } else {
                metrics.push((op, MetricValue::Distribution(values)));
            }
        }
        let last = metrics.iter().map(|(op, _)| *op).max();
        last.into_iter().for_each(|op| self.learn(op));
        metrics.into_iter().map(|(op, value)| (self.series[op as usize].clone(), value)).collect()
    }

    fn add_seconds(&mut self, core: &Core, op: u32, values: &ValueHistogram) {
        let operation = self.known(core, op);
        if !values.is_empty() {
            operation.add_seconds(values);
        }
        self.refused += values.refused();
    }

    fn add_running(&mut self, core: &Core) {
        let clock = Clock::get();
        let running = heal(core.running.lock());
        for (op, calls) in running.iter() {
            if self.only.is_some_and(|only| only != *op) {
                continue;
            }
            let operation = self.known(core, *op);
            let oldest = calls.first().map(|(start, _)| clock.ticks().saturating_sub(*start));
            operation.in_flight = Some(InFlightCalls {
                count: calls.len() as u64,
                oldest_ns: oldest.map_or(0, |ticks| clock.nanos(ticks)),
            });
        }
    }
}

fn operation(series: &[Series], op: u32, stats: &OpStats) -> Operation {
    let clock = Clock::get();
    let layout = stats.buckets.layout();
    let mut histogram = Histogram::from_layout(layout);
    for (index, count) in stats.buckets.iter() {
        histogram.push(clock.nanos(layout.middle(index)), count);
    }
    let sum = stats.edges().fold(0, |sum: u64, edge| sum.saturating_add(edge.ticks));
    let callers = stats.edges().map(|edge| Caller {
        name: (edge.caller != 0).then(|| Arc::clone(&series[edge.caller as usize].name)),
        calls: edge.calls,
        time_ns: clock.nanos(edge.ticks),
    });
    let polls = stats.polls.map(|polled| PollTimes {
        polls: polled.polls,
        busy_ns: clock.nanos(polled.busy),
        longest_ns: clock.nanos(polled.longest),
    });
    let allocations = stats.allocated.map(|Allocated { count, bytes }| Allocations {
        count: count.all,
        bytes: bytes.all,
        self_count: count.own,
        self_bytes: bytes.own,
    });
    let series = series[op as usize].clone();
    let folded = if series.is_overflow() { directory::folded(&series.name) } else { 0 };
    Operation {
        series,
        sum_ns: clock.nanos(sum),
        nested_ns: clock.nanos(stats.nested),
        self_ns: clock.nanos(sum.saturating_sub(stats.children)),
        min_ns: clock.nanos(stats.min),
        max_ns: clock.nanos(stats.max),
        errors: stats.errors,
        panicked: stats.panicked,
        cancelled: stats.cancelled,
        clamped: stats.clamped,
        backward: stats.backward,
        overlaps: stats.overlaps,
        callers: Caller::by_name(callers.collect()),
        histogram,
        skipped: 0,
        polls,
        allocations,
        in_flight: None,
        folded,
        is_scope: directory::is_scope(op),
    }
}
