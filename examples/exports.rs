//! One run, written in every format at its end, for the tools that read them.
//!
//! `cargo run --release --example exports --features files`

use perfkit::{Builder, Output, timed, timer};
use std::{env, hint::black_box, io, path::PathBuf, thread, time::Duration};

#[timed(labels(table = table))]
fn query(table: &str, n: u64) -> Result<u64, String> {
    let _t = timer!("connect");
    thread::sleep(Duration::from_micros(50 + n * 37 % 400));
    if n.is_multiple_of(17) { Err(format!("{table}: no row {n}")) } else { Ok(n) }
}

#[timed]
fn render(rows: u64) -> u64 {
    (0..rows * 2_000).fold(0, |sum, n| black_box(sum ^ n))
}

#[timed]
fn handle(n: u64) -> Result<u64, String> {
    let table = if n.is_multiple_of(3) { "orders" } else { "users" };
    perfkit::counter("rows_read", &[("table", table)]).add(1);
    perfkit::distribution("answer_bytes", &[]).record((n % 50 * 100) as f64);
    query(table, n).map(|rows| render(rows % 20))
}

fn main() -> io::Result<()> {
    let folder =
        env::args_os().nth(1).map_or_else(|| env::temp_dir().join("perfkit"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let names = [
        "report.html",
        "run.json",
        "run.csv",
        "run.hlog",
        "run.hgrm",
        "summary.md",
        "metrics.prom",
        "metrics.om",
        "dashboard.grafana.json",
        "stacks.folded",
        "calls.dot",
    ];
    let files = names.map(|name| Output::File(folder.join(name))).into_iter();
    let builder = Builder::new().output(Output::Stdout);
    let _perf = files.fold(builder, Builder::also).init();

    perfkit::Registry::global().describe("rows_read", None, "Rows read from the database");
    perfkit::Registry::global().describe("answer_bytes", Some("By"), "Sizes of answers");
    let failed = (0..2_000).filter(|n| handle(*n).is_err()).count();
    println!("2000 requests, {failed} failed; written to {}:", folder.display());
    names.iter().for_each(|name| println!("  {name}"));
    Ok(())
}
