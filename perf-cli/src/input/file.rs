//! Files that perfkit wrote.

use super::of_operations;
use crate::failure::{Failure, Outcome, of};
use percent_encoding::percent_decode_str;
use perf_core::{Bucket, OperationParts, Snapshot};
use perf_export::{FileFormat, hdr, json};
use std::{
    collections::BTreeMap,
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

/// All lines, merged. One that began when another before it did has all that this had, and more, though lines
/// of other runs stand between.
fn lines(text: &str) -> Result<Snapshot, String> {
    let mut runs = BTreeMap::new();
    for read in json::read_lines(text.as_bytes()) {
        let read = read.map_err(|error| error.to_string())?;
        runs.insert(read.started(), read);
    }
    let mut runs = runs.into_values();
    let mut all = runs.next().ok_or_else(|| "it is empty".to_owned())?;
    runs.for_each(|run| all.merge(&run));
    Ok(all)
}

/// All rows, merged: a tag is an operation.
fn log(text: &str) -> Result<Snapshot, String> {
    let rows = hdr::read_log(text).map_err(|error| error.to_string())?;
    let started = rows.iter().map(|row| row.start).min();
    let ends = rows.iter().map(|row| row.start.checked_add(row.length).unwrap_or(row.start));
    let times = started.zip(ends.max()).ok_or_else(|| "it has no interval".to_owned())?;
    Ok(of_operations(rows.iter().map(operation).collect(), times))
}

fn operation(row: &hdr::Interval) -> OperationParts {
    let (name, labels) = row.tag.as_deref().map_or(("(no tag)".into(), Vec::new()), series);
    let middle = |bucket: Bucket| bucket.low_ns.midpoint(bucket.high_ns);
    let sums = row.histogram.buckets().map(|bucket| middle(bucket).saturating_mul(bucket.count));
    let sum_ns = sums.fold(0, u64::saturating_add);
    OperationParts {
        name,
        labels,
        digits: row.histogram.digits(),
        buckets: row.histogram.buckets().map(|bucket| (bucket.low_ns, bucket.count)).collect(),
        sum_ns,
        // What calls what is not in a log.
        self_ns: sum_ns,
        ..OperationParts::default()
    }
}

/// The name and labels of `name;key=value;…`, percent-encoded, as perfkit writes tags.
fn series(tag: &str) -> (String, Vec<(String, String)>) {
    let text = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let mut parts = tag.split(';');
    let name = text(parts.next().unwrap_or_default());
    let label = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (text(key), text(value))
    };
    (name, parts.map(label).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;
    use std::time::Duration;

    #[test]
    fn logs_have_their_names_and_labels_again() {
        let registry = Registry::new();
        drop(registry.timer_labelled("GET /a;b", &[("tenant", "x=1 %")]));
        let read = log(&hdr::log(&[registry.snapshot()])).unwrap();
        assert_eq!(read.get_labelled("GET /a;b", &[("tenant", "x=1 %")]).unwrap().count(), 1);
        assert!(log("").is_err());
    }

    #[test]
    fn a_later_line_of_a_run_has_the_earlier_ones_in_it() {
        let registry = Registry::new();
        registry.record("n", Duration::from_millis(1));
        let first = json::line(&registry.snapshot(), &[]);
        registry.record("n", Duration::from_millis(1));
        let second = json::line(&registry.snapshot(), &[]);
        let other = Registry::new();
        other.record("n", Duration::from_millis(1));
        let other = json::line(&other.snapshot(), &[]);
        assert_eq!(lines(&(first + &second + &other)).unwrap().get("n").unwrap().count(), 3);
        assert!(lines("\n").is_err());
    }
}
