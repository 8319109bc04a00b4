//! What is wrong, what was, and who was told.

use super::super::{app::App, model::AlertView, model::nanos, problem::Problem};
use crate::{rules::RuleDescription, watch::State as Known};
use axum::{extract::State, response::Response};
use perf_core::{Metric, MetricValue, Snapshot};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An alert that begins if it stays so.
#[derive(Serialize, ToSchema)]
struct Pending {
    alert: AlertView,
    /// For how long it has been so.
    held_ns: u64,
}

/// What is looked for.
#[derive(Serialize, ToSchema)]
struct RuleView {
    name: String,
    severity: &'static str,
    /// The rule for people.
    text: String,
}

/// How it goes with one notifier, in alerts.
#[derive(Default, Serialize, ToSchema)]
struct NotifierView {
    name: String,
    sent: u64,
    retried: u64,
    dropped: u64,
    failed: u64,
    queued: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Alerts {
    firing: Vec<AlertView>,
    pending: Vec<Pending>,
    /// What began and ended, the newest last; at most 1,000.
    history: Vec<AlertView>,
    rules: Vec<RuleView>,
    notifiers: Vec<NotifierView>,
}

/// Alerts
///
/// Those that fire or are about to, those that did, the rules they are of, and whether somebody was told.
#[utoipa::path(
    get,
    path = "/alerts",
    tag = "watch",
    responses(
        (status = 200, body = Alerts),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn alerts(State(app): State<App>) -> Result<Response, Problem> {
    app.answer("alerts".into(), |view| Ok(view.read(look))).await
}

fn look(known: &Known) -> Alerts {
    let pending =
        |(alert, held): (_, _)| Pending { alert: AlertView::of(alert), held_ns: nanos(held) };
    Alerts {
        firing: known.rules.active().map(AlertView::of).collect(),
        pending: known.rules.pending().map(pending).collect(),
        history: known.history.iter().map(AlertView::of).collect(),
        rules: known.rules.descriptions().map(RuleView::of).collect(),
        notifiers: known.windows.total().map(notifiers).unwrap_or_default(),
    }
}

impl RuleView {
    fn of(rule: RuleDescription) -> Self {
        Self { name: rule.name, severity: rule.severity.as_str(), text: rule.condition }
    }
}

/// From the counters that the delivery keeps.
fn notifiers(total: &Snapshot) -> Vec<NotifierView> {
    let mut all: BTreeMap<String, NotifierView> = BTreeMap::new();
    for metric in total.metrics() {
        let label =
            |key: &str| metric.labels().iter().find(|(of, _)| &**of == key).map(|(_, value)| value);
        let Some(name) = label("notifier") else { continue };
        let one = all.entry(name.to_string()).or_default();
        match (metric.name(), value(metric), label("result").map(|result| &**result)) {
            ("perfkit_notifications_queued", queued, _) => one.queued = queued,
            ("perfkit_notifications", count, Some("sent")) => one.sent = count,
            ("perfkit_notifications", count, Some("retried")) => one.retried = count,
            ("perfkit_notifications", count, Some("dropped")) => one.dropped = count,
            ("perfkit_notifications", count, Some("failed")) => one.failed = count,
            _ => {}
        }
    }
    all.into_iter().map(|(name, one)| NotifierView { name, ..one }).collect()
}

fn value(metric: &Metric) -> u64 {
    match metric.value() {
        MetricValue::Counter(count) => *count,
        MetricValue::Gauge(value) => *value as u64,
        MetricValue::Distribution(_) => 0,
    }
}
