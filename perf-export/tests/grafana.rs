//! The Grafana dashboard: its model, and every query of it by a real Prometheus.

#![cfg(all(feature = "files", feature = "prometheus"))]

mod support;

use perf_core::{Outcome, Registry};
use perf_export::grafana::dashboard;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};
use support::prometheus::{Endpoint, Prometheus};

/// Names in several modules, some of them no pleasure in a query.
const NAMES: [&str; 8] = [
    "app::db::query",
    "app::db::Pool<T>::get",
    "app::run",
    "<app::A as app::Job>::run",
    "scope",
    "what (is)? [this] {1,2} a|b ^c$ *.+",
    "say \"hello\" \\ and\nbye",
    "größe",
];

fn record(registry: &Registry) {
    for (name, n) in NAMES.iter().zip(1_u64..) {
        registry.record(name, Duration::from_millis(n * 3));
        registry.record_outcome(name, Duration::from_millis(n), Outcome::Error);
    }
    registry.counter("rows.read", &[("table", "users")]).add(3);
    registry.counter("agent_tasks_completed", &[("agent_id", "A1")]).add(1);
    registry.gauge("agent_health_score", &[("agent_id", "A1")]).set(94.0);
    registry.gauge("queue_depth", &[]).set(-2.0);
    registry.describe("answer", Some("By"), "Sizes of answers.");
    registry.distribution("answer", &[]).record(2_000.0);
}

fn model(registry: &Registry) -> Value {
    serde_json::from_str(&dashboard(&registry.snapshot())).unwrap()
}

/// All panels, those in folded rows too.
fn panels(model: &Value) -> Vec<Value> {
    let top = model["panels"].as_array().unwrap();
    top.iter()
        .flat_map(|panel| {
            let inner = panel["panels"].as_array().cloned().unwrap_or_default();
            std::iter::once(panel.clone()).chain(inner)
        })
        .collect()
}

fn titles(model: &Value) -> Vec<String> {
    let rows = panels(model).into_iter().filter(|panel| panel["type"] == "row");
    rows.map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_row_for_each_group_and_a_fleet_where_there_is_one() {
    let registry = Registry::new();
    assert_eq!(titles(&model(&registry)), ["Overview"]);
    record(&registry);
    let expected =
        ["Overview", "Fleet", "<app::A as app::Job>", "app", "app::db", "app::db::Pool<T>"];
    let titles = titles(&model(&registry));
    assert_eq!(titles[..6], expected);
    assert_eq!(titles[6..], ["scopes", "answer_…", "queue_…", "rows_…"]);
}

#[test]
fn the_model_is_one_that_grafana_imports_and_provisions() {
    let registry = Registry::new();
    record(&registry);
    let model = model(&registry);
    assert_eq!((&model["uid"], &model["id"]), (&"perfkit".into(), &Value::Null));
    assert!(model["schemaVersion"].is_u64() && model.get("__inputs").is_none());
    let panels = panels(&model);
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut cells = BTreeSet::new();
    for panel in &panels {
        let side = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(side("x") + side("w") <= 24, "{panel}");
        for (x, y) in (side("x")..side("x") + side("w"))
            .flat_map(|x| (side("y")..side("y") + side("h")).map(move |y| (x, y)))
        {
            assert!(cells.insert((x, y)), "two panels at {x}, {y}: {panel}");
        }
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
        }
    }
}

/// As Grafana fills in its variables.
fn filled_in(expr: &str) -> String {
    expr.replace("$__rate_interval", "10s").replace("$job", ".*").replace("$instance", ".*")
}

fn every_query_has_data(native: bool) {
    let registry = Registry::new();
    record(&registry);
    let endpoint = Endpoint::serve(registry.clone());
    let prometheus = Prometheus::start(endpoint.port, native);
    prometheus.wait_until_up();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                record(&registry);
                thread::sleep(Duration::from_millis(50));
            }
        });
        prometheus.wait_for(r#"rate(perfkit_operation_calls_total{operation="scope"}[5s]) > 0"#);
        let model = model(&registry);
        let panels = panels(&model);
        let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
        let queries: Vec<_> = targets.map(|t| t["expr"].as_str().unwrap().to_owned()).collect();
        assert!(queries.len() > 40, "{}", queries.len());
        let of_operations = queries.iter().filter(|query| query.contains("operation=~"));
        assert!(of_operations.clone().count() >= 7 * 5);
        for query in &queries {
            let samples = prometheus.query(&filled_in(query));
            assert!(!samples.is_empty(), "no data, native {native}: {query}");
        }
        // A row asks for its operations and no others.
        let all: BTreeSet<_> = of_operations
            .filter(|query| query.starts_with("sum by (operation) (rate(") && !query.contains('/'))
            .flat_map(|query| prometheus.query(&filled_in(query)))
            .map(|(labels, _)| labels["operation"].clone())
            .collect();
        assert_eq!(all, NAMES.map(str::to_owned).into());
        done.store(true, Relaxed);
    });
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn every_query_has_data_of_classic_histograms() {
    every_query_has_data(false);
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn every_query_has_data_of_native_histograms() {
    every_query_has_data(true);
}
