//! Checks that are well, slow, hang, panic; and what is said of them.

use perf_monitor::health::{Check, CheckResult, Health, HealthRegistry, Status};
use serde_json::Value;
use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

/// Nothing is asked again in a test of less than an hour.
const NEVER: Duration = Duration::from_secs(3600);
/// Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_millis(50);

fn outputs(health: &Health) -> Vec<(&str, Status, Option<&str>)> {
    let checks = health.checks.iter();
    checks.map(|check| (&*check.name, check.status, check.output.as_deref())).collect()
}

/// A check that counts how often it is run.
fn counting(name: &str) -> (Check, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let check = Check::new(name, move || {
        counted.fetch_add(1, SeqCst);
        CheckResult::up()
    });
    (check, runs)
}

#[test]
fn without_checks_all_is_well() {
    let health = HealthRegistry::new().health();
    assert_eq!((health.status, health.http_status()), (Status::Up, 200));
    assert!(health.checks.is_empty());
}

#[test]
fn the_worst_check_counts_and_an_optional_one_only_degrades() {
    let health = HealthRegistry::new();
    health.register_check("a", || Ok::<(), String>(()));
    assert_eq!(health.health().status, Status::Up);
    health.register(Check::new("b", || Err::<(), _>("gone")).optional());
    assert_eq!(health.health().status, Status::Degraded);
    assert_eq!(health.readiness().status, Status::Up);
    health.register_async_check("c", || async { CheckResult::degraded("slow") });
    assert_eq!((health.health().status, health.health().http_status()), (Status::Degraded, 200));
    health.register_async_check("d", || async { Err("refused") });
    let all = health.health();
    assert_eq!((all.status, all.http_status()), (Status::Down, 503));
    assert_eq!(
        outputs(&all),
        [
            ("a", Status::Up, None),
            ("b", Status::Down, Some("gone")),
            ("c", Status::Degraded, Some("slow")),
            ("d", Status::Down, Some("refused")),
        ]
    );
    ["d", "d", "e"].iter().for_each(|name| health.unregister(name));
    assert_eq!(health.health().status, Status::Degraded);
}

#[test]
fn what_was_found_is_good_for_the_interval() {
    let health = HealthRegistry::new();
    let (kept, kept_runs) = counting("kept");
    let (fresh, fresh_runs) = counting("fresh");
    health.register(kept.interval(NEVER));
    health.register(fresh.interval(Duration::ZERO));
    let times = [(); 3].map(|()| health.health().checks[1].time);
    assert_eq!((kept_runs.load(SeqCst), fresh_runs.load(SeqCst)), (1, 3));
    assert!(times.iter().all(|time| *time == times[0]));
}

#[test]
fn a_check_that_panics_is_down() {
    let health = HealthRegistry::new();
    health.register_check("a", || -> CheckResult { panic!("no {}", "luck") });
    health.register_async_check("b", || async { panic!("none") as CheckResult });
    let all = health.health();
    assert_eq!(all.checks[0].output.as_deref(), Some("the check panicked: no luck"));
    assert_eq!(all.checks[1].output.as_deref(), Some("the check panicked: none"));
    assert_eq!(all.status, Status::Down);
}

#[test]
fn what_a_check_says_is_short_and_gives_no_password_away() {
    let health = HealthRegistry::new();
    let refused = "refused: postgres://shop:s3cret@db/shop";
    health.register_check("a", move || Err::<(), _>(refused));
    health.register_check("b", move || -> CheckResult { panic!("{refused}") });
    health.register_check("c", || CheckResult::degraded("x".repeat(1_000_000)));
    let all = health.health();
    assert_eq!(all.checks[0].output.as_deref(), Some("refused: postgres://…@db/shop"));
    assert!(all.checks[1].output.as_ref().is_some_and(|said| said.ends_with("://…@db/shop")));
    assert!(all.to_plain_json().len() < 3_000 && all.to_health_json().len() < 3_000);
}

#[test]
fn a_check_that_hangs_is_down_and_not_started_again() {
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let hanging = Check::new("disk", move || {
        counted.fetch_add(1, SeqCst);
        let _ = held.lock().unwrap().recv();
        CheckResult::up()
    });
    let health = HealthRegistry::new();
    health.register(hanging.timeout(SOON).interval(Duration::ZERO));
    for _ in 0..20 {
        let all = health.health();
        assert_eq!(outputs(&all), [("disk", Status::Down, Some("timed out after 50ms"))]);
        assert!(all.checks[0].duration >= SOON);
    }
    assert_eq!(runs.load(SeqCst), 1);
    // From now on it does not hang: once the first run has ended, it is run again.
    drop(release);
    while health.health().status != Status::Up {
        std::thread::yield_now();
    }
    assert!(runs.load(SeqCst) >= 2);
}

#[test]
fn a_late_answer_is_none() {
    let health = HealthRegistry::new();
    let late = Check::new("late", || {
        std::thread::sleep(SOON);
        CheckResult::up()
    });
    health.register(late.timeout(Duration::from_millis(1)).interval(NEVER));
    for _ in 0..3 {
        assert_eq!(health.health().checks[0].output.as_deref(), Some("timed out after 1ms"));
        std::thread::sleep(SOON);
    }
}

#[test]
fn checks_run_in_parallel_and_many_may_ask() {
    let (health, meeting) = (HealthRegistry::new(), Arc::new(Barrier::new(3)));
    let runs = Arc::new(AtomicU32::new(0));
    for at in 0..3 {
        let (meeting, runs) = (Arc::clone(&meeting), Arc::clone(&runs));
        let check = move || {
            runs.fetch_add(1, SeqCst);
            // None ends before all have begun.
            meeting.wait();
            CheckResult::up()
        };
        health.register(Check::new(at.to_string(), check).interval(NEVER).timeout(PATIENCE));
    }
    std::thread::scope(|scope| {
        let ask = || assert_eq!(health.health().status, Status::Up);
        (0..4).for_each(|_| drop(scope.spawn(ask)));
    });
    assert_eq!(runs.load(SeqCst), 3);
}

#[test]
fn draining_and_starting_are_not_the_checks_concern() {
    let health = HealthRegistry::new();
    let (check, runs) = counting("a");
    health.register(check.optional());
    assert_eq!(health.startup().output.as_deref(), Some("starting"));
    health.started();
    health.clone().set_draining(true);
    let ready = health.readiness();
    assert_eq!((ready.http_status(), ready.output.as_deref()), (503, Some("draining")));
    assert_eq!([health.startup().status, health.liveness().status], [Status::Up; 2]);
    assert_eq!(runs.load(SeqCst), 0);
    health.set_draining(false);
    assert_eq!(health.readiness().status, Status::Up);
}

fn ill() -> Health {
    let health = HealthRegistry::new().version("1.2.3").release_id("cce01a4");
    health.register_check("a:b", || CheckResult::up().observed("connections", 7.0, "connections"));
    let full = || CheckResult::degraded("almost full").observed("utilization", 0.93, "ratio");
    health.register(Check::new("disk", full).component_type("system"));
    health.register(Check::new("queue", || Err::<(), _>("no \"route\"")).optional());
    health.register_check("lost", || CheckResult::up().observed("temperature", f64::NAN, "Cel"));
    health.health()
}

/// The rules of draft-inadarei-api-health-check-06, sections 3 and 4.
#[test]
fn the_drafts_form_keeps_the_drafts_rules() {
    let form: Value = serde_json::from_str(&ill().to_health_json()).unwrap();
    assert_eq!(form["status"], "warn");
    assert_eq!((&form["version"], &form["releaseId"]), (&"1.2.3".into(), &"cce01a4".into()));
    let members = ["status", "version", "releaseId", "notes", "output", "checks", "links"];
    assert!(form.as_object().unwrap().keys().all(|key| members.contains(&&**key)));
    let checks = form["checks"].as_object().unwrap();
    let keys: Vec<_> = checks.keys().collect();
    assert_eq!(
        keys,
        ["a_b:connections", "disk:utilization", "lost:temperature", "queue:responseTime", "uptime"]
    );
    for check in checks.values().flat_map(|all| all.as_array().unwrap()) {
        let status = check["status"].as_str().unwrap();
        assert!(["pass", "warn", "fail"].contains(&status));
        // It should be left out where all is well.
        assert_eq!(check.get("output").is_some(), status != "pass", "{check}");
        assert!(check["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert!(
            ["component", "datastore", "system"]
                .contains(&check["componentType"].as_str().unwrap())
        );
    }
    let disk = &form["checks"]["disk:utilization"][0];
    assert_eq!((&disk["observedValue"], &disk["observedUnit"]), (&0.93.into(), &"ratio".into()));
    assert_eq!((&disk["status"], &disk["output"]), (&"warn".into(), &"almost full".into()));
    let queue = &form["checks"]["queue:responseTime"][0];
    assert_eq!((&queue["status"], &queue["output"]), (&"fail".into(), &"no \"route\"".into()));
    assert!(queue["observedValue"].as_f64().unwrap() >= 0.0 && queue["observedUnit"] == "ms");
    assert!(form["checks"]["lost:temperature"][0].get("observedValue").is_none());
    assert!(form["checks"]["uptime"][0]["observedValue"].as_f64().unwrap() >= 0.0);
}

#[test]
fn the_plain_form() {
    let form: Value = serde_json::from_str(&ill().to_plain_json()).unwrap();
    assert_eq!((&form["status"], &form["version"]), (&"DEGRADED".into(), &"1.2.3".into()));
    assert!(form["uptime_seconds"].as_f64().unwrap() >= 0.0);
    let (fine, disk) = (&form["checks"]["a:b"], &form["checks"]["disk"]);
    assert_eq!((&fine["status"], &fine["critical"]), (&"UP".into(), &true.into()));
    assert!(fine.get("output").is_none() && fine["duration_ms"].as_f64().unwrap() >= 0.0);
    assert_eq!((&disk["status"], &disk["output"]), (&"DEGRADED".into(), &"almost full".into()));
    assert_eq!(disk["observed"]["measurement"], "utilization");
    assert_eq!(form["checks"]["queue"]["critical"], false);
    let lost = &form["checks"]["lost"];
    assert!(lost["status"] == "UP" && lost.get("observed").is_none(), "{lost}");
}

#[test]
fn what_is_wrong_beside_the_checks_is_said() {
    let health = HealthRegistry::new().startup();
    let form: Value = serde_json::from_str(&health.to_health_json()).unwrap();
    assert_eq!((&form["status"], &form["output"]), (&"fail".into(), &"starting".into()));
    assert!(form.get("version").is_none());
}
