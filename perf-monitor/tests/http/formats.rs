//! What is said, in the form that is wanted.

use crate::support::{ask, get, get_as, served, served_with};
use perf_monitor::{
    health::{Check, CheckResult, HealthRegistry},
    http::Http,
};
use std::time::Duration;

#[test]
fn health_is_said_in_two_ways_and_by_the_status() {
    let health = HealthRegistry::new().version("1.2.3");
    health.register(Check::new("database", || CheckResult::down("gone")));
    let served = served_with(Http::new(), &health);
    let health = get(&served, "/health");
    assert_eq!(
        (health.status, health.header("content-type")),
        (503, Some("application/health+json"))
    );
    assert_eq!(
        (&health.json()["status"], &health.json()["version"]),
        (&"fail".into(), &"1.2.3".into())
    );
    let plain = get_as(&served, "/health", "application/json");
    assert_eq!(
        (&plain.json()["status"], &plain.json()["checks"]["database"]["status"]),
        (&"DOWN".into(), &"DOWN".into())
    );
    assert!(plain.json()["uptime_seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(get(&served, "/livez").status, 200);
    assert_eq!((get(&served, "/readyz").status, get(&served, "/startupz").status), (503, 503));
}

#[test]
fn prometheus_and_people_get_what_they_accept() {
    let served = served(Http::new());
    served.registry.record("job", Duration::from_millis(1));
    served.monitor.tick();
    let text = get(&served, "/metrics");
    assert!(text.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(text.body.contains("perfkit_operation_calls_total{operation=\"job\""), "{}", text.body);
    let open = get_as(&served, "/metrics", "application/openmetrics-text; version=1.0.0");
    assert!(open.body.ends_with("# EOF\n"));
    let zipped =
        ask(served.server.address(), "GET", "/metrics", &[("Accept-Encoding", "gzip")], "");
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));

    let report = get(&served, "/api/v1/report").json();
    assert_eq!(
        (&report["totalRuns"], &report["operations"]["job"]["totalRuns"]),
        (&1.into(), &1.into())
    );
    assert!(get_as(&served, "/api/v1/report", "text/html").body.starts_with("<!doctype html>"));
    assert!(get_as(&served, "/api/v1/report", "text/plain").body.contains("job"));
    let snapshot = get(&served, "/api/v1/snapshot").body;
    let snapshot = perf_export::json::read(&snapshot).unwrap();
    assert_eq!(snapshot.get("job").unwrap().count(), 1);
}

#[test]
fn the_page_runs_nothing_but_what_it_came_with() {
    let served = served(Http::new());
    let page = get(&served, "/");
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.head);
    assert!(page.body.contains("data-base=\"\""));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
}
