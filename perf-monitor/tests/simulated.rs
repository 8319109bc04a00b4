//! A monitor in a time that somebody else moves, and what it remembers of that.

mod support;

use perf_core::Registry;
use perf_monitor::{
    Monitor,
    config::Config,
    rules::{Rule, Statistic},
};
use perf_store::{Query, StoreError};
use std::{
    fs,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, SystemTime},
};
use support::Folder;

const MINUTE: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(60);

fn start(folder: &Folder, registry: &Registry, at: SystemTime) -> Monitor {
    let url = folder.path().join("perfkit.db").display().to_string();
    let text = format!("ready_made_rules = false\nstore.url = 'sqlite:{url}'");
    Monitor::builder()
        .config(Config::from_toml(&text).unwrap())
        .registry(registry)
        .rule(Rule::new("busy", Statistic::CounterRate).of("jobs").over(MINUTE).above(0.5))
        .simulated(at)
        .start()
        .unwrap()
}

#[test]
fn rates_alerts_and_the_store_are_of_the_simulated_time() {
    let (folder, registry, at) = (Folder::new("simulated"), Registry::new(), SystemTime::now());
    let monitor = start(&folder, &registry, at);
    let jobs = registry.counter("jobs", &[]);
    for count in [15, 60, 0, 30] {
        jobs.add(count);
        monitor.advance(MINUTE);
    }
    let told: Vec<_> = monitor.alert_history().into_iter().map(|a| (a.started, a.ended)).collect();
    let (began, ended) = (at + 2 * MINUTE, at + 3 * MINUTE);
    assert_eq!(told, [(began, None), (began, Some(ended))]);
    assert_eq!(monitor.window(MINUTE).unwrap().elapsed(), MINUTE);

    // Each minute was an interval by itself; this one has nothing in it.
    let now = monitor.store_now(PATIENCE).unwrap();
    assert_eq!(now, at + 4 * MINUTE);
    let store = monitor.store().unwrap();
    let minutes = store.counters(&Query::new(at, now).every(MINUTE).name("jobs")).unwrap();
    let minutes: Vec<_> = minutes.into_iter().map(|minute| (minute.to, minute.value)).collect();
    assert_eq!(minutes, [(at + MINUTE, 15), (began, 60), (now, 30)]);
    let alerts = store.alerts(at, now).unwrap();
    let alerts: Vec<_> = alerts.iter().map(|(_, alert)| (alert.at, &*alert.status)).collect();
    assert_eq!(alerts, [(began, "firing"), (ended, "resolved")]);
}

#[test]
fn a_reset_begins_anew_at_its_own_time() {
    let (folder, registry, at) = (Folder::new("anew"), Registry::new(), SystemTime::now());
    let monitor = start(&folder, &registry, at);
    registry.counter("jobs", &[]).add(1);
    monitor.advance(MINUTE);
    monitor.reset();
    registry.counter("jobs", &[]).add(60);
    monitor.advance(MINUTE);
    assert_eq!(monitor.metrics().uptime, MINUTE);
    assert_eq!(monitor.alerts()[0].value.to_string(), "1");
    let hour = monitor.window(60 * MINUTE).unwrap();
    assert_eq!((hour.counter("jobs", &[]), hour.elapsed()), (Some(61), 2 * MINUTE));
    let now = monitor.store_now(PATIENCE).unwrap();
    let all = monitor.store().unwrap().counters(&Query::new(at, now).name("jobs")).unwrap();
    assert_eq!(all[0].value, 61);
}

#[test]
fn a_store_that_is_away_is_waited_for_no_longer_than_asked() {
    let (folder, registry) = (Folder::new("not-there"), Registry::new());
    // A folder where the file would be.
    fs::create_dir(folder.path().join("perfkit.db")).unwrap();
    let monitor = start(&folder, &registry, SystemTime::now());
    let error = monitor.store_now(Duration::from_millis(50)).unwrap_err();
    assert!(!matches!(error, StoreError::Url(_)), "{error:?}");
    fs::remove_dir(folder.path().join("perfkit.db")).unwrap();
    assert!(monitor.store_now(PATIENCE).is_ok());
    assert_eq!(monitor.store_status().unwrap().waiting, 0);
}

#[test]
fn a_gauge_may_let_time_pass() {
    let (folder, registry, at) = (Folder::new("gauge"), Registry::new(), SystemTime::now());
    let handle = Arc::new(OnceLock::<Weak<Monitor>>::new());
    let asked = Arc::clone(&handle);
    registry.on_snapshot(move |_| {
        asked.get().and_then(Weak::upgrade).into_iter().for_each(|of| of.advance(MINUTE));
    });
    let monitor = Arc::new(start(&folder, &registry, at));
    handle.set(Arc::downgrade(&monitor)).unwrap();
    registry.counter("jobs", &[]).add(1);
    monitor.advance(MINUTE);
    let now = monitor.store_now(Duration::MAX).unwrap();
    assert!(now >= at + 2 * MINUTE);
    let found = monitor.store().unwrap().counters(&Query::new(at, now).name("jobs")).unwrap();
    assert_eq!(found.iter().map(|group| group.value).sum::<u64>(), 1);
}
