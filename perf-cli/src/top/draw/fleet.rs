//! The workers of a fleet, the least healthy first.

use super::{empty, hue, left, lists::table, right, words::percent};
use crate::top::{app::App, reading::Worker};
use perf_core::human;
use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    style::Color,
    text::Line,
    widgets::Row as Cells,
};

pub(super) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let workers = app.reading.as_ref().and_then(|reading| reading.workers.as_deref());
    let Some(workers) = workers.filter(|workers| !workers.is_empty()) else {
        return empty("no worker has been seen yet", frame, area);
    };
    let rows = workers.iter().map(|worker| row(app, worker)).collect();
    let widths = [
        Constraint::Fill(2),
        Constraint::Fill(1),
        Constraint::Length(10),
        Constraint::Length(6),
        Constraint::Length(8),
        Constraint::Length(6),
        Constraint::Length(7),
        Constraint::Length(8),
        Constraint::Length(9),
    ];
    let titles =
        ["worker", "domain", "status", "health", "workload", "queue", "done", "errors", "mean"];
    table(app, (titles, widths), rows, frame, area);
}

fn row(app: &App, worker: &Worker) -> Cells<'static> {
    let color = match &*worker.status {
        "failing" => Color::Red,
        "healthy" => Color::Green,
        _ => Color::Yellow,
    };
    let whole = |number: Option<f64>| number.map(|number| format!("{number:.0}"));
    let mean = worker.mean_seconds.map(|seconds| human::measure(seconds, Some("s")));
    Cells::new([
        left(&worker.id),
        left(&worker.domain),
        Line::styled(human::printable(&worker.status), hue(app, color)),
        right(whole(worker.health).unwrap_or_default()),
        right(whole(worker.workload).map(|text| text + " %").unwrap_or_default()),
        right(worker.queue.to_string()),
        right(worker.done.to_string()),
        right(percent(worker.errors)),
        right(mean.unwrap_or_default()),
    ])
}
