//! Alerts, gauges, and the processes that share a store.

use super::{
    empty, hue, left, right, strong,
    words::{fit, percent, rate, since, spark},
};
use crate::top::{
    app::{App, Pane},
    reading::{Alert, Member, Span, State},
};
use perf_core::{Metric, MetricValue, human};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::Line,
    widgets::{Paragraph, Row as Cells, Table, TableState, Wrap},
};

pub(super) fn alerts(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let alerts = app.reading.as_ref().map(|reading| &*reading.alerts).unwrap_or_default();
    if alerts.is_empty() {
        return empty("no alert is firing, or has been", frame, area);
    }
    let [list, whole] = Layout::vertical([Constraint::Min(2), Constraint::Length(2)]).areas(area);
    let rows = alerts.iter().map(|alert| alert_row(app, alert)).collect();
    let widths = [
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(10),
        Constraint::Fill(1),
        Constraint::Fill(2),
    ];
    table(app, (["state", "severity", "for", "rule", "says"], widths), rows, frame, list);
    // Where a row has no room for all it says.
    let selected = alerts.get(app.cursors[Pane::Alerts as usize]).or(alerts.last());
    let text = selected.map(|alert| human::printable(&alert.summary)).unwrap_or_default();
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), whole);
}

fn alert_row(app: &App, alert: &Alert) -> Cells<'static> {
    let (state, color) = match alert.state {
        State::Firing => ("firing", Color::Red),
        State::Pending => ("pending", Color::Yellow),
        State::Resolved => ("resolved", Color::Green),
    };
    let length = since(alert.started, alert.ended.unwrap_or(app.now));
    let texts = [&alert.severity, &length, &alert.rule, &alert.summary];
    let texts = texts.map(|text| left(text));
    let state = Line::styled(state, hue(app, color));
    Cells::new([state].into_iter().chain(texts))
}

pub(super) fn gauges(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let Some(reading) = app.reading.as_ref() else { return };
    let all = reading.of(Span::All).metrics();
    if all.is_empty() {
        return empty("there is no gauge and no counter", frame, area);
    }
    let bars = (area.width / 4).min(60);
    let name = area.width.saturating_sub(bars + 14 + 10 + 3);
    let rows = all.iter().map(|metric| {
        let full_name = metric.full_name();
        let trend = reading.metrics.get(&full_name).map(Vec::as_slice).unwrap_or_default();
        let is_counter = matches!(metric.value(), MetricValue::Counter(_));
        let now = trend.last().copied().flatten().filter(|_| is_counter);
        let now = now.map(|now| rate(now) + "/s").unwrap_or_default();
        Cells::new([
            Line::from(fit(&human::printable(&full_name), usize::from(name))),
            right(value(metric)),
            right(now),
            Line::styled(spark(trend, usize::from(bars), is_counter), hue(app, Color::Cyan)),
        ])
    });
    let widths = [name, 14, 10, bars].map(Constraint::Length);
    let titles = ["gauge or counter", "value", "rise", "last steps"];
    table(app, (titles, widths), rows.collect(), frame, area);
}

fn value(metric: &Metric) -> String {
    match metric.value() {
        MetricValue::Gauge(value) => human::measure(*value, metric.unit()),
        MetricValue::Counter(count) => human::measure(*count as f64, metric.unit()),
        MetricValue::Distribution(values) => {
            let median = values.percentile(50.0).map(|value| human::measure(value, metric.unit()));
            median.map(|median| format!("p50 {median}")).unwrap_or_default()
        }
    }
}

pub(super) fn instances(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let members = app.reading.as_ref().and_then(|reading| reading.instances.as_deref());
    let Some(members) = members.filter(|members| !members.is_empty()) else {
        return empty("nobody has written to the store", frame, area);
    };
    let rows = members.iter().map(|member| member_row(app, member)).collect();
    let widths = [
        Constraint::Fill(2),
        Constraint::Fill(1),
        Constraint::Length(10),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(8),
    ];
    let titles = ["instance", "host", "version", "age", "calls/s", "errors"];
    table(app, (titles, widths), rows, frame, area);
}

fn member_row(app: &App, member: &Member) -> Cells<'static> {
    let errors = (member.timed > 0).then(|| member.errors as f64 / member.timed as f64);
    Cells::new([
        left(&member.id),
        left(&member.host),
        left(&member.version),
        right(since(member.started, app.now)),
        right(rate(member.rate)),
        right(percent(errors)),
    ])
}

/// Rows of which one is selected, so that all can be scrolled to.
pub(super) fn table<const N: usize>(
    app: &App,
    (titles, widths): ([&'static str; N], [Constraint; N]),
    rows: Vec<Cells<'static>>,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    const FIGURES: [&str; 10] = [
        "value", "rise", "age", "calls/s", "errors", "health", "workload", "queue", "done", "mean",
    ];
    let selected = app.cursors[app.pane as usize].min(rows.len().saturating_sub(1));
    let titles = titles.map(|title| {
        let line = Line::from(title);
        if FIGURES.contains(&title) { line.right_aligned() } else { line }
    });
    let table = Table::new(rows, widths)
        .header(Cells::new(titles).style(strong()))
        .row_highlight_style(Style::default().add_modifier(Modifier::REVERSED));
    debug_assert_ne!(app.pane, Pane::Operations);
    let mut state = TableState::new().with_selected(Some(selected));
    frame.render_stateful_widget(table, area, &mut state);
}
