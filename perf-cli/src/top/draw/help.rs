//! What keys and columns mean.

use super::strong;
use crate::top::{app::App, keys::HELP};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span as Text},
    widgets::Paragraph,
};

const COLUMNS: [(&str, &str); 4] = [
    ("errors", "the share of calls that failed or panicked"),
    ("p50 p99", "half the calls, and 99 of 100, took no longer"),
    ("share", "of the time spent in all operations; callers include whom they call"),
    ("now", "calls that are running"),
];

pub(super) fn draw(_: &App, frame: &mut Frame<'_>, area: Rect) {
    let line = |(of, text): &(&'static str, &'static str)| {
        Line::from(vec![Text::styled(format!("{of:>10}  "), strong()), Text::raw(*text)])
    };
    let lines = HELP.iter().map(line).chain([Line::default()]).chain(COLUMNS.iter().map(line));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
