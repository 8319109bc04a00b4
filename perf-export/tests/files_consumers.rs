//! Files read by the programs they are for: `SQLite`, and Python with its packages.

#![cfg(feature = "files")]

#[path = "support/snapshots.rs"]
mod snapshots;
mod support;

use perf_core::Snapshot;
use perf_export::{csv, hdr, json};
use snapshots::{PERCENTILES, empty, hostile, many};
use std::{process::Command, time::Duration};
use support::{Folder, output, python};

/// What Python prints, given these values as a JSON array.
fn python_of(program: &str, arguments: &[&str], values: &[String]) -> String {
    python(program, arguments, format!("[{}]", values.join(",")).as_bytes())
}

fn json_string(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
#[ignore = "needs Python's jsonschema: cargo xtask ci"]
fn the_schema_accepts_documents_and_nothing_else() {
    const PROGRAM: &str = "
import json, sys
from jsonschema import Draft202012Validator
schema, good, bad = json.load(sys.stdin)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for document in good:
    validator.validate(document)
accepted = [at for at, document in enumerate(bad) if validator.is_valid(document)]
assert not accepted, f'accepted: {accepted}'
print(len(good), len(bad))
";
    let document = json::write(&hostile(), &PERCENTILES);
    let wrong = [
        ("\"perfkit\":1", "\"perfkit\":2"),
        ("\"elapsed_ns\":", "\"elapsed\":"),
        ("\"errors\":3", "\"errors\":-3"),
        ("\"p50_ns\":", "\"p50_ns\":\"soon\",\"was\":"),
        ("\"mean_ns\":", "\"mean_ns\":1.5,\"was\":"),
        ("\"labels\":{", "\"labels\":{\"key\":1,"),
        ("\"kind\":\"counter\"", "\"kind\":\"tally\""),
        ("\"-Infinity\"", "\"-inf\""),
        ("\"buckets\":[[", "\"buckets\":[[0.0],["),
        ("\"v2\":\"HISTFAAA", "\"v2\":\"AAAA"),
        ("\"oldest_ns\":1000", "\"oldest\":1000"),
        ("\"name\":null", "\"name\":0"),
        ("\"unit\":\"%\"", "\"unit\":5"),
    ];
    let bad = wrong.map(|(from, to)| {
        assert!(document.contains(from), "{from}");
        document.replace(from, to)
    });
    let documents = [&empty(), &many(10_000)].map(|of| json::write(of, &PERCENTILES));
    let good = [document, json::write(&hostile(), &[])].into_iter().chain(documents);
    let lists = [good.collect::<Vec<_>>(), bad.to_vec()].map(|all| format!("[{}]", all.join(",")));
    let [good, bad] = lists;
    assert_eq!(python_of(PROGRAM, &[], &[json::SCHEMA.into(), good, bad]), "4 13\n");
}

#[test]
#[ignore = "needs Python's hdrhistogram: cargo xtask ci"]
fn python_decodes_histograms_of_json() {
    const PROGRAM: &str = "
import json, sys
from hdrh.histogram import HdrHistogram
near = lambda h, a, b: abs(a - b) <= max(a, b) * 1.5 * 10 ** -h.significant_figures
checked = 0
for document in json.load(sys.stdin):
    for of in document['operations']:
        if 'v2' not in of['histogram']:
            assert 'max_ns' not in of, of
            continue
        h = HdrHistogram.decode(of['histogram']['v2'])
        assert h.get_total_count() == of['count'] - of.get('skipped', 0), of
        assert h.significant_figures == of['histogram']['digits'], of
        assert near(h, h.get_min_value(), of['min_ns']) and near(h, h.get_max_value(), of['max_ns']), of
        for percentile in (50.0, 90.0, 99.0, 99.9):
            theirs, ours = h.get_value_at_percentile(percentile), of[f'p{percentile:g}_ns']
            assert near(h, theirs, ours), (percentile, theirs, of)
        checked += 1
print(checked)
";
    let snapshots = [empty(), hostile(), many(100), thousands()];
    let with_calls = snapshots.iter().flat_map(Snapshot::operations).filter(|of| of.timed() > 0);
    let expected = format!("{}\n", with_calls.count());
    let documents = snapshots.map(|of| json::write(&of, &PERCENTILES));
    assert_eq!(python_of(PROGRAM, &[], &documents), expected);
}

/// Durations over nine powers of ten.
fn thousands() -> Snapshot {
    let registry = perf_core::Registry::new();
    (0..9_000).for_each(|n: i32| {
        registry
            .record("thousands", Duration::from_nanos(10_f64.powf(f64::from(n) / 1000.0) as u64));
    });
    registry.snapshot()
}

#[test]
#[ignore = "needs Python's hdrhistogram: cargo xtask ci"]
fn python_reads_every_interval_of_a_log() {
    const PROGRAM: &str = "
import json, sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
near = lambda h, a, b: abs(a - b) <= max(a, b) * 1.5 * 10 ** -h.significant_figures
reader = HistogramLogReader(sys.argv[1], HdrHistogram(1, 1 << 40, 3))
for at, (tag, start_ms, length_ms, count, p50, p99) in enumerate(json.load(sys.stdin)):
    h = reader.get_next_interval_histogram()
    assert h is not None, at
    assert (h.get_tag() or '') == tag, (h.get_tag(), tag)
    assert abs(h.get_start_time_stamp() - start_ms) < 2, (h.get_start_time_stamp(), start_ms)
    length = h.get_end_time_stamp() - h.get_start_time_stamp()
    assert abs(length - length_ms) < 2, (length, length_ms)
    assert h.get_total_count() == count, at
    for percentile, ours in ((50.0, p50), (99.0, p99)):
        theirs = h.get_value_at_percentile(percentile)
        assert near(h, theirs, ours), (at, percentile, theirs, ours)
assert reader.get_next_interval_histogram() is None
print(at + 1)
";
    let intervals = [hostile(), later(), many(1_000)];
    let text = hdr::log(&intervals);
    let tags: Vec<_> = hdr::read_log(&text).unwrap().into_iter().map(|of| of.tag).collect();
    let rows = intervals.iter().flat_map(|of| of.operations().iter().map(move |op| (of, op)));
    let rows = rows.filter(|(_, operation)| operation.timed() > 0).zip(tags);
    let expected = rows.map(|((snapshot, of), tag)| {
        let tag = json_string(&tag.unwrap_or_default());
        let start = snapshot.started().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let length = snapshot.elapsed().as_millis();
        let [p50, p99] = [50.0, 99.0].map(|at| of.percentile(at).unwrap().as_nanos());
        format!("[{tag},{start},{length},{},{p50},{p99}]", of.timed())
    });
    let expected: Vec<_> = expected.collect();
    let folder = Folder::new("interval-log");
    let path = folder.write("run.hlog", text);
    let read = python_of(PROGRAM, &[path.to_str().unwrap()], &expected);
    assert_eq!(read, format!("{}\n", expected.len()));
}

/// What came between two snapshots of a registry: so many calls that percentiles are at whole ranks, for
/// Python's library rounds others to the nearest, and HdrHistogram's own, as ours, up.
fn later() -> Snapshot {
    let registry = perf_core::Registry::new();
    (1..500).for_each(|n| registry.record("later", Duration::from_micros(n)));
    let before = registry.snapshot();
    std::thread::sleep(Duration::from_millis(5));
    (1..=300).for_each(|n| registry.record("later", Duration::from_millis(n)));
    registry.snapshot().since(&before)
}

#[test]
#[ignore = "needs Python's hdrhistogram: cargo xtask ci"]
fn python_finds_the_histograms_percentiles_in_tables() {
    const PROGRAM: &str = "
import json, re, sys
from hdrh.histogram import HdrHistogram
tables, histograms = json.load(sys.stdin)
tables = re.split(r'^#\\[Operation = .*\\]\\n', tables, flags=re.MULTILINE)[1:]
assert len(tables) == len(histograms), (len(tables), len(histograms))
lines = 0
for table, v2 in zip(tables, histograms):
    h = HdrHistogram.decode(v2)
    total = h.get_total_count()
    known, before = {}, 0.0
    for step in h.get_recorded_iterator():
        value = h.get_highest_equivalent_value(step.value_iterated_to) / 1e6
        through = step.total_count_to_this_value
        known.setdefault(f'{value:.{h.significant_figures}f}', []).append((before, through))
        before = through / total
    head, rest = table.split('\\n\\n', 1)
    assert head.split() == ['Value', 'Percentile', 'TotalCount', '1/(1-Percentile)'], head
    rows = [line.split() for line in rest.splitlines() if line and not line.startswith('#')]
    for row in rows:
        percentile, count = float(row[1]), int(row[2])
        steps = [before for before, through in known[row[0]] if through == count]
        assert len(steps) == 1, row
        assert steps[0] <= percentile + 1e-9 and percentile <= count / total + 1e-9, (row, steps)
        if percentile < 1.0:
            assert abs(float(row[3]) * (1 - percentile) - 1) < 0.01, row
        lines += 1
    assert len(rows[-1]) == 3 and float(rows[-1][1]) == 1.0 and int(rows[-1][2]) == total, rows[-1]
    mean, deviation = re.search(r'#\\[Mean    = *(\\S+), StdDeviation   = *(\\S+)\\]', rest).groups()
    largest, count = re.search(r'#\\[Max     = *(\\S+), Total count    = *(\\d+)\\]', rest).groups()
    buckets = re.search(r'#\\[Buckets = *(\\d+), SubBuckets     = *(\\d+)\\]', rest).groups()
    near = lambda shown, exact: abs(float(shown) - exact / 1e6) <= 1e-3 * exact / 1e6 + 0.06
    assert near(mean, h.get_mean_value()) and near(deviation, h.get_stddev()), (mean, deviation)
    assert near(largest, h.get_max_value()) and int(count) == total
    assert int(buckets[1]) == h.sub_bucket_count, buckets
assert lines >= len(tables) > 0, lines
";
    for snapshot in [hostile(), later(), thousands()] {
        let called = snapshot.operations().iter().filter(|operation| operation.timed() > 0);
        let one = called.clone().map(hdr::operation_percentiles).collect::<Vec<_>>();
        let all = hdr::percentiles(&snapshot);
        assert!(one.iter().all(|of| all.contains(of)));
        let log = hdr::log(std::slice::from_ref(&snapshot));
        let rows = log.lines().filter(|line| !line.starts_with(['#', '"']));
        let v2: Vec<_> = rows.map(|row| json_string(row.rsplit(',').next().unwrap())).collect();
        let v2 = format!("[{}]", v2.join(","));
        python_of(PROGRAM, &[], &[json_string(&all), v2]);
    }
    assert_eq!(hdr::percentiles(&empty()), "");
}

/// Rows of a table as the `csv` crate reads it, header and all, as a JSON array.
fn rows(table: &str) -> String {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let rows =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    serde_json::to_string(&rows.collect::<Vec<_>>()).unwrap()
}

fn tables() -> Vec<String> {
    let snapshots = [empty(), hostile(), many(10_000)];
    let both = |of: &Snapshot| [csv::write(of, &PERCENTILES), csv::metrics(of, &PERCENTILES)];
    snapshots.iter().flat_map(both).collect()
}

#[test]
#[ignore = "needs Python: cargo xtask ci"]
fn python_reads_tables_and_no_cell_is_a_formula() {
    const PROGRAM: &str = "
import csv, json, sys
csv.field_size_limit(1 << 20)
expected = json.load(sys.stdin)
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    rows = list(csv.reader(file, strict=True))
assert rows == expected, [pair for pair in zip(rows, expected) if pair[0] != pair[1]][:3]
assert len({len(row) for row in rows}) == 1
for row in rows[1:]:
    for cell in row:
        assert '\\0' not in cell
        if cell[:1] in ('=', '+', '-', '@', '\\t', '\\r', '\\n') and cell:
            float(cell)
print(len(rows))
";
    let folder = Folder::new("csv");
    for (at, table) in tables().into_iter().enumerate() {
        let path = folder.write(&format!("{at}.csv"), &table);
        let read = python(PROGRAM, &[path.to_str().unwrap()], rows(&table).as_bytes());
        assert_eq!(read.trim() == "1", at < 2, "only those of nothing have no rows");
    }
}

#[test]
#[ignore = "needs sqlite3: cargo xtask ci"]
fn sqlite_imports_tables() {
    let folder = Folder::new("sqlite");
    for (at, table) in tables().into_iter().enumerate() {
        let path = folder.write(&format!("{at}.csv"), &table);
        let read: Vec<Vec<String>> = serde_json::from_str(&rows(&table)).unwrap();
        let columns: Vec<_> = read[0].iter().map(|name| format!("\"{name}\"")).collect();
        let select = format!(
            ".import --csv {} t\nSELECT json_group_array(json_array({})) FROM t;\n",
            path.display(),
            columns.join(",")
        );
        let imported =
            output(Command::new("sqlite3").args(["-bail", ":memory:"]), select.as_bytes());
        let imported: Vec<Vec<String>> = serde_json::from_str(&imported).unwrap();
        assert_eq!(imported, read[1..]);
    }
}
