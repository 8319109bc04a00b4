//! Figures of operations.

use crate::support::{get, served};
use perf_core::Outcome;
use perf_monitor::http::Http;
use serde_json::Value;
use std::time::Duration;

#[test]
fn the_figures_of_operations_are_those_of_the_window() {
    let served = served(Http::new());
    let _ = get(&served, "/api/v1/overview");
    for millis in 1..=100 {
        served.registry.record("job", Duration::from_millis(millis));
    }
    served.registry.record_outcome("a/b {c}?%", Duration::from_secs(1), Outcome::Error);
    perf_core::with_registry(&served.registry, || {
        let _outer = perf_core::timer("outer");
        drop(perf_core::timer("job"));
    });
    served.monitor.tick();

    let overview = get(&served, "/api/v1/overview").json();
    assert_eq!((&overview["calls"]["count"], &overview["operations"]), (&103.into(), &3.into()));
    assert_eq!(overview["windows"], serde_json::json!(["1m", "5m", "1h", "start"]));
    assert_eq!(overview["slowest"][0]["name"], "a/b {c}?%");
    assert_eq!(overview["failing"].as_array().unwrap().len(), 1);

    let rows = get(&served, "/api/v1/operations?window=1m&sort=count&limit=1").json();
    assert_eq!((&rows["found"], &rows["all"]), (&3.into(), &3.into()));
    let row = &rows["operations"][0];
    assert_eq!((&row["name"], &row["count"]), (&"job".into(), &101.into()));
    let p50 = row["p50_ns"].as_f64().unwrap();
    assert!((p50 / 50e6 - 1.0).abs() < 0.01, "{p50}");
    assert_eq!(row["spark"]["count"].as_array().unwrap().last(), Some(&101.into()));

    let found = get(&served, "/api/v1/operations?q=OUT%20ter").json();
    assert_eq!((&found["found"], &found["operations"][0]["name"]), (&1.into(), &"outer".into()));
    let by_name = get(&served, "/api/v1/operations?sort=name&order=asc&offset=1").json();
    assert_eq!(by_name["operations"][0]["name"], "job");

    let job = get(&served, "/api/v1/operations/job").json();
    assert_eq!(job["callers"].as_array().unwrap().len(), 2);
    assert_eq!(job["windows"].as_array().unwrap().len(), 4);
    let heat: u64 = job["heat"]["counts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| column.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()))
        .sum();
    assert_eq!(heat, 101);
    assert_eq!(job["timeline"]["count"].as_array().unwrap().last(), Some(&101.into()));
    let outer = get(&served, "/api/v1/operations/outer").json();
    assert_eq!(outer["callees"][0]["name"], "job");
    let odd = get(&served, "/api/v1/operations/a%2Fb%20%7Bc%7D%3F%25").json();
    assert_eq!(
        (&odd["calls"]["errors"], &odd["calls"]["outcomes"]["error"]),
        (&Value::Null, &1.into())
    );

    assert_eq!(get(&served, "/api/v1/operation?name=outer").json(), outer);

    let graph = get(&served, "/api/v1/graph").json();
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(graph["edges"].as_array().unwrap().len(), 1);
}

#[test]
fn series_are_chosen_by_their_labels() {
    let served = served(Http::new());
    for table in ["users", "orders", "orders"] {
        drop(served.registry.timer_labelled("query", &[("table", table)]));
    }
    served.registry.record("query", Duration::from_millis(1));
    served.monitor.tick();
    let count = |query: &str| {
        let path = format!("/api/v1/operations/query{query}");
        get(&served, &path).json()["calls"]["count"].as_u64()
    };
    assert_eq!(count(""), Some(4));
    assert_eq!(count("?label=table%3Dorders"), Some(2));
    assert_eq!(count("?exact=true"), Some(1));
    assert_eq!(get(&served, "/api/v1/operations/query?label=table%3Dnone").status, 404);
    assert!(get(&served, "/api/v1/operations/query?label=table").problem().contains("key=value"));
}
