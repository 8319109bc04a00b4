//! Files that perfkit wrote.

use super::of_operations;
use crate::failure::{Failure, Outcome, of};
use perf_core::{OperationParts, Snapshot};
use perf_export::{FileFormat, hdr, json};
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

pub(super) fn read(path: &Path) -> Outcome<Snapshot> {
    let shown = path.display();
    let format = FileFormat::of(path);
    let text = || fs::read_to_string(path).map_err(of(&shown));
    match format {
        Some(FileFormat::Json) => document(&text()?).map_err(of(shown)),
        Some(FileFormat::Ndjson) => lines(&text()?).map_err(of(shown)),
        Some(FileFormat::HdrLog) => log(&text()?).map_err(of(shown)),
        _ => Err(Failure::new(format!(
            "{shown}: expected a .json, .ndjson or .hlog file that perfkit wrote"
        ))),
    }
}

pub(super) fn read_stdin() -> Outcome<Snapshot> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(of("standard input"))?;
    document(&text).map_err(of("standard input"))
}

pub(super) fn document(text: &str) -> Result<Snapshot, json::Error> {
    json::read(text)
}

/// All lines, merged. One that began when the one before it did has all that this had, and more.
fn lines(text: &str) -> Result<Snapshot, String> {
    let mut runs: Vec<Snapshot> = Vec::new();
    for read in json::read_lines(text.as_bytes()) {
        let read = read.map_err(|error| error.to_string())?;
        if runs.last().is_some_and(|last| last.started() == read.started()) {
            runs.pop();
        }
        runs.push(read);
    }
    let mut runs = runs.into_iter();
    let mut all = runs.next().ok_or_else(|| "it is empty".to_owned())?;
    runs.for_each(|run| all.merge(&run));
    Ok(all)
}

/// All rows: a tag is an operation.
fn log(text: &str) -> Result<Snapshot, String> {
    let rows = hdr::read_log(text).map_err(|error| error.to_string())?;
    let mut all: Option<Snapshot> = None;
    for row in rows {
        let buckets: Vec<_> =
            row.histogram.buckets().map(|bucket| (bucket.low_ns, bucket.count)).collect();
        let middle = |bucket: perf_core::Bucket| bucket.low_ns.midpoint(bucket.high_ns);
        let sum = row.histogram.buckets().map(|bucket| middle(bucket).saturating_mul(bucket.count));
        let operation = OperationParts {
            name: row.tag.unwrap_or_else(|| "(no tag)".into()),
            digits: row.histogram.digits(),
            sum_ns: sum.fold(0, u64::saturating_add),
            buckets,
            ..OperationParts::default()
        };
        let one = of_operations(vec![operation], (row.start, row.start + row.length));
        match &mut all {
            Some(all) => all.merge(&one),
            None => all = Some(one),
        }
    }
    all.ok_or_else(|| "it has no interval".into())
}
