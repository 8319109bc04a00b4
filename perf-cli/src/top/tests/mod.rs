//! The view as a machine: keys and readings in, frames out.

mod keys;
mod trouble;

use super::{
    app::App,
    draw::draw,
    history::History,
    poll::Word,
    reading::{Alert, Member, Reading, State},
};
use perf_core::{Outcome, Registry};
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
    style::{Color, Modifier},
};
use std::time::{Duration, SystemTime};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A program that is asked each second.
struct Program {
    registry: Registry,
    history: History,
    started: u64,
    now: u64,
}

impl Program {
    fn new() -> Self {
        Self { registry: Registry::new(), history: History::default(), started: 0, now: 100 }
    }

    /// A second of work: pages, of which each asks two tables, and payments, of which some fail.
    fn work(&mut self) -> Reading {
        for n in 0..100_u64 {
            let _page = self.registry.timer("shop::pages::render");
            drop(self.registry.timer_labelled("query", &[("table", "users")]));
            let outcome = if n % 10 == 0 { Outcome::Error } else { Outcome::Ok };
            let took = Duration::from_millis(20 + n);
            self.registry.record_outcome("shop::pay", took, outcome);
        }
        self.registry.gauge("customers", &[]).set(4.0);
        self.registry.counter("orders", &[]).add(100);
        self.now += 1;
        let snapshot = self.registry.snapshot().dated(at(self.started), at(self.now));
        self.history.take(snapshot, vec![alert(State::Firing), alert(State::Resolved)])
    }
}

fn alert(state: State) -> Alert {
    Alert {
        state,
        severity: "warning".to_owned(),
        rule: "slow payments".to_owned(),
        summary: "p95 is 119 ms\nabove 60 ms".to_owned(),
        started: at(90),
        ended: (state == State::Resolved).then(|| at(95)),
    }
}

fn watching(program: &mut Program) -> App {
    let mut app = App::new("http://127.0.0.1:9464".to_owned(), at(program.now));
    for _ in 0..3 {
        app.read(program.work());
        app.tick(at(program.now));
    }
    app
}

fn press(app: &mut App, keys: &str) {
    for key in keys.chars() {
        code(app, KeyCode::Char(key));
    }
}

fn code(app: &mut App, code: KeyCode) {
    app.press(code.into());
}

fn lines(app: &App, (width, height): (u16, u16)) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(app, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |row| (0..width).map(|column| buffer[(column, row)].symbol()).collect::<String>();
    (0..height).map(|row| line(row).trim_end().to_owned()).collect()
}

fn screen(app: &App) -> String {
    lines(app, (80, 24)).join("\n")
}

/// The names in the table, from above.
fn names(app: &App) -> Vec<String> {
    let rows = lines(app, (80, 24)).into_iter().skip(4).take(19);
    let names = rows.filter_map(|row| row.split_whitespace().next().map(str::to_owned));
    names.collect()
}

/// The line that is shown reversed below the tabs.
fn selected(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(app, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let is_reversed = |row: &u16| buffer[(0, *row)].modifier.contains(Modifier::REVERSED);
    let row = (3..24).find(is_reversed).unwrap();
    (0..80).map(|column| buffer[(column, row)].symbol()).collect::<String>()
}

#[test]
fn a_small_screen() {
    let app = watching(&mut Program::new());
    let shown = lines(&app, (80, 24));
    assert_eq!(shown[0], "perfkit top http://127.0.0.1:9464  live");
    assert!(shown[1].starts_with("3 operations, 300 calls/s, 3.3 % failed; figures of 2.0 s"));
    assert!(shown[2].starts_with(" Operations   Alerts (1)   Gauges"), "{}", shown[2]);
    let titles: Vec<_> = shown[3].split_whitespace().collect();
    assert_eq!(titles, ["operation", "calls/s", "errors", "p50", "p99", "▼share", "calls/s"]);
    assert!(shown[4].starts_with("shop::pay "), "{}", shown[4]);
    let cells = ["100", "10.0 %", "69.0 ms", "118"];
    assert!(cells.iter().all(|cell| shown[4].contains(cell)), "{}", shown[4]);
    assert!(shown[4].ends_with('█'), "{}", shown[4]);
    assert!(shown.iter().any(|line| line.starts_with("query{table=\"users\"}")));
    assert!(shown[23].contains("q quit"), "{}", shown[23]);
}

#[test]
fn a_large_screen_has_more_figures() {
    let app = watching(&mut Program::new());
    let shown = lines(&app, (200, 50));
    let titles: Vec<_> = shown[3].split_whitespace().collect();
    let all =
        ["operation", "calls/s", "now", "errors", "p50", "p95", "p99", "max", "self", "▼share"];
    assert_eq!(titles[..10], all);
    assert!(shown[49].contains("q quit"));
}

#[test]
fn stores_have_instances() {
    let mut program = Program::new();
    let mut app = watching(&mut program);
    let member = Member {
        id: "web-1-77".to_owned(),
        host: "web-1".to_owned(),
        version: "1.4".to_owned(),
        started: at(0),
        rate: 2.5,
        timed: 100,
        errors: 5,
    };
    app.read(Reading { instances: Some(vec![member]), all: None, ..program.work() });
    code(&mut app, KeyCode::BackTab);
    let shown = screen(&app);
    for part in ["web-1-77", "1.4", "2.50", "5.0 %"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    press(&mut app, "\tw");
    assert!(!screen(&app).contains("since the start"));
}

#[test]
fn away_and_back() {
    let mut program = Program::new();
    let mut app = watching(&mut program);
    app.hear(Word::Away(format!("{}/api/v1/snapshot: connection refused", app.source)));
    app.tick(at(program.now + 7));
    app.hear(Word::Away(format!("{}: connection refused", app.source)));
    let shown = screen(&app);
    assert!(shown.contains("away since 00:01:43 UTC (7 s)\nconnection refused\n"), "{shown}");
    assert!(shown.contains("shop::pay"));
    program.now += 7;
    app.hear(Word::Reading(Box::new(program.work())));
    assert!(screen(&app).contains("live, back after 7 s"), "{}", screen(&app));
    app.tick(at(program.now + 60));
    assert!(lines(&app, (80, 24))[0].ends_with("  live"));
}

#[test]
fn a_restart_is_told() {
    let mut program = Program::new();
    let mut app = watching(&mut program);
    (program.registry, program.started) = (Registry::new(), 103);
    app.read(program.work());
    let shown = screen(&app);
    assert!(shown.contains("live, it began anew"), "{shown}");
    assert!(shown.contains("300 calls/s"), "{shown}");
}

#[test]
fn help_and_the_end() {
    let mut app = watching(&mut Program::new());
    press(&mut app, "?");
    let shown = screen(&app);
    for part in ["freeze what is shown", "the share of calls that failed", "calls that are running"]
    {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    press(&mut app, "q");
    assert!(!app.is_over());
    press(&mut app, "/q");
    assert!(!app.is_over());
    code(&mut app, KeyCode::Esc);
    press(&mut app, "q");
    assert!(app.is_over());
    let mut app = watching(&mut Program::new());
    press(&mut app, "/");
    app.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert!(app.is_over());
}

#[test]
fn colours_only_where_they_are_wanted() {
    let app = watching(&mut Program::new());
    let colours = |app: &App| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(app, frame)).unwrap();
        let cells = terminal.backend().buffer().content().iter();
        cells.filter(|cell| cell.fg != Color::Reset).count()
    };
    assert_eq!(colours(&app), 0);
    assert!(colours(&app.colored(true)) > 0);
}

#[test]
fn fleets_have_workers() {
    let mut program = Program::new();
    let mut app = watching(&mut program);
    assert!(!screen(&app).contains("Fleet"));
    let text = r#"{"workers":[
        {"id":"AGENT_54","domain":"Platform","status":"failing","health":31.4,"workload":97.2,
         "queue_depth":120,"completed":12,"error_rate":0.25,"mean_seconds":90.0},
        {"id":"AGENT_55","domain":"Data","status":"healthy","health":99.0,"queue_depth":0,"completed":60}]}"#;
    let workers = Some(super::workers::of_answer(text));
    app.read(Reading { workers, ..program.work() });
    code(&mut app, KeyCode::BackTab);
    for size in [(80, 24), (200, 50)] {
        let seen = lines(&app, size).join("\n");
        for part in ["Fleet", "AGENT_54", "failing", "97 %", "120", "25.0 %", "90.0 s", "AGENT_55"]
        {
            assert!(seen.contains(part), "{part} in\n{seen}");
        }
    }
}
