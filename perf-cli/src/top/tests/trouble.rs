//! What comes from others, and from small windows.

use super::{Program, alert, at, code, lines, screen, watching};
use crate::top::{app::App, history::History, poll::Word, reading::State};
use perf_core::{Caller, MetricParts, MetricValue, OperationParts, Snapshot, SnapshotParts};
use ratatui::crossterm::event::KeyCode;
use std::{collections::BTreeMap, time::Duration};

#[test]
fn no_size_panics() {
    let mut app = watching(&mut Program::new());
    for keys in ["", "\n", "\u{1b}?", "?\t", "\t", "\t"] {
        for key in keys.chars() {
            code(
                &mut app,
                match key {
                    '\n' => KeyCode::Enter,
                    '\t' => KeyCode::Tab,
                    '\u{1b}' => KeyCode::Esc,
                    letter => KeyCode::Char(letter),
                },
            );
        }
        for width in [1, 10, 39, 40, 41, 60, 79, 119, 120, 300] {
            for height in [1, 7, 8, 9, 12, 24, 100] {
                lines(&app, (width, height));
            }
        }
    }
}

#[test]
fn names_cannot_write_over_the_screen() {
    let mut program = Program::new();
    program.registry.record("a\u{1b}[2Jb\nc", Duration::from_secs(9));
    let app = watching(&mut program);
    assert!(screen(&app).contains(r"a\u{1b}[2Jb\u{a}c"), "{}", screen(&app));
    let mut app = App::new("x".to_owned(), at(0));
    app.hear(Word::Away("no\u{1b}[2J".to_owned()));
    lines(&app, (80, 24));
}

#[test]
fn absurd_figures() {
    let most = u64::MAX;
    let operation = |name: &str| OperationParts {
        name: name.to_owned(),
        buckets: vec![(0, most), (most, most)],
        sum_ns: most,
        self_ns: most,
        errors: most,
        skipped: most,
        callers: vec![Caller { name: Some("a".into()), calls: most, time_ns: most }],
        ..OperationParts::default()
    };
    let metric = |name: &str, value| MetricParts {
        name: name.to_owned(),
        labels: Vec::new(),
        value,
        taken: at(0),
    };
    let parts = |started, taken| SnapshotParts {
        started,
        taken,
        lost: most,
        operations: vec![operation("a"), operation("b"), OperationParts::default()],
        metrics: vec![
            metric("c", MetricValue::Counter(most)),
            metric("g", MetricValue::Gauge(f64::NAN)),
            metric("h", MetricValue::Gauge(f64::NEG_INFINITY)),
        ],
        descriptions: BTreeMap::new(),
    };
    let (mut app, mut history) = (App::new(String::new(), at(0)), History::default());
    // Clocks that stand still, or go back.
    for (started, taken) in [(5, 9), (5, 9), (5, 2), (5, most >> 2), (7, 3)] {
        let snapshot = Snapshot::from(parts(at(started), at(taken)));
        app.read(history.take(snapshot, vec![alert(State::Pending)]));
        for keys in ["", "w", "w", "w", "\r", "\t", "\t", "\t"] {
            for key in keys.chars() {
                code(
                    &mut app,
                    match key {
                        '\r' => KeyCode::Enter,
                        '\t' => KeyCode::Tab,
                        letter => KeyCode::Char(letter),
                    },
                );
            }
            lines(&app, (80, 24));
            lines(&app, (200, 50));
        }
    }
}
