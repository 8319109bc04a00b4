//! Alerts that are refused for good, alone and among others; and notifiers that misbehave.

mod support;

use perf_core::Registry;
use perf_monitor::{
    alert::{Alert, Status},
    notify::{Delivery, Failure, Notifier, Webhook},
};
use serde_json::Value;
use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};
use support::{
    alert,
    collector::{Answer, Collector},
};

const WAIT: Duration = Duration::from_secs(60);

/// Gives what it is sent to the test, and answers by it.
struct By<F> {
    seen: Sender<Vec<u64>>,
    answer: F,
    repeat: Option<Duration>,
}

impl<F: FnMut(&[Alert]) -> Result<(), Failure> + Send> Notifier for By<F> {
    fn name(&self) -> &'static str {
        "by"
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        self.seen.send(numbers(alerts)).unwrap();
        (self.answer)(alerts)
    }

    fn repeat_interval(&self) -> Option<Duration> {
        self.repeat
    }
}

fn numbers(alerts: &[Alert]) -> Vec<u64> {
    alerts.iter().map(|alert| alert.value as u64).collect()
}

fn by<F: FnMut(&[Alert]) -> Result<(), Failure> + Send>(answer: F) -> (By<F>, Receiver<Vec<u64>>) {
    let (seen, all) = mpsc::channel();
    (By { seen, answer, repeat: None }, all)
}

fn fires(at: u64) -> Alert {
    alert("rule", at, Status::Firing)
}

fn counts(registry: &Registry, notifier: &str) -> [u64; 4] {
    ["sent", "retried", "failed", "dropped"].map(|result| {
        let labels = [("notifier", notifier), ("result", result)];
        registry.snapshot().counter("perfkit_notifications", &labels).unwrap()
    })
}

#[test]
fn one_that_is_refused_takes_no_other_with_it() {
    let bad = |alerts: &[Alert]| alerts.iter().any(|alert| [3, 6].contains(&(alert.value as u64)));
    let refuse = move |alerts: &[Alert]| {
        if bad(alerts) { Err(Failure::permanent("no such label")) } else { Ok(()) }
    };
    let panics = move |alerts: &[Alert]| {
        assert!(!bad(alerts), "no such label");
        Ok(())
    };
    for notifier in [Box::new(refuse) as Box<dyn FnMut(&_) -> _ + Send>, Box::new(panics)] {
        let (notifier, sees) = by(notifier);
        let registry = Registry::new();
        let delivery = Delivery::new(vec![Box::new(notifier)], &registry).unwrap();
        delivery.send((0..8).map(fires).collect());
        assert_eq!(delivery.stop(WAIT), []);
        let all: Vec<Vec<u64>> = sees.try_iter().collect();
        let arrived: Vec<u64> = all
            .iter()
            .filter(|some| ![3, 6].iter().any(|bad| some.contains(bad)))
            .flatten()
            .copied()
            .collect();
        assert_eq!(arrived, [0, 1, 2, 4, 5, 7], "{all:?}");
        assert!(all.contains(&vec![3]) && all.contains(&vec![6]), "{all:?}");
        let [sent, _, failed, dropped] = counts(&registry, "by");
        assert_eq!([sent, failed, dropped], [6, 2, 0]);
    }
}

#[test]
fn a_webhook_that_is_wrong_is_not_asked_for_each() {
    let answers = [Answer::Status("404 Not Found", String::new(), Vec::new())];
    let (registry, collector) = (Registry::new(), Collector::start(answers));
    let webhook = Webhook::new(&collector.url()).unwrap();
    let delivery = Delivery::new(vec![Box::new(webhook)], &registry).unwrap();
    delivery.send((0..8).map(fires).collect());
    assert_eq!(delivery.stop(WAIT), []);
    assert_eq!(counts(&registry, "webhook"), [0, 0, 8, 0]);
    collector.next();
    assert!(collector.rest().is_empty());
}

#[test]
fn a_webhook_that_cannot_read_one_gets_the_others() {
    let answers =
        ["400 Bad Request", "200 OK", "422 Unprocessable Content", "413 Content Too Large"];
    let answers = answers.map(|status| Answer::Status(status, String::new(), Vec::new()));
    let (registry, collector) = (Registry::new(), Collector::start(answers));
    let webhook = Webhook::new(&collector.url()).unwrap();
    let delivery = Delivery::new(vec![Box::new(webhook)], &registry).unwrap();
    delivery.send((0..4).map(fires).collect());
    assert_eq!(delivery.stop(WAIT), []);
    let lengths = collector.rest().into_iter().map(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        body["alerts"].as_array().unwrap().len()
    });
    assert_eq!(lengths.collect::<Vec<_>>(), [4, 2, 2, 1, 1]);
    assert_eq!(counts(&registry, "webhook"), [3, 6, 1, 0]);
}

#[test]
fn what_is_refused_in_parts_is_stopped_too() {
    let slow = |_: &[Alert]| {
        thread::sleep(Duration::from_millis(50));
        Err(Failure::permanent("no"))
    };
    let (slow, sees) = by(slow);
    let registry = Registry::new();
    let delivery = Delivery::new(vec![Box::new(slow)], &registry).unwrap();
    delivery.send((0..100).map(fires).collect());
    let _ = sees.recv_timeout(WAIT).unwrap();
    let left = delivery.stop(Duration::from_millis(500));
    let left = left[0].alerts.len() as u64;
    let [sent, _, failed, dropped] = counts(&registry, "by");
    assert_eq!((sent, failed + left, dropped), (0, 100, left));
    // The thread ends, and lets go of the notifier.
    while sees.recv_timeout(WAIT).is_ok() {}
    assert!(counts(&registry, "by")[1] < 200);
}

#[test]
fn what_is_repeated_is_repeated_while_alerts_come_without_end() {
    let (mut notifier, sees) = by(|_: &[Alert]| Ok(()));
    notifier.repeat = Some(Duration::from_millis(200));
    let delivery = Delivery::new(vec![Box::new(notifier)], &Registry::new()).unwrap();
    let repeats = (0..200).any(|at| {
        delivery.send(vec![fires(at)]);
        thread::sleep(Duration::from_millis(20));
        sees.try_iter().any(|alerts| alerts.is_empty())
    });
    assert!(repeats);
    assert_eq!(delivery.stop(WAIT), []);
}

/// One whose end takes for ever.
struct Stays;

impl Notifier for Stays {
    fn name(&self) -> &'static str {
        "stays"
    }

    fn send(&mut self, _: &[Alert]) -> Result<(), Failure> {
        Ok(())
    }
}

impl Drop for Stays {
    fn drop(&mut self) {
        thread::sleep(Duration::from_secs(3600));
    }
}

#[test]
fn one_that_does_not_end_is_not_waited_for() {
    let delivery = Delivery::new(vec![Box::new(Stays)], &Registry::new()).unwrap();
    delivery.send(vec![fires(1)]);
    let began = Instant::now();
    assert_eq!(delivery.stop(Duration::from_millis(100)), []);
    assert!(began.elapsed() < Duration::from_secs(600));
}
