//! What is written to files is what is read from them.

#![cfg(feature = "files")]

#[path = "support/any_snapshot.rs"]
mod any_snapshot;
#[path = "support/snapshots.rs"]
mod snapshots;

use any_snapshot::any_snapshot;
use perf_core::{MetricValue, Operation, Outcome, Snapshot, SnapshotParts};
use perf_export::{csv, hdr, json};
use proptest::prelude::*;
use snapshots::{PERCENTILES, empty, hostile, many};
use std::time::{Duration, SystemTime};

/// One that equals itself: without gauges that are not a number.
fn comparable(snapshot: &Snapshot) -> Snapshot {
    let mut parts = SnapshotParts::from(snapshot);
    parts
        .metrics
        .retain(|metric| !matches!(metric.value, MetricValue::Gauge(value) if value.is_nan()));
    Snapshot::from(parts)
}

fn samples() -> [Snapshot; 3] {
    [empty(), comparable(&hostile()), many(10_000)]
}

/// Rows of a table by the `csv` crate, with texts as they were.
fn rows(table: &str) -> Vec<Vec<String>> {
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What is between separators that no backslash stands before.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == separator && !escaped {
            cuts.extend([at, at + 1]);
        }
        escaped = c == '\\' && !escaped;
    }
    cuts.push(text.len());
    cuts.chunks(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}

fn unescaped(text: &str) -> String {
    let mut all = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match if c == '\\' { chars.next().unwrap() } else { c } {
            '0' if c == '\\' => all.push('\0'),
            c => all.push(c),
        }
    }
    all
}

fn text(cell: &str) -> String {
    unescaped(cell.strip_prefix('\'').unwrap_or(cell))
}

fn labels(cell: &str) -> Vec<(String, String)> {
    let cell = cell.strip_prefix('\'').unwrap_or(cell);
    let pairs = split(cell, ';').into_iter().filter(|pair| !pair.is_empty());
    let pair = |pair| match split(pair, '=')[..] {
        [key, value] => (unescaped(key), unescaped(value)),
        _ => panic!("{pair:?} of {cell:?}"),
    };
    pairs.map(pair).collect()
}

fn owned(labels: &[(std::sync::Arc<str>, std::sync::Arc<str>)]) -> Vec<(String, String)> {
    labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn check_csv(snapshot: &Snapshot) {
    let all = rows(&csv::write(snapshot, &PERCENTILES));
    assert_eq!(all.len(), snapshot.operations().len());
    let nanos = |time: Option<Duration>| time.map_or(String::new(), |of| of.as_nanos().to_string());
    for (row, of) in all.iter().zip(snapshot.operations()) {
        assert_eq!((text(&row[0]), labels(&row[1])), (of.name().to_owned(), owned(of.labels())));
        let outcomes = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];
        let outcomes = outcomes.map(|outcome| of.outcome(outcome).to_string());
        assert_eq!(row[2], of.count().to_string());
        assert_eq!(row[3..7], outcomes);
        assert_eq!(
            row[8..11],
            [of.total(), of.sum(), of.self_time()].map(|time| nanos(Some(time)))
        );
        assert_eq!(row[11..15], [of.mean(), of.stddev(), of.min(), of.max()].map(nanos));
        assert_eq!(row[15..], PERCENTILES.map(|at| nanos(of.percentile(at))));
    }
    let all = rows(&csv::metrics(snapshot, &PERCENTILES));
    assert_eq!(all.len(), snapshot.metrics().len());
    let same = |cell: &str, value: Option<f64>| match value {
        None => cell.is_empty(),
        Some(value) => cell
            .parse::<f64>()
            .is_ok_and(|of| of.to_bits() == value.to_bits() || of.is_nan() && value.is_nan()),
    };
    for (row, of) in all.iter().zip(snapshot.metrics()) {
        assert_eq!((text(&row[0]), labels(&row[1])), (of.name().to_owned(), owned(of.labels())));
        assert_eq!(text(&row[3]), of.unit().unwrap_or_default());
        match of.value() {
            MetricValue::Counter(value) => {
                assert_eq!((&*row[2], &*row[4]), ("counter", &*value.to_string()));
            }
            MetricValue::Gauge(value) => assert!(row[2] == "gauge" && same(&row[4], Some(*value))),
            MetricValue::Distribution(values) => {
                assert_eq!(
                    (&*row[2], &*row[4], &*row[5]),
                    ("distribution", "", &*values.count().to_string())
                );
                assert!(same(&row[6], Some(values.sum())) && same(&row[7], values.mean()));
                assert!(same(&row[8], values.min()) && same(&row[9], values.max()));
                let percentiles = PERCENTILES.map(|at| values.percentile(at));
                assert!(row[10..].iter().zip(percentiles).all(|(cell, value)| same(cell, value)));
            }
        }
    }
}

fn called(snapshot: &Snapshot) -> Vec<&Operation> {
    snapshot.operations().iter().filter(|operation| operation.timed() > 0).collect()
}

fn check_log(snapshots: &[Snapshot]) {
    let intervals = hdr::read_log(&hdr::log(snapshots)).unwrap();
    let rows = snapshots.iter().flat_map(|of| called(of).into_iter().map(move |op| (of, op)));
    let rows: Vec<_> = rows.collect();
    assert_eq!(intervals.len(), rows.len());
    let near = |a: Duration, b: Duration| a.abs_diff(b) <= Duration::from_millis(2);
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    for (interval, (snapshot, operation)) in intervals.iter().zip(rows) {
        assert_eq!(&interval.histogram, operation.histogram());
        assert!(near(interval.length, snapshot.elapsed()));
        assert!(near(since(interval.start), since(snapshot.started())));
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
        if operation.labels().is_empty() && plain(operation.name()) {
            assert_eq!(interval.tag.as_deref().unwrap_or_default(), operation.name());
        }
    }
    for snapshot in snapshots {
        let tags = hdr::read_log(&hdr::log(std::slice::from_ref(snapshot))).unwrap();
        let tags: std::collections::HashSet<_> = tags.into_iter().map(|of| of.tag).collect();
        assert_eq!(tags.len(), called(snapshot).len(), "each series has a tag of its own");
    }
}

proptest! {
    #[test]
    fn json_is_read_as_it_was_written(snapshot in any_snapshot(), percentiles: Vec<f64>) {
        let text = json::write(&snapshot, &percentiles);
        prop_assert_eq!(json::read(&text).unwrap(), snapshot);
    }

    #[test]
    fn csv_has_names_labels_and_figures(snapshot in any_snapshot()) {
        check_csv(&snapshot);
    }

    #[test]
    fn a_log_has_the_histograms(snapshots in prop::collection::vec(any_snapshot(), 0..3)) {
        check_log(&snapshots);
    }

    #[test]
    fn what_is_no_document_is_refused(text: String) {
        prop_assert!(json::read(&text).is_err());
        let _ = hdr::read_log(&text);
        let _ = json::read_lines(text.as_bytes()).count();
    }

    #[test]
    fn bytes_of_all_kinds_are_read_to_their_end(bytes: Vec<u8>) {
        let _ = json::read_lines(&*bytes).count();
    }

    /// Documents with pieces put elsewhere, and logs.
    #[test]
    fn mutated_documents_are_refused_or_read(
        snapshot in any_snapshot(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for text in [json::write(&snapshot, &PERCENTILES), hdr::log(&[snapshot])] {
            let mut bytes = text.into_bytes();
            for (from, to, byte) in &cuts {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                if byte % 2 == 0 {
                    bytes[from] = *byte;
                } else {
                    let piece = bytes[from.min(to)..from.max(to).min(from.min(to) + 40)].to_vec();
                    bytes.splice(to..to, piece);
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            let _ = hdr::read_log(&text);
            if let Ok(read) = json::read(&text) {
                // Whatever was read can be used.
                let again = json::read(&json::write(&read, &PERCENTILES)).unwrap();
                prop_assert_eq!(comparable(&again), comparable(&read));
                let _ = (csv::write(&read, &PERCENTILES), hdr::log(std::slice::from_ref(&read)), hdr::percentiles(&read));
            }
        }
    }
}

#[test]
fn samples_survive_each_format() {
    for snapshot in samples() {
        assert_eq!(json::read(&json::write(&snapshot, &PERCENTILES)).unwrap(), snapshot);
        check_csv(&snapshot);
        check_log(&[snapshot]);
    }
    let nan = json::read(&json::write(&hostile(), &[])).unwrap();
    assert!(nan.gauge("nan", &[]).unwrap().is_nan());
}

#[test]
fn lines_are_snapshots_one_after_another() {
    let all = samples();
    let mut text: String = all.iter().map(|of| json::line(of, &PERCENTILES)).collect();
    assert_eq!(text.lines().count(), all.len(), "a line each");
    text.insert_str(0, "\n \r\n");
    text.push_str("{\"perfkit\":2}\n\u{fffd}\n");
    let read: Vec<_> = json::read_lines(text.as_bytes()).collect();
    let (good, bad) = read.split_at(all.len());
    assert!(good.iter().zip(&all).all(|(read, of)| read.as_ref().unwrap() == of));
    let errors: Vec<_> = bad.iter().map(|of| of.as_ref().unwrap_err().to_string()).collect();
    assert_eq!(
        errors[0],
        "line 6: the document is of version 2 of perfkit's JSON; version 1 can be read"
    );
    assert!(
        errors[1].starts_with("line 7: not a document of perfkit's JSON: expected value"),
        "{errors:?}"
    );
}

#[test]
fn a_line_that_is_not_text_does_not_end_them() {
    let line = json::line(&many(1), &[]);
    // As of a process that was killed while it wrote.
    let cut = [line.as_bytes(), b"{\"perfkit\":1,\"\xc3(\n", line.as_bytes()].concat();
    let read: Vec<_> = json::read_lines(&*cut).collect();
    assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let error = read[1].as_ref().unwrap_err().to_string();
    assert!(error.starts_with("line 2: cannot be read: invalid utf-8"), "{error}");
}

#[test]
fn extremes_that_cannot_be_are_read_without_harm() {
    let distribution = |min: &str, max: &str| {
        let text = format!(
            r#"{{"perfkit":1,"started_unix_ns":0,"taken_unix_ns":5,"lost":0,"operations":[],
               "metrics":[{{"name":"a","kind":"distribution","sum":1,"min":{min},"max":{max},
               "digits":3,"buckets":[[1,2,3],[4,5,6]]}}]}}"#
        );
        json::read(&text).unwrap()
    };
    for (min, max) in [("\"NaN\"", "1"), ("1", "\"NaN\""), ("5", "1")] {
        let read = distribution(min, max);
        assert_eq!(
            csv::metrics(&read, &PERCENTILES),
            csv::metrics(&distribution("1", "4"), &PERCENTILES)
        );
        assert_eq!(read.since(&read).distribution("a", &[]).unwrap().count(), 0);
    }
}

#[test]
fn a_reader_that_fails_ends_the_lines() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let lines: Vec<_> = json::read_lines(std::io::BufReader::new(Broken)).take(9).collect();
    let errors: Vec<_> = lines.iter().map(|of| of.as_ref().unwrap_err().to_string()).collect();
    assert_eq!(errors, ["line 1: cannot be read: the disk is gone"]);
}

#[test]
fn merging_what_was_read_is_merging_what_was_written() {
    let snapshot = |calls: u64| {
        let registry = perf_core::Registry::new();
        (1..=calls).for_each(|n| registry.record("work", Duration::from_micros(n * n)));
        registry.snapshot()
    };
    let (mut here, there) = (snapshot(900), snapshot(70));
    let mut read = json::read(&json::write(&here, &PERCENTILES)).unwrap();
    read.merge(&json::read(&json::write(&there, &[])).unwrap());
    here.merge(&there);
    assert_eq!(read, here);
    let p99 = |of: &Snapshot| of.get("work").unwrap().percentile(99.0).unwrap();
    assert!(p99(&read) == p99(&here) && p99(&read) > p99(&there));
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let text = json::write(&many(1), &[]);
    let says = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{from} in {text}");
        let error = json::read(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    says(
        "\"sum_ns\":2000",
        "\"sum_ns\":-1",
        "invalid value: integer `-1`, expected u64 at line 1 column ",
    );
    says("\"HISTFAAA", "\"AAAA", "`histogram` of the operation \"many\" is not HdrHistogram's V2");
    says(
        "counter",
        "count",
        "unknown variant `count`, expected one of `counter`, `gauge`, `distribution`",
    );
    says("\"lost\":0,", "", "missing field `lost`");
    says("\"operations\":[", "\"unknown\":[{}],\"operations\":[{},", "missing field `name`");
    let one = text.split_once("\"operations\":[").unwrap().1.split_once("],\"metrics\"").unwrap().0;
    says(one, &format!("{one},{one}"), "\"many\" stands there twice with the same labels");
    let log = hdr::log(&[many(1)]);
    let says = |from: &str, to: &str, expected: &str| {
        assert!(log.contains(from), "{from} in {log}");
        let error = hdr::read_log(&log.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    says("0.000,60.000", "zero,60.000", "line 5 of the interval log is not `Tag=");
    says("HISTFAAA", "HISTFAAB", "row 1 of the interval log has no histogram");
    says(
        "0.000,60",
        "18446744073709551615.000,60",
        "row 1 of the interval log begins beyond all clocks",
    );
}
