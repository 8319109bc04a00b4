//! What keys change.

use super::{Program, at, code, lines, names, press, screen, selected, watching};
use perf_core::Registry;
use ratatui::crossterm::event::KeyCode;

#[test]
fn sorting() {
    let mut app = watching(&mut Program::new());
    assert_eq!(names(&app)[0], "shop::pay");
    press(&mut app, "r");
    assert_eq!(names(&app)[2], "shop::pay");
    press(&mut app, "r");
    let sorted =
        [("s", "▼calls/s"), ("s", "▼errors"), ("s", "▼p50"), ("s", "▼p99"), ("s", "▲operation")];
    for (key, title) in sorted {
        press(&mut app, key);
        assert!(screen(&app).contains(title), "{title}");
    }
    assert_eq!(names(&app), ["query{table=\"users\"}", "shop::pages::render", "shop::pay"]);
    press(&mut app, "S");
    assert_eq!(names(&app)[0], "shop::pay");
}

#[test]
fn the_selection_stays_with_its_operation() {
    let mut app = watching(&mut Program::new());
    assert!(selected(&app).starts_with("shop::pay "));
    code(&mut app, KeyCode::Down);
    let name = selected(&app)[..12].to_owned();
    press(&mut app, "r");
    assert!(selected(&app).starts_with(&name), "{name}");
    code(&mut app, KeyCode::End);
    assert!(selected(&app).starts_with("shop::pay "));
    press(&mut app, "jjjk");
    assert!(!selected(&app).starts_with("shop::pay "));
    press(&mut app, "g");
    code(&mut app, KeyCode::PageDown);
    assert!(selected(&app).starts_with("shop::pay "));
}

#[test]
fn filters() {
    let mut app = watching(&mut Program::new());
    press(&mut app, "/PAYx");
    assert!(lines(&app, (80, 24))[23].starts_with("/PAYx▏"));
    assert!(screen(&app).contains("no operation has this in its name"));
    code(&mut app, KeyCode::Backspace);
    assert_eq!(names(&app), ["shop::pay"]);
    code(&mut app, KeyCode::Enter);
    assert!(screen(&app).contains("only \"PAY\""));
    // A letter is a command again.
    press(&mut app, "s");
    assert!(screen(&app).contains("▼calls/s"));
    code(&mut app, KeyCode::Esc);
    assert_eq!(names(&app).len(), 3);
    press(&mut app, "/q");
    code(&mut app, KeyCode::Esc);
    assert_eq!(names(&app).len(), 3);
}

#[test]
fn windows() {
    let mut app = watching(&mut Program::new());
    press(&mut app, "w");
    assert!(screen(&app).contains("figures since the start, 103 s ago"), "{}", screen(&app));
    press(&mut app, "w");
    assert!(screen(&app).contains("figures of the last 1.0 s"));
    press(&mut app, "w");
    assert!(screen(&app).contains("figures of 2.0 s"));
}

#[test]
fn frozen_it_shows_what_was() {
    let mut program = Program::new();
    let mut app = watching(&mut program);
    press(&mut app, " ");
    assert!(screen(&app).contains("frozen at 00:01:43 UTC"), "{}", screen(&app));
    let before = lines(&app, (80, 24))[4..].to_vec();
    (0..5).for_each(|_| app.read(program.work()));
    assert_eq!(lines(&app, (80, 24))[4..], before);
    press(&mut app, " ");
    assert!(screen(&app).contains("figures of 7.0 s"), "{}", screen(&app));
}

#[test]
fn one_operation() {
    let mut app = watching(&mut Program::new());
    press(&mut app, "/query");
    code(&mut app, KeyCode::Enter);
    code(&mut app, KeyCode::Enter);
    let shown = screen(&app);
    for part in
        ["query{table=\"users\"}", "200 calls, 100/s", "p99.9", "called by", "p::pages::render"]
    {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    // Its curve.
    assert!(shown.chars().any(|letter| ('\u{2801}'..='\u{28ff}').contains(&letter)), "{shown}");
    code(&mut app, KeyCode::Esc);
    code(&mut app, KeyCode::Esc);
    assert_eq!(names(&app).len(), 3);
    press(&mut app, "/render");
    code(&mut app, KeyCode::Enter);
    code(&mut app, KeyCode::Enter);
    // Whom it calls is shown, whatever the filter says.
    let shown = screen(&app);
    assert!(shown.contains("(nobody timed)"), "{shown}");
    assert!(shown.contains("table=\"users\"}"), "{shown}");
}

#[test]
fn details_follow_the_selection_and_outlive_the_operation() {
    let mut program = Program::new();
    let mut app = watching(&mut program);
    code(&mut app, KeyCode::Enter);
    assert!(lines(&app, (80, 24))[3].starts_with("shop::pay"));
    code(&mut app, KeyCode::Down);
    assert!(!lines(&app, (80, 24))[3].starts_with("shop::pay"));
    code(&mut app, KeyCode::Up);
    program.registry = Registry::new();
    let empty = program.registry.snapshot().dated(at(200), at(201));
    app.read(program.history.take(empty, Vec::new()));
    assert!(screen(&app).contains("it is not there any more"), "{}", screen(&app));
    code(&mut app, KeyCode::Esc);
    assert!(screen(&app).contains("no operation has been called"));
}

#[test]
fn panes() {
    let mut app = watching(&mut Program::new());
    code(&mut app, KeyCode::Tab);
    let shown = screen(&app);
    assert!(shown.contains("firing    warning   13 s       slow payments"), "{shown}");
    assert!(shown.contains("resolved  warning   5 s "), "{shown}");
    assert!(selected(&app).starts_with("firing"));
    // All that it says, below.
    assert!(shown.contains("\np95 is 119 ms\\u{a}above 60 ms"), "{shown}");
    press(&mut app, "jj");
    assert!(selected(&app).starts_with("resolved"));
    code(&mut app, KeyCode::Tab);
    let shown = screen(&app);
    assert!(shown.lines().any(|line| line.starts_with("customers") && line.contains(" 4 ")));
    assert!(
        shown.lines().any(|line| line.starts_with("orders") && line.contains("100/s")),
        "{shown}"
    );
    // A program has no instances.
    code(&mut app, KeyCode::Tab);
    assert_eq!(names(&app).len(), 3);
    code(&mut app, KeyCode::BackTab);
    assert!(screen(&app).contains("customers"));
}
