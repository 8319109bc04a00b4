//! Instructions for each call, as Valgrind's callgrind counts them: the same on every run.

use crate::{Result, measure, operations, tables};
use perfkit::timed;
use std::{fs, hint::black_box, process::Command};

const KINDS: [(&str, measure::Call); 5] = [
    ("#[timed], one operation", one),
    ("#[timed], 100 in rotation", operations::hundred_timed),
    ("two labels", |n| labelled("GET", "/users/{id}", n)),
    ("sample = 64", sampled),
    ("timer!", scope),
];

#[inline(never)]
#[timed]
fn one(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[timed(labels(method = method, route = route))]
fn labelled(method: &str, route: &str, n: u64) -> u64 {
    black_box((method, route, n)).2
}

#[inline(never)]
#[timed(sample = 64)]
fn sampled(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
fn scope(n: u64) -> u64 {
    let _t = perfkit::timer!("scope");
    black_box(n)
}

/// Calls of one kind.
pub(crate) fn run(kind: &str, times: u64) -> Result<()> {
    let (_, call) = KINDS.into_iter().find(|(name, _)| *name == kind).ok_or("no such kind")?;
    measure::time(call, times);
    Ok(())
}

/// The table.
pub(crate) fn print() -> Result<()> {
    let mut table = tables::table(&["", "instructions", "of these, aggregation"], 3);
    for (kind, _) in KINDS {
        // A hundred calls at a time.
        let times = if kind.contains("100") { 2_000 } else { 200_000 };
        let few = count(kind, times)?;
        let many = count(kind, 2 * times)?;
        let each = |few: u64, many: u64| format!("{:.0}", (many - few) as f64 / 200_000.0);
        table.add_row([kind.to_owned(), each(few.0, many.0), each(few.1, many.1)]);
    }
    println!("{table}");
    Ok(())
}

/// Instructions of a run, and those of `make_room`, which is where events are aggregated.
fn count(kind: &str, times: u64) -> Result<(u64, u64)> {
    let file = std::env::temp_dir().join(format!("perf-bench.{}.callgrind", std::process::id()));
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe()?)
        .args(["calls", kind, &times.to_string()])
        .status();
    if !status.map_err(|error| format!("valgrind: {error}"))?.success() {
        return Err(format!("{kind} failed under valgrind").into());
    }
    let annotate = Command::new("callgrind_annotate")
        .args(["--inclusive=yes", "--threshold=100", "--auto=no"])
        .arg(&file)
        .output()?;
    fs::remove_file(&file)?;
    let text = String::from_utf8_lossy(&annotate.stdout).into_owned();
    let of = |what: &str| {
        let line = text.lines().find(|line| line.contains(what));
        line.and_then(first_number).ok_or_else(|| format!("callgrind says nothing of {what}"))
    };
    Ok((of("PROGRAM TOTALS")?, of("Lane::make_room")?))
}

/// `1,234,567 (12.3%) …`
fn first_number(line: &str) -> Option<u64> {
    let number = line.split_whitespace().next()?;
    number.replace(',', "").parse().ok()
}
