//! What a program said before: snapshots of the last steps, and trends over them.

use super::reading::{Alert, Reading, Trend};
use perf_core::{Metric, MetricValue, Snapshot};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// So many steps are kept.
const STEPS: usize = 60;
/// Of which these are forgotten together.
const BLOCK: usize = 10;
/// As many as operations have: nothing is rounded.
const DIGITS: u8 = 3;

#[derive(Debug, Default)]
pub(super) struct History {
    /// The last one, which has everything since the start.
    before: Option<Snapshot>,
    /// What happened in the last steps, so many of them together: to be merged, few are quicker.
    blocks: VecDeque<(usize, Snapshot)>,
    calls: Trends,
    metrics: Trends,
}

impl History {
    /// What there is to show, with a snapshot that was just taken.
    pub(super) fn take(&mut self, now: Snapshot, alerts: Vec<Alert>) -> Reading {
        let before = self.before.replace(now.clone());
        let last = before.as_ref().map_or_else(|| now.clone(), |before| now.since(before));
        // A first one says nothing of the last step.
        if let Some(before) = before {
            if before.started() != now.started() {
                self.blocks.clear();
            }
            self.step(&last);
        }
        let mut blocks = self.blocks.iter().map(|(_, block)| block);
        let mut recent = blocks.next().unwrap_or(&now).clone();
        blocks.for_each(|block| recent.merge(block));
        // What was not called is there, too, and so is what is rather than happened.
        recent.merge(&now.since(&now));
        Reading {
            taken: now.taken(),
            started: now.started(),
            last,
            recent,
            all: Some(now),
            calls: self.calls.all(),
            metrics: self.metrics.all(),
            alerts,
            instances: None,
            workers: None,
        }
    }

    fn step(&mut self, last: &Snapshot) {
        let seconds = last.elapsed().as_secs_f64();
        let calls = last.operations().iter();
        self.calls.push(calls.map(|of| (of.full_name(), of.count() as f64 / seconds)));
        let metrics = last.metrics().iter();
        self.metrics.push(metrics.filter_map(|of| value(of, last.elapsed())));
        let last = last.clone().condensed(DIGITS);
        match self.blocks.back_mut() {
            Some((steps, block)) if *steps < BLOCK => {
                block.merge(&last);
                *steps += 1;
            }
            _ => self.blocks.push_back((1, last)),
        }
        if self.blocks.len() > STEPS / BLOCK {
            self.blocks.pop_front();
        }
    }

    /// Nobody answered: trends have a gap.
    pub(super) fn miss(&mut self) {
        self.calls.push([]);
        self.metrics.push([]);
    }
}

fn value(metric: &Metric, elapsed: Duration) -> Option<(String, f64)> {
    let value = match metric.value() {
        MetricValue::Gauge(value) => *value,
        MetricValue::Counter(rise) => *rise as f64 / elapsed.as_secs_f64(),
        MetricValue::Distribution(_) => return None,
    };
    Some((metric.full_name(), value))
}

#[derive(Debug, Default)]
struct Trends {
    of: HashMap<String, VecDeque<Option<f64>>>,
    /// How many steps there are.
    steps: usize,
}

impl Trends {
    fn push(&mut self, values: impl IntoIterator<Item = (String, f64)>) {
        let before = self.steps;
        self.steps = STEPS.min(before + 1);
        for (name, value) in values {
            let trend = self.of.entry(name).or_insert_with(|| vec![None; before].into());
            // Series of one name, as a counter and a gauge may be, keep the first.
            if trend.len() == before {
                trend.push_back(Some(value).filter(|value| value.is_finite()));
            }
        }
        for trend in self.of.values_mut() {
            if trend.len() == before {
                trend.push_back(None);
            }
            while trend.len() > self.steps {
                trend.pop_front();
            }
        }
        self.of.retain(|_, trend| trend.iter().any(Option::is_some));
    }

    fn all(&self) -> HashMap<String, Trend> {
        self.of
            .iter()
            .map(|(name, trend)| (name.clone(), trend.iter().copied().collect()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;
    use std::time::SystemTime;

    /// So many calls, seen so many seconds after a start.
    fn seen(registry: &Registry, calls: u64, start: u64, at: u64) -> Snapshot {
        (0..calls).for_each(|_| registry.record("n", Duration::from_millis(1)));
        let time = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        registry.snapshot().dated(time(start), time(at))
    }

    #[test]
    fn steps_gaps_and_restarts() {
        let (mut history, program) = (History::default(), Registry::new());
        let first = history.take(seen(&program, 100, 0, 10), Vec::new());
        assert!(first.calls.is_empty());
        assert_eq!(first.recent.get("n").unwrap().count(), 100);
        let second = history.take(seen(&program, 6, 0, 12), Vec::new());
        assert_eq!(second.calls["n"], [Some(3.0)]);
        assert_eq!(second.recent.get("n").unwrap().count(), 6);
        history.miss();
        let again = Registry::new();
        let third = history.take(seen(&again, 8, 13, 15), Vec::new());
        assert_eq!(third.calls["n"], [Some(3.0), None, Some(4.0)]);
        assert_eq!(third.last.get("n").unwrap().count(), 8);
        assert_eq!(third.recent.get("n").unwrap().count(), 8);
    }

    #[test]
    fn the_last_steps_are_figures_of_no_more_than_those() {
        let (mut history, program) = (History::default(), Registry::new());
        for step in 0..200 {
            let reading = history.take(seen(&program, 1, 0, 100 + step), Vec::new());
            let recent = reading.recent.get("n").unwrap().count();
            let steps = reading.recent.elapsed().as_secs();
            if step > 0 {
                assert_eq!(recent, steps);
            }
            if step > 60 {
                assert!((50..=60).contains(&steps), "{steps}");
            }
            assert_eq!(reading.last.get("n").unwrap().count(), 1);
        }
    }

    #[test]
    fn trends_are_as_long_as_there_are_steps() {
        let mut trends = Trends::default();
        trends.push([("a".to_owned(), 1.0)]);
        trends.push([("b".to_owned(), 2.0), ("b".to_owned(), 3.0)]);
        assert_eq!(trends.all()["b"], [None, Some(2.0)]);
        assert_eq!(trends.all()["a"], [Some(1.0), None]);
        (0..STEPS).for_each(|n| trends.push([("b".to_owned(), n as f64)]));
        assert_eq!(trends.all().get("a"), None);
        assert_eq!(trends.all()["b"].len(), STEPS);
        assert_eq!(trends.all()["b"][0], Some(0.0));
    }
}
