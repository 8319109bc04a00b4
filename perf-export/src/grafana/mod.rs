//! A Grafana dashboard for what a registry holds.
//!
//! It is made from a snapshot: a row for each group of operations (module or type), rows for the
//! counters, gauges and distributions there are, and one for a fleet's workers where their gauges
//! (`agent_…`) are. Its model is Grafana's classic one, which every version imports and provisions
//! (<https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>):
//! no `__inputs`, the Prometheus it asks is chosen at its top, its `uid` is always `perfkit`.
//!
//! Its queries are for the names [`prometheus`] writes, and work with classic and
//! with native histograms, whichever the server keeps.

mod groups;
mod panels;
mod queries;

use crate::prometheus::Kind as Metric;
use crate::prometheus::{self, Outline, names};
use panels::{Kind, Layout, Panel, Query, query};
use perf_core::Snapshot;
use queries::Selector;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Quantiles shown.
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// Bars of a ranking.
const TOP: usize = 10;

/// The first word of a fleet's metrics.
const FLEET: &str = "agent";

/// The dashboard for the operations and metrics in a snapshot, as a JSON document. They need not have
/// been called yet. Import it in Grafana, or put it where Grafana provisions dashboards from.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("app::db::query", std::time::Duration::from_millis(2));
/// let json = perf_export::grafana::dashboard(&registry.snapshot());
/// assert!(json.contains("histogram_quantile(0.99"));
/// ```
#[must_use]
pub fn dashboard(snapshot: &Snapshot) -> String {
    let mut layout = Layout::default();
    let families = prometheus::outlines(snapshot);
    layout.row("Overview", false, &overview(&families));
    let mut metrics = by_first_word(&families);
    if let Some(fleet) = metrics.remove(FLEET) {
        layout.row("Fleet", false, &fleet.into_iter().map(metric).collect::<Vec<_>>());
    }
    for (group, names) in groups::groups(snapshot) {
        let selector = Selector::operations(names);
        layout.row(group, true, &operations(&selector));
    }
    for (word, families) in metrics {
        let panels: Vec<_> = families.into_iter().map(metric).collect();
        layout.row(&format!("{word}_…"), true, &panels);
    }
    let mut text = format!("{:#}", model(&layout.into_panels()));
    text.push('\n');
    text
}

fn model(panels: &[Value]) -> Value {
    json!({
        "id": null, "uid": "perfkit", "title": "perfkit", "tags": ["perfkit"],
        "schemaVersion": 41, "version": 1, "editable": true, "graphTooltip": 1,
        "timezone": "browser", "refresh": "30s", "time": {"from": "now-1h", "to": "now"},
        "annotations": {"list": []}, "links": [],
        "templating": {"list": [
            {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
            variable("job", "label_values(perfkit_build_info, job)"),
            variable("instance", "label_values(perfkit_build_info{job=~\"$job\"}, instance)"),
        ]},
        "panels": panels,
    })
}

fn variable(name: &str, query: &str) -> Value {
    json!({
        "name": name, "label": name, "type": "query", "datasource": panels::datasource(),
        "query": query, "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
        "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
    })
}

fn overview(families: &[Outline]) -> Vec<Panel> {
    let all = Selector::all();
    let stat =
        |title: &str, unit, expr| panel(title, Kind::Stat, unit, 6, vec![query(expr, title)]);
    let bars = |title: &str, unit, expr: &str| {
        let top = format!("topk({TOP}, {expr})");
        panel(title, Kind::Bars, unit, 8, vec![query(top, "{{operation}}")])
    };
    let mut panels = vec![
        stat("Calls per second", "ops", all.rate_in_all()),
        stat("Failed", "percentunit", all.error_ratio_in_all()),
        stat("p95 of all operations", "s", all.quantile_in_all(0.95)),
        stat("p99 of all operations", "s", all.quantile_in_all(0.99)),
        bars("Slowest by p95", "s", &all.quantile(0.95)),
        bars("Most time of their own, per second", "s", &all.self_time()),
        bars("Most failures, of their calls", "percentunit", &all.error_ratio()),
    ];
    if families.iter().any(|family| family.name == names::IN_FLIGHT) {
        let running = query(queries::gauge(names::IN_FLIGHT), "{{operation}}");
        panels.push(panel("Running calls", Kind::Lines, "short", 24, vec![running]));
    }
    panels
}

fn operations(of: &Selector) -> Vec<Panel> {
    let by_operation = |expr| vec![query(expr, "{{operation}}")];
    let quantiles = QUANTILES.map(|(quantile, name)| query(of.quantile_in_all(quantile), name));
    vec![
        panel("Durations", Kind::Lines, "s", 12, quantiles.into()),
        panel("p95 of each", Kind::Lines, "s", 12, by_operation(of.quantile(0.95))),
        panel("Calls per second", Kind::Lines, "ops", 12, by_operation(of.rate())),
        panel(
            "Failed, of all calls",
            Kind::Lines,
            "percentunit",
            12,
            by_operation(of.error_ratio()),
        ),
        panel(
            "Distribution of durations",
            Kind::Heatmap,
            "s",
            24,
            vec![query(of.heatmap(), "{{le}}")],
        ),
    ]
}

/// The families of the program's own metrics, by the first word of their names.
fn by_first_word(families: &[Outline]) -> BTreeMap<&str, Vec<&Outline>> {
    let mut words: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for family in families.iter().filter(|family| !family.name.starts_with("perfkit_")) {
        let word = family.name.split('_').find(|word| !word.is_empty()).unwrap_or_default();
        words.entry(word).or_default().push(family);
    }
    words
}

fn metric(family: &Outline) -> Panel {
    let name = &*family.name;
    let unit = unit(name);
    let queries = match family.kind {
        Metric::Counter => vec![query(queries::rate_of(&format!("{name}_total")), "__auto")],
        Metric::Gauge => vec![query(queries::gauge(name), "__auto")],
        Metric::Histogram => QUANTILES
            .map(|(quantile, p)| query(queries::quantile_of_values(name, quantile), p))
            .into(),
    };
    let (title, unit) = match family.kind {
        Metric::Counter if unit == "short" => (format!("{name}, per second"), "ops"),
        Metric::Counter if unit == "bytes" => (format!("{name}, per second"), "Bps"),
        Metric::Counter => (format!("{name}, per second"), "short"),
        _ => (name.to_owned(), unit),
    };
    Panel { about: family.help.clone(), ..panel(&title, Kind::Lines, unit, 8, queries) }
}

/// Grafana's id of the unit a name ends in.
fn unit(name: &str) -> &'static str {
    const UNITS: [(&str, &str); 8] = [
        ("_seconds", "s"),
        ("_milliseconds", "ms"),
        ("_bytes", "bytes"),
        ("_ratio", "percentunit"),
        ("_rate", "percentunit"),
        ("_percent", "percent"),
        ("_percentage", "percent"),
        ("_celsius", "celsius"),
    ];
    UNITS.iter().find(|(end, _)| name.ends_with(end)).map_or("short", |(_, unit)| unit)
}

fn panel(title: &str, kind: Kind, unit: &'static str, width: u32, queries: Vec<Query>) -> Panel {
    Panel { title: title.to_owned(), about: String::new(), kind, unit, width, queries }
}
