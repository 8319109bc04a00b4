//! Instructions for each call, as Valgrind's callgrind counts them: the same on every run.

use crate::{Result, cases, contenders::untimed, measure, operations, tables};
use std::{fs, hint::black_box, process::Command};

/// The same loops of functions that are not timed.
const UNTIMED: &str = "untimed";
const HUNDRED_UNTIMED: &str = "100 untimed";

const KINDS: [(&str, measure::Call); 6] = [
    ("#[timed], one operation", cases::sync),
    ("#[timed], 100 in rotation", operations::hundred_timed),
    ("async fn ready at first poll", cases::timed_future),
    ("two labels", cases::request),
    ("sample = 64", cases::often),
    ("timer!", scope),
];

#[inline(never)]
fn scope(n: u64) -> u64 {
    let _t = perfkit::timer!("scope");
    black_box(n)
}

/// Calls of one kind.
pub(crate) fn run(kind: &str, times: u64) -> Result<()> {
    let loops: [(&str, measure::Call); 2] =
        [(UNTIMED, untimed), (HUNDRED_UNTIMED, operations::hundred_plain)];
    let all = KINDS.into_iter().chain(loops);
    let (_, call) = all.into_iter().find(|(name, _)| *name == kind).ok_or("no such kind")?;
    measure::time(call, 1000);
    counted(call, times);
    Ok(())
}

/// All that is counted.
#[inline(never)]
fn counted(call: measure::Call, times: u64) {
    (0..times).for_each(|n| {
        black_box(call(black_box(n)));
    });
}

/// The table.
pub(crate) fn print() -> Result<()> {
    const CALLS: u64 = 100_000;
    let mut table = tables::table(&["", "instructions", "of these, aggregation"], 3);
    for (kind, _) in KINDS {
        // A hundred calls at a time.
        let hundred = kind.contains("100");
        let (untimed, times) =
            if hundred { (HUNDRED_UNTIMED, CALLS / 100) } else { (UNTIMED, CALLS) };
        let (all, aggregation) = count(kind, times)?;
        let aggregation = aggregation.ok_or("callgrind saw no aggregation")?;
        let all = all - count(untimed, times)?.0;
        let each = |count: u64| format!("{:.0}", count as f64 / CALLS as f64);
        table.add_row([kind.to_owned(), each(all), each(aggregation)]);
    }
    println!("{table}");
    Ok(())
}

/// Instructions of so many calls, and those of `make_room`, which is where events are aggregated.
fn count(kind: &str, times: u64) -> Result<(u64, Option<u64>)> {
    let file = std::env::temp_dir().join(format!("perf-bench.{}.callgrind", std::process::id()));
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--toggle-collect=*callgrind::counted*"])
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
    let of = |what: &str| text.lines().find(|line| line.contains(what)).and_then(first_number);
    let all = of("PROGRAM TOTALS").ok_or("callgrind_annotate printed no total")?;
    Ok((all, of("Lane::make_room")))
}

/// `1,234,567 (12.3%) …`
fn first_number(line: &str) -> Option<u64> {
    let number = line.split_whitespace().next()?;
    number.replace(',', "").parse().ok()
}
