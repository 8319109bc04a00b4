//! The monitor as a whole, with its thread.

use perf_core::{Outcome, Registry};
use perf_monitor::{
    Builder, Monitor, StartError,
    alert::{Alert, Severity, Status},
    config::Config,
    notify::{Failure, Notifier},
    rules::{Rule, Statistic},
};
use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

/// Sends on what it is told.
struct Told(Sender<Alert>);

impl Notifier for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        for alert in alerts {
            self.0.send(alert.clone()).map_err(|gone| Failure::permanent(gone.to_string()))?;
        }
        Ok(())
    }
}

/// One that looks by itself each so often, if ever while a test runs.
fn builder(interval: &str) -> (Builder, Registry, Receiver<Alert>) {
    let registry = Registry::new();
    let (sender, receiver) = channel();
    let text = format!(
        "interval = \"{interval}\"\nready_made_rules = false\nsystem.resources = false\n\
         notify.log.enabled = false"
    );
    let config = Config::from_toml(&text).unwrap();
    let builder = Monitor::builder().config(config).registry(&registry).notifier(Told(sender));
    (builder, registry, receiver)
}

fn failing() -> Rule {
    Rule::new("failing jobs", Statistic::ErrorRate).of("job").above(0.5).severity(Severity::High)
}

#[test]
fn an_alert_begins_and_ends_and_is_told_once_each() {
    let (builder, registry, told) = builder("1h");
    let monitor = builder.rule(failing()).keep_recent("job").start().unwrap();
    let job = |outcome| registry.record_outcome("job", Duration::from_millis(3), outcome);

    job(Outcome::Error);
    monitor.tick();
    monitor.tick();
    let begun = told.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(
        (begun.status, begun.rule.as_str(), begun.value),
        (Status::Firing, "failing jobs", 1.0)
    );
    assert_eq!(monitor.alerts(), [begun]);

    (0..9).for_each(|_| job(Outcome::Ok));
    monitor.tick();
    let ended = told.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!((ended.status, ended.value), (Status::Resolved, 0.1));
    assert!(monitor.alerts().is_empty());

    assert_eq!(monitor.window(Duration::from_secs(3_600)).unwrap().get("job").unwrap().count(), 10);
    assert_eq!((monitor.metrics().all.total, monitor.metrics().all.failed), (10, 1));
    assert_eq!(monitor.recent("job").len(), 10);
    monitor.reset();
    assert_eq!(monitor.metrics().all.total, 0);
    assert!(monitor.stop().is_empty());
    assert!(told.try_recv().is_err(), "nothing is told twice");
}

#[test]
fn it_looks_by_itself_and_a_panic_of_somebody_elses_does_not_end_that() {
    let (builder, registry, told) = builder("1s");
    let _source = registry.on_snapshot(|_| panic!("on purpose"));
    let monitor = builder.rule(failing()).start().unwrap();
    registry.record_outcome("job", Duration::from_millis(3), Outcome::Error);
    let begun = told.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(begun.status, Status::Firing);
    drop(monitor);
}

#[test]
fn what_happened_just_before_the_end_is_told() {
    let (builder, registry, told) = builder("1h");
    let monitor = builder.rule(failing()).start().unwrap();
    registry.record_outcome("job", Duration::from_millis(3), Outcome::Error);
    drop(monitor);
    assert_eq!(told.iter().map(|alert| alert.status).collect::<Vec<_>>(), [Status::Firing]);
}

#[test]
fn what_is_wrong_is_said_at_the_start() {
    let (builder, ..) = builder("1h");
    let both = failing().clear(0.9);
    let error = builder.rule(both).start().unwrap_err();
    assert!(matches!(error, StartError::Rule(_)), "{error:?}");
    assert!(error.to_string().contains("failing jobs"), "{error}");
}
