//! The table of operations.

use super::{
    empty, hue, strong,
    words::{duration, fit, percent, rate, spark},
};
use crate::top::{
    app::App,
    rows::{Row, SortBy},
};
use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    style::{Color, Modifier, Style},
    text::Line,
    widgets::{Cell, Row as Cells, Table, TableState},
};

/// From this width on there is room for more figures.
const WIDE: u16 = 120;
/// A column between two.
const GAP: u16 = 1;

/// A column of figures.
struct Column {
    title: &'static str,
    width: u16,
    sort: Option<SortBy>,
    text: fn(&Row<'_>) -> String,
}

const fn column(
    title: &'static str,
    width: u16,
    sort: Option<SortBy>,
    text: fn(&Row<'_>) -> String,
) -> Column {
    Column { title, width, sort, text }
}

const CALLS: Column = column("calls/s", 8, Some(SortBy::Calls), |row| rate(row.rate));
const ERRORS: Column = column("errors", 8, Some(SortBy::Errors), |row| percent(row.errors));
const P50: Column = column("p50", 9, Some(SortBy::P50), |row| duration(row.p50));
const P95: Column = column("p95", 9, None, |row| duration(row.operation.percentile(95.0)));
const P99: Column = column("p99", 9, Some(SortBy::P99), |row| duration(row.p99));
const MAX: Column = column("max", 9, None, |row| duration(row.operation.max()));
const OWN: Column = column("self", 9, None, |row| duration(Some(row.operation.self_time())));
const SHARE: Column = column("share", 8, Some(SortBy::Share), |row| percent(Some(row.share)));
const IN_FLIGHT: Column = column("now", 5, None, |row| {
    row.operation.in_flight().map(|calls| calls.count.to_string()).unwrap_or_default()
});

const NARROW_COLUMNS: [Column; 5] = [CALLS, ERRORS, P50, P99, SHARE];
const WIDE_COLUMNS: [Column; 9] = [CALLS, IN_FLIGHT, ERRORS, P50, P95, P99, MAX, OWN, SHARE];

pub(super) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let rows = app.rows();
    if rows.is_empty() {
        let text = if app.filter.is_empty() {
            "no operation has been called"
        } else {
            "no operation has this in its name: esc forgets it"
        };
        return empty(text, frame, area);
    }
    let columns = if area.width >= WIDE { &WIDE_COLUMNS[..] } else { &NARROW_COLUMNS };
    let figures: u16 = columns.iter().map(|column| column.width + GAP).sum();
    let left = area.width.saturating_sub(figures + GAP);
    // As many as there are steps, where names have enough of the rest.
    let bars = (left / 3).min(60);
    let name = left - bars;
    let widths = [name].into_iter().chain(columns.iter().map(|column| column.width)).chain([bars]);
    let cells = rows.iter().map(|row| cells(app, row, columns, (name, bars)));
    let table = Table::new(cells, widths.map(Constraint::Length))
        .column_spacing(GAP)
        .header(header(app, columns, bars))
        .row_highlight_style(Style::default().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(Some(app.position(&rows)));
    frame.render_stateful_widget(table, area, &mut state);
}

fn header(app: &App, columns: &[Column], bars: u16) -> Cells<'static> {
    let arrow = |is_rising: bool| if is_rising { "▲" } else { "▼" };
    let marked = |title: &str, is_sorted: bool, is_rising: bool| {
        if is_sorted { format!("{}{title}", arrow(is_rising)) } else { title.to_owned() }
    };
    let by_name = app.sort == SortBy::Name;
    let name = marked("operation", by_name, !app.is_reversed);
    let titles = columns.iter().map(|column| {
        let title = marked(column.title, column.sort == Some(app.sort), app.is_reversed);
        Cell::from(Line::from(title).right_aligned())
    });
    let trend = if bars >= 7 { "calls/s" } else { "" };
    let cells = [Cell::from(name)].into_iter().chain(titles).chain([Cell::from(trend)]);
    Cells::new(cells).style(strong())
}

fn cells(app: &App, row: &Row<'_>, columns: &[Column], (name, bars): (u16, u16)) -> Cells<'static> {
    let figures = columns.iter().map(|column| {
        let is_failing = column.title == ERRORS.title && row.errors.is_some_and(|of| of > 0.0);
        let style = if is_failing { hue(app, Color::Red) } else { Style::default() };
        Cell::from(Line::from((column.text)(row)).right_aligned()).style(style)
    });
    let bars = spark(row.trend, usize::from(bars), true);
    let bars = Cell::from(bars).style(hue(app, Color::Cyan));
    let name = Cell::from(fit(&row.name, usize::from(name)));
    Cells::new([name].into_iter().chain(figures).chain([bars]))
}
