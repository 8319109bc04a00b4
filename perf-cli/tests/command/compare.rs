//! `perfkit compare`, as a gate.

use crate::{
    measured::MICROS,
    run::running,
    support::{Folder, perfkit, printed, wrong},
};
use perf_core::{Outcome, Registry};
use std::{fs, time::Duration};

/// Calls around so many microseconds, of which some fail.
fn calls(micros: u64, failing: u64) -> Registry {
    let registry = Registry::new();
    for n in 0..2_000 {
        let outcome = if n % 100 < failing { Outcome::Error } else { Outcome::Ok };
        let spread = 80 + (n * 7_919) % 41;
        registry.record_outcome("pay", Duration::from_nanos(micros * spread * 10), outcome);
    }
    registry.record("rare", Duration::from_micros(micros));
    registry
}

/// Files with calls before and after.
fn sides(before: (u64, u64), after: (u64, u64)) -> (Folder, String, String) {
    let folder = Folder::new();
    let a = folder.json("a.json", &calls(before.0, before.1).snapshot());
    let b = folder.json("b.json", &calls(after.0, after.1).snapshot());
    (folder, a, b)
}

fn code(arguments: &[&str]) -> (i32, String) {
    let done = perfkit(arguments.iter().copied()).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
}

#[test]
fn no_change_is_0() {
    let (_folder, a, b) = sides((100, 1), (100, 1));
    let (status, said) = code(&["compare", &a, &b]);
    assert_eq!(status, 0, "{said}");
    assert!(said.starts_with("1 same, 1 too few samples ("), "{said}");
    let (status, said) = code(&["compare", &a, &b, "--all"]);
    assert_eq!(status, 0);
    assert!(said.contains("pay  "), "{said}");
    assert!(said.contains("needs 19 more"), "{said}");
}

#[test]
fn slower_is_1_unless_it_is_little() {
    let (_folder, a, b) = sides((100, 1), (120, 1));
    let (status, said) = code(&["compare", &a, &b]);
    assert_eq!(status, 1, "{said}");
    let row = said.lines().find(|line| line.starts_with("pay")).unwrap();
    assert!(row.contains("+20") && row.ends_with("slower"), "{said}");
    assert_eq!(code(&["compare", &a, &b, "--fail-above", "10%"]).0, 1);
    assert_eq!(code(&["compare", &a, &b, "--fail-above", "30%"]).0, 0);
    assert_eq!(code(&["compare", &a, &b, "--least", "0.5"]).0, 0);
    let (status, said) = code(&["compare", &b, &a]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("faster"), "{said}");
}

#[test]
fn more_failures_are_1() {
    let (_folder, a, b) = sides((100, 1), (100, 9));
    let (status, said) = code(&["compare", &a, &b]);
    assert_eq!(status, 1, "{said}");
    let row = said.lines().find(|line| line.trim_start().starts_with("errors")).unwrap();
    assert!(row.contains("1.00 %") && row.contains("9.00 %") && row.ends_with("more errors"));
}

#[test]
fn a_program_that_became_slower() {
    let folder = Folder::new();
    let [fast, again, slow] =
        [("fast", "300"), ("again", "300"), ("slow", "1500")].map(|(name, micros)| {
            let file = folder.name(&format!("{name}.json"));
            running(&["-o", &file], "").env(MICROS, micros).assert().success();
            file
        });
    assert_eq!(code(&["compare", &fast, &slow, "--fail-above", "50%", "--percentiles", "50"]).0, 1);
    let (status, said) = code(&["compare", &fast, &again, "--fail-above", "50%"]);
    assert_eq!(status, 0, "{said}");
}

#[test]
fn every_format_can_be_read_back() {
    let (_folder, a, b) = sides((100, 1), (120, 1));
    let (status, json) = code(&["compare", &a, &b, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(status, 1);
    assert_eq!(json["operations"][0]["verdict"], "slower");

    let (_, text) = code(&["compare", &a, &b, "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    // Three percentiles, and the share of failed calls, of two operations.
    assert_eq!(rows.len(), 8);
    let errors = rows.iter().find(|row| &row[0] == "pay" && &row[3] == "errors").unwrap();
    assert_eq!(&errors[4], "0.01");
    let p50 = rows.iter().find(|row| &row[0] == "pay" && &row[3] == "50").unwrap();
    assert!((p50[6].parse::<f64>().unwrap() - 0.2).abs() < 0.01, "{p50:?}");
    assert_eq!(&p50[10], "slower");

    let (_, text) = code(&["compare", &a, &b, "--format", "md"]);
    let mut lines = text.lines();
    let columns = |line: &str| line.split(" | ").count();
    assert_eq!(columns(lines.next().unwrap()), 8);
    assert_eq!(lines.next().unwrap().matches('|').count(), 9);
    assert!(lines.next().unwrap().ends_with("| **slower** |"), "{text}");
}

#[test]
fn what_is_on_one_side_only_is_named() {
    let folder = Folder::new();
    let registry = Registry::new();
    registry.record("new\u{7}", Duration::from_millis(1));
    let a = folder.json("a.json", &Registry::new().snapshot());
    let b = folder.json("b.json", &registry.snapshot());
    let done = perfkit(["compare", &a, &b]).assert().code(2);
    let said = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    assert!(said.contains("nothing in common"), "{said}");
    assert!(said.contains("only after: new\\u{7}"), "{said}");
    // A gate that compares nothing does not pass.
    let why = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(why.contains("there is nothing to compare"), "{why}");
    for (share, of, right) in
        [("10", "--fail-above", "10%"), ("300%", "--significance", "up to 50%")]
    {
        let why = wrong(["compare", &b, &b, of, share]);
        assert!(why.contains(right), "{why}");
    }
    let password = "postgres://me:s3cret@db/perf";
    let said = wrong(["compare", password, &b]) + &wrong(["top", "me:s3cret@db"]);
    assert!(said.contains("--store") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_log_says_nothing_of_errors() {
    let folder = Folder::new();
    let registry = Registry::new();
    for n in 0..2_000_u64 {
        let outcome = if n % 10 == 0 { Outcome::Error } else { Outcome::Ok };
        registry.record_outcome("pay", Duration::from_micros(900 + n % 100), outcome);
    }
    let json = folder.json("x.json", &registry.snapshot());
    let log = folder.name("x.hlog");
    fs::write(&log, perf_export::hdr::log(&[registry.snapshot()])).unwrap();
    for (before, after) in [(&json, &log), (&log, &json)] {
        perfkit(["compare", before, after]).assert().success();
    }
}

#[test]
fn names_with_dots_are_files() {
    let folder = Folder::new();
    let snapshot = calls(100, 1).snapshot();
    let file = folder.json("a..b.json", &snapshot);
    printed(["compare", &file, &file]);
    let done = perfkit(["compare", "a..b.json", "./a..b.json"])
        .current_dir(folder.path(""))
        .env("PERFKIT_STORE", "sqlite:nowhere.db")
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    assert!(fs::read_dir(folder.path("")).unwrap().count() == 1);
    assert!(wrong(["compare", "2h..1h", "1h..now"]).contains("say with --store"));
}
