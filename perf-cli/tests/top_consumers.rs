//! `perfkit top` in a terminal of tmux: real keys, real screens.

mod tmux;

use perf_core::{Outcome, Registry};
use perf_store::{Instance, Interval};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};
use tmux::{LARGE, SMALL, Tmux};

const PERFKIT: &str = env!("CARGO_BIN_EXE_perfkit");

/// `perfkit demo`, until it is dropped.
struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    fn start(listen: &str) -> Self {
        let mut command = Command::new(PERFKIT);
        command.args(["demo", "--listen", listen, "--for", "5m"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let (_, address) = said.trim_end().trim_end_matches('/').rsplit_once("http://").unwrap();
        Self { child, address: address.to_owned() }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn top(size: (u16, u16), place: &str) -> Tmux {
    Tmux::run(size, &format!("{PERFKIT} top {place} --interval 200ms"))
}

/// Whether a line begins with this.
fn has_line(screen: &str, start: &str) -> bool {
    screen.lines().any(|line| line.starts_with(start))
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn keys_at_80_by_24() {
    let demo = Demo::start("127.0.0.1:0");
    let tmux = top(SMALL, &demo.url());
    // Once all pages have been visited.
    let screen =
        tmux.waits(|screen| screen.contains("7 operations, ") && screen.contains("POST /checkout"));
    assert_eq!(screen.lines().count(), 24, "{screen}");
    assert!(screen.starts_with(&format!("perfkit top {}  live", demo.url())), "{screen}");
    for start in
        ["7 operations, ", " Operations   Alerts", "operation ", "GET /products ", "q quit"]
    {
        assert!(has_line(&screen, start), "{start}\n{screen}");
    }
    tmux.shows("▼share");
    // A sparkline grows.
    tmux.waits(|screen| screen.chars().filter(|bar| ('▁'..='█').contains(bar)).count() > 20);

    tmux.keys(&["s"]);
    tmux.shows("▼calls/s");
    tmux.keys(&["r"]);
    tmux.shows("▲calls/s");
    tmux.keys(&["/", "C", "H", "E", "C", "K"]);
    tmux.waits(|screen| screen.contains("/CHECK▏") && !screen.contains("GET /products"));
    tmux.keys(&["Enter", "Enter"]);
    let screen = tmux.shows("called by");
    assert!(has_line(&screen, "POST /checkout"), "{screen}");
    let relations = ["p99.9", "(nobody timed)", "table=\"orders\"}"];
    assert!(relations.iter().all(|part| screen.contains(part)), "{screen}");
    // The curve is of Braille.
    assert!(screen.chars().any(|dots| ('\u{2801}'..='\u{28ff}').contains(&dots)), "{screen}");
    tmux.keys(&["Escape"]);
    tmux.waits(|screen| screen.contains("only \"CHECK\"") && !screen.contains("called by"));
    tmux.keys(&["Escape"]);
    tmux.shows("GET /products");

    tmux.keys(&["q"]);
    tmux.is_given_back(0);
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn panes_help_and_freezing() {
    let demo = Demo::start("127.0.0.1:0");
    let tmux = top(SMALL, &demo.url());
    tmux.shows("POST /checkout");
    tmux.keys(&["Tab"]);
    tmux.waits(|screen| screen.contains("no alert") || screen.contains("slow checkouts"));
    tmux.keys(&["Tab"]);
    let screen = tmux.shows("customers");
    assert!(screen.contains("resident_memory_bytes") && screen.contains("iB"), "{screen}");
    tmux.keys(&["Tab", "?"]);
    tmux.shows("freeze what is shown");
    tmux.keys(&["x", "Space"]);
    let frozen = tmux.shows("frozen at");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(tmux.screen(), frozen);
    tmux.keys(&["Space"]);
    tmux.shows("  live");

    tmux.keys(&["q"]);
    tmux.is_given_back(0);
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn at_200_by_50_and_resized() {
    let demo = Demo::start("127.0.0.1:0");
    let tmux = top(LARGE, &demo.url());
    let wide = |screen: &str| {
        let titles = screen.lines().nth(3).unwrap_or_default();
        ["now", "p95", "max", "self"].iter().all(|title| titles.contains(title))
    };
    let screen = tmux.waits(|screen| wide(screen) && screen.contains("POST /checkout"));
    assert_eq!(screen.lines().count(), 50, "{screen}");
    let foot = screen.lines().last().unwrap();
    assert!(foot.starts_with("q quit"), "{screen}");
    tmux.resize(SMALL);
    let screen = tmux
        .waits(|screen| !wide(screen) && screen.contains("▼share") && has_line(screen, "q quit"));
    assert_eq!(screen.lines().count(), 24, "{screen}");
    tmux.resize((30, 6));
    tmux.shows("too small: 40×8 at least");
    tmux.resize(LARGE);
    tmux.waits(wide);
    tmux.keys(&["C-c"]);
    tmux.is_given_back(0);
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn servers_that_restart() {
    let demo = Demo::start("127.0.0.1:0");
    let address = demo.address.clone();
    let tmux = top(SMALL, &demo.url());
    tmux.shows("POST /checkout");
    drop(demo);
    let screen = tmux.shows("away since");
    assert!(screen.contains("does the program run, and serve there?"), "{screen}");
    assert!(screen.contains("POST /checkout"), "{screen}");
    let _demo = Demo::start(&address);
    tmux.shows("live, it began anew");
    tmux.waits(|screen| has_line(screen, "7 operations, ") && screen.contains("POST /checkout"));
    tmux.keys(&["q"]);
    tmux.is_given_back(0);
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn the_terminal_is_given_back_to_who_ends_it() {
    let demo = Demo::start("127.0.0.1:0");
    let tmux = top(SMALL, &demo.url());
    tmux.shows("POST /checkout");
    tmux.terminate();
    tmux.is_given_back(0);
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn nobody_there_from_the_start() {
    let tmux = top(SMALL, "http://127.0.0.1:1");
    let screen = tmux.is_given_back(2);
    assert!(screen.contains("perfkit: http://127.0.0.1:1/api/v1/snapshot: "), "{screen}");
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn a_store_of_two_processes() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    let store = perf_store::open(&url).unwrap();
    let now = SystemTime::now();
    for version in ["1.0", "1.1"] {
        let instance = Instance::new(version);
        for minute in 1..10 {
            let registry = Registry::new();
            for n in 0..60 * minute {
                let outcome = if n % 20 == 0 { Outcome::Error } else { Outcome::Ok };
                registry.record_outcome("pay", Duration::from_millis(5), outcome);
            }
            registry.gauge("queue_depth", &[]).set(7.0);
            let ended = now - Duration::from_secs(60 * (10 - minute));
            let snapshot = registry.snapshot().dated(ended - Duration::from_secs(60), ended);
            assert!(store.write(&instance, &Interval::new(minute, snapshot)).unwrap());
        }
    }
    let tmux = top(LARGE, &format!("--store {url}"));
    let screen = tmux.shows("pay ");
    assert!(screen.contains("Instances") && screen.contains("5.0 %"), "{screen}");
    assert!(screen.contains("▃▄"), "{screen}");
    tmux.keys(&["Tab", "Tab"]);
    assert!(tmux.shows("queue_depth").contains('7'));
    tmux.keys(&["Tab"]);
    let screen = tmux.shows("version");
    assert!(screen.contains(" 1.0 ") && screen.contains(" 1.1 "), "{screen}");
    tmux.keys(&["q"]);
    tmux.is_given_back(0);
}

#[test]
#[ignore = "needs tmux: cargo xtask ci"]
fn tables_fit_and_bars_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::new();
    for n in 0..50 {
        registry.record("shop::cart::pages::render", Duration::from_micros(900 + n));
    }
    let file = folder.path().join("a.json");
    std::fs::write(&file, perf_export::json::write(&registry.snapshot(), &[])).unwrap();
    let file = file.to_str().unwrap();
    let tmux = Tmux::run(SMALL, &format!("{PERFKIT} compare {file} {file} --all"));
    let screen = tmux.is_given_back(0);
    let row = screen.lines().find(|line| line.contains("::pages::render"));
    let row = row.unwrap_or_else(|| panic!("{screen}"));
    assert!(row.contains("p50") && row.ends_with("same"), "{screen}");
    assert!(!screen.contains("reading"), "{screen}");

    let files = vec![file; 200].join(" ");
    let tmux = Tmux::run(SMALL, &format!("{PERFKIT} report {files}"));
    let screen = tmux.is_given_back(0);
    assert!(screen.contains("10\u{202f}000") && !screen.contains("inputs"), "{screen}");
}
