//! A frame of what the view knows.

mod detail;
mod fleet;
mod help;
mod lists;
mod operations;
mod words;

use super::{
    app::{App, Link, Mode, Pane},
    reading::Span,
};
use perf_core::{Operation, human};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span as Text},
};
use words::{clock, fit, percent, rate, since};

/// Smaller than this, nothing can be told.
const LEAST: (u16, u16) = (40, 8);

pub(super) fn draw(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        frame.render_widget(Line::from("too small: 40×8 at least"), area);
        return;
    }
    let rows = [Constraint::Length(1), Constraint::Length(1), Constraint::Length(1)];
    let [title, totals, tabs, body, foot] =
        Layout::vertical([&rows[..], &[Constraint::Min(1), Constraint::Length(1)]].concat())
            .areas(area);
    frame.render_widget(title_line(app, title), title);
    frame.render_widget(totals_line(app), totals);
    frame.render_widget(tabs_line(app), tabs);
    frame.render_widget(foot_line(app), foot);
    match (app.mode, app.pane, app.detail.as_deref()) {
        (Mode::Helping, ..) => help::draw(app, frame, body),
        (_, Pane::Operations, Some(name)) => detail::draw(app, name, frame, body),
        (_, Pane::Operations, None) => operations::draw(app, frame, body),
        (_, Pane::Alerts, _) => lists::alerts(app, frame, body),
        (_, Pane::Gauges, _) => lists::gauges(app, frame, body),
        (_, Pane::Instances, _) => lists::instances(app, frame, body),
        (_, Pane::Fleet, _) => fleet::draw(app, frame, body),
    }
}

/// What is watched, and whether it answers.
fn title_line(app: &App, area: Rect) -> Line<'static> {
    let (state, color) = match (&app.link, app.notice()) {
        (Link::Away { since: then, .. }, _) => {
            let age = since(*then, app.now);
            (format!("away since {} ({age})", clock(*then)), Color::Red)
        }
        (Link::Live, _) if app.is_frozen => {
            let at = app.reading.as_ref().map_or(app.now, |reading| reading.taken);
            (format!("frozen at {}", clock(at)), Color::Yellow)
        }
        (Link::Live, Some(notice)) => (format!("live, {notice}"), Color::Yellow),
        (Link::Live, None) => ("live".to_owned(), Color::Green),
    };
    let name = fit(&app.source, usize::from(area.width / 2).saturating_sub(10));
    Line::from(vec![
        Text::styled("perfkit top ", strong()),
        Text::raw(name + "  "),
        Text::styled(state, strong().patch(hue(app, color))),
    ])
}

/// Sums over all operations; where nobody answers, why.
fn totals_line(app: &App) -> Line<'static> {
    if let Link::Away { why, .. } = &app.link {
        return Line::styled(human::printable(why), hue(app, Color::Red));
    }
    let Some(reading) = &app.reading else { return Line::default() };
    let snapshot = reading.of(app.span);
    let sum = |of: fn(&Operation) -> u64| {
        snapshot.operations().iter().map(of).fold(0, u64::saturating_add)
    };
    let (calls, timed, errors) =
        (sum(Operation::count), sum(Operation::timed), sum(Operation::errors));
    let failed = percent((timed > 0).then(|| errors as f64 / timed as f64));
    let seconds = snapshot.elapsed().as_secs_f64();
    let length = words::length(snapshot.elapsed());
    let span = match app.span {
        Span::Last => format!("figures of the last {length}"),
        Span::Recent => format!("figures of {length}"),
        Span::All => format!("figures since the start, {length} ago"),
    };
    let operations = snapshot.operations().len();
    Line::from(format!(
        "{operations} operations, {} calls/s, {failed} failed; {span}",
        rate(calls as f64 / seconds)
    ))
}

fn tabs_line(app: &App) -> Line<'static> {
    let firing = app.reading.as_ref().map_or(0, super::reading::Reading::firing);
    let mut texts = Vec::new();
    for pane in app.panes() {
        let name = match pane {
            Pane::Operations => "Operations".to_owned(),
            Pane::Alerts if firing > 0 => format!("Alerts ({firing})"),
            Pane::Alerts => "Alerts".to_owned(),
            Pane::Gauges => "Gauges".to_owned(),
            Pane::Instances => "Instances".to_owned(),
            Pane::Fleet => "Fleet".to_owned(),
        };
        let mut style = Style::default();
        if pane == app.pane {
            style = style.add_modifier(Modifier::REVERSED);
        }
        if pane == Pane::Alerts && firing > 0 {
            style = style.patch(strong()).patch(hue(app, Color::Red));
        }
        texts.push(Text::styled(format!(" {name} "), style));
        texts.push(Text::raw(" "));
    }
    if !app.filter.is_empty() && app.mode != Mode::Filtering {
        texts.push(Text::raw(format!(" only \"{}\"", human::printable(&app.filter))));
    }
    Line::from(texts)
}

fn foot_line(app: &App) -> Line<'static> {
    if app.mode == Mode::Filtering {
        let filter = human::printable(&app.filter);
        return Line::from(format!("/{filter}▏ enter: keep it, esc: forget it"));
    }
    let text = match (app.pane, &app.detail) {
        _ if app.mode == Mode::Helping => "any key: back",
        (Pane::Operations, Some(_)) => {
            "q quit  ? help  esc back  ↑↓ another one  w window  space freeze"
        }
        (Pane::Operations, None) => {
            "q quit  ? help  / filter  s sort  r reverse  w window  space freeze  tab  enter"
        }
        _ => "q quit  ? help  tab next pane  ↑↓ scroll  space freeze",
    };
    Line::styled(text, Style::default().add_modifier(Modifier::DIM))
}

fn strong() -> Style {
    Style::default().add_modifier(Modifier::BOLD)
}

/// A colour, where colours are wanted.
fn hue(app: &App, color: Color) -> Style {
    if app.is_colored { Style::default().fg(color) } else { Style::default() }
}

/// A cell of words.
fn left(text: &str) -> Line<'static> {
    Line::from(human::printable(text))
}

/// A cell of a figure.
fn right(text: String) -> Line<'static> {
    Line::from(text).right_aligned()
}

/// Instead of rows, where there are none.
fn empty(text: &str, frame: &mut Frame<'_>, area: Rect) {
    let line = Line::styled(text.to_owned(), Style::default().add_modifier(Modifier::DIM));
    frame.render_widget(line, area);
}
