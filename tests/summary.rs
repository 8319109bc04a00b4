//! What the summary looks like.
#![cfg(feature = "enabled")]

use perfkit::{Outcome, Registry, Sort, Summary};
use std::time::Duration;

fn registry() -> Registry {
    let registry = Registry::new();
    let millis = |name, n: u64| registry.record(name, Duration::from_millis(n));
    (1..=200).for_each(|n| millis("app::store::Pool::acquire", n));
    (0..12).for_each(|_| millis("render", 1500));
    registry.record_outcome("render", Duration::from_millis(12), Outcome::Error);
    registry.record("tick", Duration::from_nanos(40));
    registry
}

/// The table without the notes below it, which tell of this machine.
fn table(summary: &Summary) -> String {
    let text = summary.to_string();
    let (table, _) = text.split_once("3 operations, ").unwrap();
    table.to_owned()
}

#[test]
fn a_table_for_people() {
    let expected = "\
operation                  calls  errors   total  self %      mean      min       p50        p95        p99        max
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
app::store::Pool::acquire    200       0  20.1 s  52.7 %  100.5 ms  1.00 ms  100.0 ms   190.0 ms   198.0 ms   200.0 ms
render                        13       1  18.0 s  47.3 %    1.39 s  12.0 ms    1.50 s     1.50 s*    1.50 s*    1.50 s
tick                           1       0   40 ns   0.0 %     40 ns    40 ns     40 ns~     40 ns*     40 ns*     40 ns
";
    let summary = Summary::new(registry().snapshot());
    assert_eq!(table(&summary), expected, "\n{}", table(&summary));
    let notes = summary.to_string();
    for note in ["214 calls", "timing a call costs", "~ the median is under", "* too few calls"] {
        assert!(notes.contains(note), "{notes}");
    }
}

#[test]
fn narrow_tables_shorten_names_then_drop_figures() {
    let summary = |width| Summary::new(registry().snapshot()).width(width);
    for width in [120, 100, 80, 60, 40, 20, 1] {
        let table = table(&summary(width));
        let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width.max(40), "{widest} columns instead of {width}:\n{table}");
        assert!(table.contains("total") && table.contains("20.1 s"), "{table}");
    }
    // The end of a path says more than its beginning.
    assert!(table(&summary(117)).contains("\n…p::store::Pool::acquire "));
}

#[test]
fn a_timer_that_was_not_kept_is_noticed() {
    let registry = Registry::new();
    perfkit::with_registry(&registry, || {
        // What the note is about.
        let _ = perfkit::timer!("not kept");
        let _t = perfkit::timer!("kept");
        std::thread::sleep(Duration::from_millis(1));
    });
    // As an optimised build has it, again and again.
    (0..100).for_each(|_| registry.record("not kept", Duration::from_nanos(9)));
    let summary = Summary::new(registry.snapshot()).to_string();
    assert!(summary.contains("? not kept ended at once"), "{summary}");
}

#[test]
fn sorted_limited_and_coloured() {
    let first = |sort| {
        let table = table(&Summary::new(registry().snapshot()).sort(sort));
        table.lines().nth(2).unwrap().split(' ').next().unwrap().to_owned()
    };
    assert_eq!(first(Sort::Total), "app::store::Pool::acquire");
    assert_eq!(first(Sort::Mean), "render");
    assert_eq!(first(Sort::Errors), "render");
    assert_eq!(first(Sort::Name), "app::store::Pool::acquire");
    let limited = Summary::new(registry().snapshot()).limit(1).color(true).to_string();
    assert!(limited.contains("2 more operations not shown") && !limited.contains("render"));
    assert!(limited.starts_with("\u{1b}[1moperation"), "{limited:?}");
}

#[test]
fn any_name_stays_on_its_line_and_any_percentile_is_taken() {
    let registry = Registry::new();
    for name in ["a\nb", "\u{1b}[31mred", "日本語の名前", "", "\u{202e}right to left"] {
        registry.record(name, Duration::from_millis(1));
    }
    let percentiles = [f64::NAN, -5.0, 1e300, 0.0, 100.0];
    let text = Summary::new(registry.snapshot()).percentiles(&percentiles).width(60).to_string();
    assert_eq!(text.lines().take_while(|line| !line.starts_with("5 operations")).count(), 7);
    assert!(text.contains("a\\u{a}b") && text.contains("\\u{1b}[31mred"), "{text}");
    assert!(!Summary::new(registry.snapshot()).percentiles(&[]).to_string().contains("p50"));
}
