//! One operation: its figures, its curve of percentiles, who calls it and whom it calls.

use super::{
    empty, hue, right, strong,
    words::{duration, fit, percent, rate, spark},
};
use crate::top::{app::App, rows::Row};
use perf_core::{Caller, Operation, human};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Color,
    symbols::Marker,
    text::Line,
    widgets::{Axis, Block, Borders, Chart, Dataset, GraphType, Row as Cells, Table},
};

pub(super) fn draw(app: &App, name: &str, frame: &mut Frame<'_>, area: Rect) {
    let rows = app.rows();
    let Some(row) = rows.iter().find(|row| row.name == name) else {
        return empty("it is not there any more: esc goes back", frame, area);
    };
    let heights = [Constraint::Length(4), Constraint::Min(5), Constraint::Length(6)];
    let [head, curve, relations] = Layout::vertical(heights).areas(area);
    for (line, at) in figures(row, head.width).into_iter().zip(head.rows()) {
        frame.render_widget(line, at);
    }
    draw_curve(app, row, frame, curve);
    let [called_by, calls] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).areas(relations);
    draw_relations("called by", callers_of(row), frame, called_by);
    draw_relations("calls", callees_of(row, app), frame, calls);
}

fn figures(row: &Row<'_>, width: u16) -> [Line<'static>; 4] {
    let at = |percentile| duration(row.operation.percentile(percentile));
    let operation = row.operation;
    let calls = format!(
        "{} calls, {}/s, {} failed; {} of all time, total {}, self {}",
        human::count(operation.count()),
        rate(row.rate),
        percent(row.errors),
        percent(Some(row.share)),
        duration(Some(operation.total())),
        duration(Some(operation.self_time())),
    );
    let percentiles = format!(
        "min {}  p50 {}  p90 {}  p95 {}  p99 {}  p99.9 {}  max {}",
        at(0.0),
        at(50.0),
        at(90.0),
        at(95.0),
        at(99.0),
        at(99.9),
        at(100.0)
    );
    let bars = usize::from(width).saturating_sub(8).min(60);
    [
        Line::styled(fit(&row.name, usize::from(width)), strong()),
        Line::from(calls),
        Line::from(percentiles),
        Line::from(format!("calls/s {}", spark(row.trend, bars, true).trim_start())),
    ]
}

/// From 0 to 100 so that p90, p99 and p99.9 are equally far apart: how many nines there are.
fn draw_curve(app: &App, row: &Row<'_>, frame: &mut Frame<'_>, area: Rect) {
    const NINES: f64 = 3.0;
    let steps = 150;
    let points = (0..=steps).filter_map(|step| {
        let nines = NINES * f64::from(step) / f64::from(steps);
        let time = row.operation.percentile(100.0 * (1.0 - 10_f64.powf(-nines)))?;
        // Tails are long.
        Some((nines, (time.as_nanos().max(1) as f64).log10()))
    });
    let points: Vec<_> = points.collect();
    let (Some((_, least)), Some((_, most))) = (points.first(), points.last()) else {
        return empty("no call was timed in this window", frame, area);
    };
    let (least, most) = (*least, most.max(least + 0.01));
    let label = |logarithm: f64| human::spaced(10_f64.powf(logarithm).round() as u64).to_string();
    let x = Axis::default().bounds([0.0, NINES]).labels(["p0", "p90", "p99", "p99.9"]);
    let y = Axis::default().bounds([least, most]).labels([
        label(least),
        label(f64::midpoint(least, most)),
        label(most),
    ]);
    let curve = Dataset::default()
        .marker(Marker::Braille)
        .graph_type(GraphType::Line)
        .style(hue(app, Color::Cyan))
        .data(&points);
    let block = Block::default().borders(Borders::TOP).title("percentiles");
    frame.render_widget(Chart::new(vec![curve]).x_axis(x).y_axis(y).block(block), area);
}

/// A name, how many calls, and their time.
type Relation = (String, u64, u64);

fn callers_of(row: &Row<'_>) -> Vec<Relation> {
    let name = |caller: &Caller| match caller.name.as_deref() {
        Some(name) => human::printable(name),
        None => "(nobody timed)".to_owned(),
    };
    let callers = row.operation.callers().iter();
    callers.map(|caller| (name(caller), caller.calls, caller.time_ns)).collect()
}

/// Among all, whatever the filter says.
fn callees_of(row: &Row<'_>, app: &App) -> Vec<Relation> {
    let name = row.operation.name();
    let of = |callee: &Operation| {
        let callers = callee.callers().iter();
        let by_it = callers.filter(|caller| caller.name.as_deref() == Some(name));
        let (calls, time) = by_it.fold((0_u64, 0_u64), |(calls, time), caller| {
            (calls.saturating_add(caller.calls), time.saturating_add(caller.time_ns))
        });
        (calls > 0).then(|| (human::printable(&callee.full_name()), calls, time))
    };
    let operations = app.reading.iter().flat_map(|reading| reading.of(app.span).operations());
    operations.filter_map(of).collect()
}

fn draw_relations(title: &'static str, mut all: Vec<Relation>, frame: &mut Frame<'_>, area: Rect) {
    all.sort_by_key(|(_, _, time)| std::cmp::Reverse(*time));
    let name = area.width.saturating_sub(22);
    let rows = all.into_iter().map(|(of, calls, time)| {
        let time = human::spaced(time).to_string();
        let of = Line::from(fit(&of, usize::from(name)));
        Cells::new([of, right(human::count(calls)), right(time)])
    });
    let titles = [Line::from(title), right("calls".to_owned()), right("time".to_owned())];
    let widths = [name, 10, 10].map(Constraint::Length);
    let table = Table::new(rows, widths).header(Cells::new(titles).style(strong()));
    frame.render_widget(table, area);
}
