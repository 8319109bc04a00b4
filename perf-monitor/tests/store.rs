//! What a monitor remembers.

mod support;

use perf_core::Registry;
use perf_monitor::{
    Monitor, StartError,
    config::Config,
    health::{CheckResult, HealthRegistry},
    rules::{Rule, Statistic},
};
use perf_store::{Query, Store, open};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

/// Where a store is.
struct Folder(support::Folder);

impl Folder {
    fn new(name: &str) -> Self {
        Self(support::Folder::new(name))
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.0.path().join("perfkit.db").display())
    }

    fn config(&self, more: &str) -> Config {
        let text = format!("ready_made_rules = false\n{more}\n[store]\nurl = '{}'", self.url());
        Config::from_toml(&text).unwrap()
    }

    fn store(&self) -> Box<dyn Store> {
        open(&self.url()).unwrap()
    }
}

fn all() -> Query {
    let now = SystemTime::now();
    Query::new(SystemTime::UNIX_EPOCH, now + Duration::from_secs(3_600))
}

fn calls(store: &dyn Store) -> u64 {
    let found = store.operations(&all().name("job").by([])).unwrap();
    found.iter().map(|group| group.value.count()).sum()
}

#[test]
fn everything_is_remembered() {
    let folder = Folder::new("remembered");
    let registry = Registry::new();
    let health = HealthRegistry::new().version("1.4.0");
    let is_cold = Arc::new(AtomicBool::new(true));
    let cache = Arc::clone(&is_cold);
    let every = perf_monitor::health::Check::new("cache", move || {
        if cache.load(Relaxed) { CheckResult::degraded("cold") } else { CheckResult::up() }
    });
    health.register(every.interval(Duration::ZERO));
    let full = Rule::new("full", Statistic::Gauge).of("queue").above(50.0);
    let monitor = Monitor::builder()
        .config(Config { store: store_every(&folder, "10ms"), ..folder.config("") })
        .registry(&registry)
        .health(&health)
        .rule(full)
        .start()
        .unwrap();
    for n in 0..10 {
        registry.record("job", Duration::from_millis(n));
        registry.counter("hits", &[]).add(2);
        registry.gauge("queue", &[]).set(if n == 5 { 80.0 } else { 20.0 });
        monitor.tick();
        is_cold.store(n < 5, Relaxed);
        std::thread::sleep(Duration::from_millis(30));
        if n == 7 {
            monitor.reset();
        }
    }
    // One more that no interval ends after.
    registry.record("job", Duration::from_millis(1));
    assert!(monitor.stop().is_empty());

    let store = folder.store();
    assert_eq!(calls(&*store), 11);
    let hits: u64 =
        store.counters(&all().name("hits")).unwrap().iter().map(|hits| hits.value).sum();
    assert_eq!(hits, 20);
    let queue = store.gauges(&all().name("queue")).unwrap()[0].value;
    assert_eq!((queue.last.to_string(), queue.max.to_string()), ("20".into(), "80".into()));
    let (from, to) = (SystemTime::UNIX_EPOCH, SystemTime::now());
    let alerts = store.alerts(from, to).unwrap();
    let told: Vec<_> = alerts.iter().map(|(_, alert)| (&*alert.rule, &*alert.status)).collect();
    assert_eq!(told, [("full", "firing"), ("full", "resolved")]);
    assert_eq!(alerts[0].1.value, Some(80.0));
    let health = store.health(from, to).unwrap();
    let found: Vec<_> = health.iter().map(|(_, check)| (&*check.check, &*check.status)).collect();
    assert_eq!(found, [("cache", "warn"), ("cache", "pass")]);
    let instances = store.instances().unwrap();
    assert_eq!((instances.len(), &*instances[0].version), (1, "1.4.0"));
}

fn store_every(folder: &Folder, interval: &str) -> perf_monitor::config::StoreSettings {
    let interval = format!("interval = '{interval}'");
    let text = format!("[store]\nurl = '{}'\n{interval}", folder.url());
    Config::from_toml(&text).unwrap().store
}

#[test]
fn what_waits_is_sent_by_the_next_run() {
    let folder = Folder::new("away");
    // A folder where the file would be.
    fs::create_dir(folder.0.path().join("perfkit.db")).unwrap();
    let registry = Registry::new();
    let start = |registry: &Registry| {
        Monitor::builder().config(folder.config("")).registry(registry).start().unwrap()
    };
    let monitor = start(&registry);
    for _ in 0..3 {
        registry.record("job", Duration::from_millis(1));
        monitor.remember_now();
    }
    let began = Instant::now();
    while monitor.store_status().unwrap().error.is_none() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    monitor.remember_now();
    let seen = registry.snapshot();
    assert!(seen.gauge("perfkit_store_intervals_queued", &[]).unwrap() >= 3.0);
    drop(monitor);
    fs::remove_dir(folder.0.path().join("perfkit.db")).unwrap();
    drop(start(&Registry::new()));
    assert_eq!(calls(&*folder.store()), 3);
    assert_eq!(folder.store().instances().unwrap().len(), 2);
}

#[test]
fn a_gauge_that_asks_for_an_interval_waits_for_nobody() {
    let folder = Folder::new("within");
    let registry = Registry::new();
    let config = folder.config("");
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    let monitor = Arc::new(monitor);
    let weak = Arc::downgrade(&monitor);
    registry.on_snapshot(move |_| {
        if let Some(monitor) = weak.upgrade() {
            monitor.remember_now();
            monitor.tick();
        }
    });
    registry.record("job", Duration::from_millis(1));
    monitor.remember_now();
    drop(Arc::into_inner(monitor).unwrap().stop());
    assert_eq!(calls(&*folder.store()), 1);
}

#[test]
fn what_is_wrong_is_said_at_the_start() {
    let start = |text: &str| {
        let config = Config::from_toml(text).unwrap();
        Monitor::builder().config(config).registry(&Registry::new()).start().unwrap_err()
    };
    let error = start("store.url = 'mysql://me:s3cret@db/shop'");
    assert!(matches!(error, StartError::Store(_)), "{error:?}");
    assert!(error.to_string().starts_with("a store's URL begins with `sqlite:`"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[test]
fn a_folder_that_cannot_be_used_harms_nobody() {
    let folder = Folder::new("no-spool");
    let store = perf_monitor::config::StoreSettings {
        spool: Some("/dev/null/spool".into()),
        ..folder.config("").store
    };
    let registry = Registry::new();
    let config = Config { store, ..folder.config("") };
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    registry.record("job", Duration::from_millis(1));
    assert!(monitor.stop().is_empty());
    assert_eq!(calls(&*folder.store()), 1);
}

#[test]
fn no_call_is_lost_by_a_reset() {
    let folder = Folder::new("reset");
    let registry = Registry::new();
    let config = folder.config("");
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    let calls_of = 200_000;
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            (0..calls_of).for_each(|n| registry.record("job", Duration::from_nanos(n)));
        });
        while !busy.is_finished() {
            monitor.reset();
        }
    });
    let _ = monitor.stop();
    assert_eq!(calls(&*folder.store()), calls_of);
}

#[test]
fn whoever_asks_for_the_status_waits_for_nobody() {
    let folder = Folder::new("status");
    let registry = Registry::new();
    let config = folder.config("");
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    let monitor = Arc::new(monitor);
    let weak = Arc::downgrade(&monitor);
    let asked = Arc::new(AtomicBool::new(false));
    let was_asked = Arc::clone(&asked);
    registry.on_snapshot(move |_| {
        if let Some(monitor) = weak.upgrade() {
            was_asked.store(monitor.store_status().is_some(), Relaxed);
        }
    });
    monitor.remember_now();
    assert!(asked.load(Relaxed));
}
