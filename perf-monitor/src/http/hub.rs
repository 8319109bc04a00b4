//! What is told to all that listen: a message for each tick and each alert.

use super::model::{AlertView, Tick, millis, to_json};
use crate::alert::Alert;
use perf_core::{__bridge::heal, MetricValue, Snapshot};
use std::{
    collections::{BTreeMap, VecDeque},
    iter,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Messages that those who were away can still have: ten minutes of a tick a second.
const KEPT: usize = 600;

/// Readings of resources that are kept.
const READINGS: usize = 720;

/// Gauges whose names begin so are resources.
const RESOURCES: [&str; 2] = ["process_", "system_"];

/// One message.
#[derive(Debug)]
pub(crate) struct Message {
    /// Rises by one from message to message.
    pub(super) id: u64,
    /// `tick` or `alert`.
    pub(super) event: &'static str,
    /// JSON.
    pub(super) data: String,
}

/// The last messages, and the readings of resources.
#[derive(Debug)]
pub(crate) struct Hub {
    /// Tells one run of the program from another.
    server: String,
    /// How many ticks there were.
    tick: AtomicU64,
    /// Locked for no longer than it takes to hand on a message: the server's thread waits for it.
    kept: Mutex<Kept>,
    readings: Mutex<Readings>,
    /// The id of the last message; [`OVER`] at the end.
    last: watch::Sender<u64>,
}

/// No message comes any more.
pub(super) const OVER: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Kept {
    messages: VecDeque<Arc<Message>>,
    next: u64,
}

/// A gauge: its name and labels.
pub(super) type Gauge = (String, Vec<(String, String)>);

/// What resources were at the last ticks, the newest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    pub(super) times: VecDeque<u64>,
    /// As many as there are times; where there was none it is not a number.
    pub(super) gauges: BTreeMap<Gauge, VecDeque<f64>>,
}

/// What a tick found.
pub(crate) struct Found<'a> {
    /// Everything since the start.
    pub(crate) total: &'a Snapshot,
    /// What came since the tick before.
    pub(crate) interval: Option<&'a Snapshot>,
    pub(crate) firing: usize,
    pub(crate) pending: usize,
    /// What began or ended.
    pub(crate) alerts: &'a [Alert],
}

impl Default for Hub {
    fn default() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            server: format!("{:x}-{:x}", std::process::id(), now.as_nanos()),
            tick: AtomicU64::new(0),
            kept: Mutex::default(),
            readings: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }
}

impl Hub {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        heal(self.kept.lock())
    }

    /// Tells all that listen. One tick at a time.
    pub(crate) fn publish(&self, found: &Found<'_>) {
        heal(self.readings.lock()).push(found.total);
        let tick = self.tick.fetch_add(1, Release) + 1;
        let tick = ("tick", to_json(&Tick::new(tick, found)));
        let alerts = found.alerts.iter().map(|alert| ("alert", to_json(&AlertView::of(alert))));
        let messages: Vec<_> = iter::once(tick).chain(alerts).collect();
        let last = {
            let mut kept = self.kept();
            messages.into_iter().for_each(|(event, data)| kept.push(event, data));
            kept.next
        };
        self.last.send_replace(last);
    }

    /// Ends all that listen.
    pub(crate) fn end(&self) {
        self.last.send_replace(OVER);
    }

    /// Tells one run of the program from another.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// How many ticks there were.
    pub(super) fn tick(&self) -> u64 {
        self.tick.load(Acquire)
    }

    /// The id of the last message, now and as it rises; [`OVER`] once there will be none.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The first message after this one that is still kept.
    pub(super) fn after(&self, id: u64) -> Option<Arc<Message>> {
        let kept = self.kept();
        let at = kept.messages.partition_point(|message| message.id <= id);
        kept.messages.get(at).cloned()
    }

    /// The resources.
    pub(super) fn readings(&self) -> Readings {
        heal(self.readings.lock()).clone()
    }
}

impl Kept {
    fn push(&mut self, event: &'static str, data: String) {
        self.next += 1;
        self.messages.push_back(Arc::new(Message { id: self.next, event, data }));
        while self.messages.len() > KEPT {
            self.messages.pop_front();
        }
    }
}

impl Readings {
    fn push(&mut self, snapshot: &Snapshot) {
        let before = self.times.len();
        self.times.push_back(millis(snapshot.taken()));
        for metric in snapshot.metrics().iter().filter(|metric| is_resource(metric.name())) {
            let MetricValue::Gauge(value) = metric.value() else { continue };
            let own = |(key, value): &(Arc<str>, Arc<str>)| (key.to_string(), value.to_string());
            let gauge = (metric.name().to_owned(), metric.labels().iter().map(own).collect());
            let values = self.gauges.entry(gauge).or_default();
            values.resize(before, f64::NAN);
            values.push_back(*value);
        }
        self.gauges.values_mut().for_each(|values| values.resize(before + 1, f64::NAN));
        if self.times.len() > READINGS {
            self.times.pop_front();
            self.gauges.values_mut().for_each(|values| _ = values.pop_front());
            self.gauges.retain(|_, values| values.iter().any(|value| value.is_finite()));
        }
    }
}

fn is_resource(name: &str) -> bool {
    RESOURCES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;

    fn publish(hub: &Hub, registry: &Registry) {
        let total = registry.snapshot();
        hub.publish(&Found { total: &total, interval: None, firing: 0, pending: 0, alerts: &[] });
    }

    #[test]
    fn those_who_were_away_get_what_is_kept() {
        let (hub, registry) = (Hub::default(), Registry::new());
        (0..KEPT + 5).for_each(|_| publish(&hub, &registry));
        let ids = iter::successors(hub.after(0), |message| hub.after(message.id));
        let ids: Vec<_> = ids.map(|message| message.id).collect();
        assert_eq!(ids.len(), KEPT);
        assert_eq!((ids[0], ids[KEPT - 1]), (6, KEPT as u64 + 5));
        assert!(hub.after(KEPT as u64 + 5).is_none());
        assert_eq!(*hub.listen().borrow(), KEPT as u64 + 5);
    }

    #[test]
    fn readings_have_a_value_for_each_time() {
        let (hub, registry) = (Hub::default(), Registry::new());
        publish(&hub, &registry);
        registry.gauge("process_x", &[]).set(1.0);
        registry.gauge("other", &[]).set(1.0);
        (0..READINGS + 3).for_each(|_| publish(&hub, &registry));
        let readings = hub.readings();
        assert_eq!(readings.gauges.len(), 1);
        let values = readings.gauges.values().next().unwrap();
        assert_eq!((readings.times.len(), values.len()), (READINGS, READINGS));
        assert!(values.iter().all(|value| value.total_cmp(&1.0).is_eq()));
    }
}
