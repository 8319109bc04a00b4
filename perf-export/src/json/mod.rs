//! Snapshots as JSON: written for any program to read, and read again without loss.
//!
//! Times are integers of nanoseconds, in keys that end in `_ns`; percentiles stand beside the histograms
//! they are of, which are HdrHistogram's deflated V2 in Base64, for the libraries of
//! <https://hdrhistogram.org> in any language. Numbers that JSON has not are the strings `"NaN"`,
//! `"Infinity"` and `"-Infinity"`, as in protobuf's mapping
//! (<https://protobuf.dev/programming-guides/json/>). Integers are exact up to 64 bits; JavaScript's
//! `JSON.parse` rounds those beyond 2^53, which is 104 days in nanoseconds. [`SCHEMA`] describes every
//! key; what is zero or absent is mostly left out.

mod error;
mod kept;
mod number;
mod percentiles;
mod reading;
mod writing;

pub use error::Error;

use perf_core::Snapshot;
use std::io::{self, BufRead, ErrorKind};

pub(crate) use percentiles::named;

/// The version of the format, which stands first in a document.
const VERSION: u64 = 1;

/// The JSON schema (draft 2020-12) of a document, with the meaning and unit of every key.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(perf_export::json::SCHEMA).unwrap();
/// assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
/// ```
pub const SCHEMA: &str = include_str!("../../schema/perfkit-snapshot-1.schema.json");

/// A snapshot as one JSON document in one line, with these percentiles (each 0 to 100; others are left
/// out) of operations with calls, as `p50_ns`, and of distributions, as `p50`.
///
/// [`read`] gives the same snapshot again; but for counts of a histogram's bucket beyond 2^63 − 1,
/// which become that, and times beyond the years 1677 to 2262, which become the nearest there.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let text = perf_export::json::write(&registry.snapshot(), &[50.0, 99.9]);
/// assert!(text.starts_with(r#"{"perfkit":1,"started_unix_ms":"#));
/// assert!(text.contains(r#""name":"work","count":1,"#));
/// assert!(text.contains(r#""p50_ns":2000000,"p99.9_ns":2000000"#));
/// ```
#[must_use]
pub fn write(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    line(snapshot, percentiles)
}

/// A snapshot as a line of newline-delimited JSON (<https://github.com/ndjson/ndjson-spec>), line break
/// included: lines one after another in a file are snapshots one after another. The line is what
/// [`write()`] gives.
///
/// ```
/// let snapshot = perf_core::Registry::new().snapshot();
/// let file = perf_export::json::line(&snapshot, &[]) + &perf_export::json::line(&snapshot, &[]);
/// assert_eq!(perf_export::json::read_lines(file.as_bytes()).count(), 2);
/// ```
#[must_use]
pub fn line(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    writing::document(snapshot, percentiles) + "\n"
}

/// The snapshot of a document. Unknown keys are ignored, and so is what follows from others, as
/// percentiles do.
///
/// It may come from anybody: time and memory are in proportion to its length, but for its histograms, of
/// which a short one can unpack to some 400 MB.
///
/// # Errors
///
/// [`Error`] if it is not a document of a version known here.
///
/// ```
/// use perf_export::json;
///
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let snapshot = registry.snapshot();
/// assert_eq!(json::read(&json::write(&snapshot, &[50.0])).unwrap(), snapshot);
///
/// let error = json::read(r#"{"perfkit":7}"#).unwrap_err();
/// assert_eq!(error.to_string(), "the document is of version 7 of perfkit's JSON; version 1 can be read");
/// ```
pub fn read(text: &str) -> Result<Snapshot, Error> {
    reading::snapshot(text)
}

/// The snapshots of newline-delimited JSON, one a line; blank lines are skipped. After a line that is not
/// a snapshot, or not UTF-8, the next ones are read all the same; after an error of the reader nothing is.
/// A line is as long as the reader makes it: limit a reader that is not trusted
/// ([`Read::take`](io::Read::take)).
///
/// # Errors
///
/// [`Error::Line`], with the number of the line and what is wrong with it.
///
/// ```
/// let mut lines = perf_export::json::read_lines("\n{}\n".as_bytes());
/// let error = lines.next().unwrap().unwrap_err();
/// assert!(error.to_string().starts_with("line 2: "));
/// assert!(lines.next().is_none());
/// ```
pub fn read_lines(reader: impl BufRead) -> impl Iterator<Item = Result<Snapshot, Error>> {
    let mut failed = false;
    let lines = reader.split(b'\n').zip(1..).map_while(move |(bytes, line)| {
        let ended = std::mem::replace(&mut failed, bytes.is_err());
        (!ended).then_some((bytes, line))
    });
    let some =
        lines.filter(|(bytes, _)| !bytes.as_ref().is_ok_and(|of| of.trim_ascii().is_empty()));
    some.map(|(bytes, line)| {
        let text = bytes.and_then(|bytes| {
            String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
        });
        let snapshot = text.map_err(Error::Io).and_then(|text| read(&text));
        snapshot.map_err(|error| Error::Line { line, error: Box::new(error) })
    })
}
