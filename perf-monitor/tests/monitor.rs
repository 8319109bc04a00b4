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
    net::TcpListener,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

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

const HOUR: Duration = Duration::from_secs(3_600);
const LONG: Duration = Duration::from_secs(60);

/// What it says of the calls of `job` in the last hour.
fn jobs(monitor: &Monitor) -> u64 {
    monitor.window(HOUR).unwrap().get("job").map_or(0, perf_core::Operation::count)
}

#[test]
fn ticks_of_many_threads_count_each_call_once() {
    let (builder, registry, _told) = builder("1h");
    let monitor = builder.start().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    registry.record("job", Duration::from_millis(1));
                    monitor.tick();
                }
            });
        }
    });
    monitor.tick();
    assert_eq!(jobs(&monitor), 800);
}

#[test]
fn windows_keep_what_happened_just_before_a_reset() {
    let (builder, registry, _told) = builder("1h");
    let monitor = builder.start().unwrap();
    let job = || registry.record("job", Duration::from_millis(1));
    (0..3).for_each(|_| job());
    monitor.reset();
    assert_eq!((jobs(&monitor), monitor.metrics().all.total), (3, 0));
    (0..2).for_each(|_| job());
    monitor.tick();
    assert_eq!((jobs(&monitor), monitor.metrics().all.total), (5, 2));
}

#[test]
fn a_gauge_may_ask_the_monitor_anything() {
    let (builder, registry, _told) = builder("1h");
    let handle = Arc::new(OnceLock::<Weak<Monitor>>::new());
    let asked = Arc::clone(&handle);
    registry.on_snapshot(move |registry| {
        let Some(monitor) = asked.get().and_then(Weak::upgrade) else { return };
        monitor.tick();
        monitor.reset();
        monitor.start_reporting(LONG);
        let known = monitor.alerts().len() + monitor.pending().len() + monitor.rules().len();
        registry.gauge("known", &[]).set(known as f64);
        assert!(monitor.window(HOUR).is_some() && monitor.metrics().all.total == 0);
    });
    let monitor = Arc::new(builder.rule(failing()).start().unwrap());
    handle.set(Arc::downgrade(&monitor)).unwrap();
    registry.record("job", Duration::from_millis(1));
    monitor.tick();
    assert_eq!(registry.snapshot().gauge("known", &[]), Some(1.0));
}

#[test]
fn a_monitor_may_be_dropped_by_its_own_thread() {
    let (builder, registry, told) = builder("1s");
    let slot = Arc::new(Mutex::new(None::<Monitor>));
    let last = Arc::clone(&slot);
    registry.on_snapshot(move |_| {
        if thread::current().name() == Some("perfkit-monitor") {
            let monitor = last.lock().unwrap().take();
            drop(monitor);
        }
    });
    *slot.lock().unwrap() = Some(builder.start().unwrap());
    // The notifier is gone with the last of its threads.
    assert_eq!(told.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
}

/// Asks for the alerts at each event.
struct Asks(Arc<OnceLock<Weak<Monitor>>>, Sender<usize>);

impl<S: Subscriber> Layer<S> for Asks {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        if let Some(monitor) = self.0.get().and_then(Weak::upgrade) {
            monitor.tick();
            let _ = self.1.send(monitor.alerts().len());
        }
    }
}

#[test]
fn alerts_that_are_too_many_are_an_event_whose_subscriber_may_ask_for_them() {
    let registry = Registry::new();
    let text = "ready_made_rules = false\nsystem.resources = false\nnotify.log.enabled = false";
    let builder = Monitor::builder().config(Config::from_toml(text).unwrap()).registry(&registry);
    let rule = Rule::new("deep", Statistic::Gauge).of("depth *").above(1.0);
    let monitor = Arc::new(builder.rule(rule).start().unwrap());
    for n in 0..=perf_monitor::rules::MAX_ALERTS {
        registry.gauge(&format!("depth {n}"), &[]).set(2.0);
    }
    let (sender, asked) = channel();
    let handle = Arc::new(OnceLock::new());
    let layer = Asks(Arc::clone(&handle), sender);
    handle.set(Arc::downgrade(&monitor)).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        monitor.tick();
        monitor.tick();
    });
    assert_eq!(asked.iter().collect::<Vec<_>>(), [10_000], "it is said once");
    assert_eq!(monitor.alert_history().len(), 1_000, "and no more is kept");
}

#[test]
fn what_is_pending_and_what_was_can_be_asked_for() {
    let (builder, registry, _told) = builder("1h");
    let gauge = |name: &str| Rule::new(name, Statistic::Gauge).of("depth").above(10.0);
    let held = gauge("held").hold(LONG).severity(Severity::Critical);
    let monitor = builder.rule(held).rule(gauge("at once")).start().unwrap();
    let tick = |depth| {
        registry.gauge("depth", &[]).set(depth);
        monitor.tick();
    };
    tick(20.0);
    let names = |alerts: Vec<Alert>| alerts.into_iter().map(|alert| alert.rule).collect::<Vec<_>>();
    let pending = monitor.pending();
    assert!(pending[0].1 < LONG && pending[0].0.ended.is_none());
    assert_eq!(names(pending.into_iter().map(|(alert, _)| alert).collect()), ["held"]);
    assert_eq!(names(monitor.alerts()), ["at once"]);
    tick(5.0);
    let history = monitor.alert_history();
    assert_eq!(
        history.iter().map(|alert| alert.status).collect::<Vec<_>>(),
        [Status::Firing, Status::Resolved]
    );
    assert!(history[1].ended.unwrap() >= history[0].started);
    assert!(monitor.pending().is_empty());
    let rules = monitor.rules();
    assert_eq!((&*rules[0].name, rules[0].severity), ("held", Severity::Critical));
    assert_eq!(rules[0].condition, "gauge of depth above 10 for 1m");
}

#[test]
fn a_start_that_fails_leaves_nothing_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let registry = Registry::new();
    let (sender, told) = channel();
    let text = format!("[system]\nprobes = [\"{}\"]", listener.local_addr().unwrap());
    let config = Config::from_toml(&text).unwrap();
    let builder = Monitor::builder().config(config).registry(&registry).notifier(Told(sender));
    let builder = builder.keep_recent("job").rule(failing().clear(0.9));
    assert!(matches!(builder.start(), Err(StartError::Rule(_))));
    assert_eq!(told.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
    // A probe is made at once where there are any.
    thread::sleep(Duration::from_millis(200));
    assert!(listener.accept().is_err());
    registry.record("job", Duration::from_millis(1));
    assert!(registry.recent("job").is_empty());
    assert_eq!(registry.snapshot().metrics().len(), 0);
}

#[test]
fn a_rule_takes_the_place_of_a_ready_made_one() {
    let registry = Registry::new();
    let mine = Rule::new("queue_depth_high", Statistic::Gauge).of("queue_depth").above(500.0);
    let config = Config::from_toml("system.resources = false").unwrap();
    let builder = Monitor::builder().config(config).registry(&registry);
    let monitor = builder.rule(mine).start().unwrap();
    let conditions = monitor.rules().into_iter().filter(|rule| rule.name == "queue_depth_high");
    let conditions: Vec<_> = conditions.map(|rule| rule.condition).collect();
    assert_eq!(conditions, ["gauge of queue_depth above 500"]);
}

#[test]
fn windows_are_those_of_the_rules_too() {
    let (builder, registry, _told) = builder("1h");
    let day = Duration::from_secs(86_400);
    let rule = Rule::new("rare", Statistic::Count).of("job").over(day).below(1.0);
    let monitor = builder.rule(rule).start().unwrap();
    registry.record("job", Duration::from_millis(1));
    monitor.tick();
    assert_eq!(monitor.window(day).unwrap().get("job").unwrap().count(), 1);
}
