//! The interval log, `.hlog`.

use super::{tag, v2};
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry, LogIteratorError};
use perf_core::{Histogram, Operation, Snapshot};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// Nanoseconds in the milliseconds that the largest value is shown in.
const NANOS_PER_MILLI: f64 = 1e6;

/// Snapshots as HdrHistogram's interval log, format 1.3: of each snapshot a row for each operation with
/// calls, tagged with its name.
///
/// A snapshot is one interval, so of snapshots of one registry give what each adds to the one before,
/// by [`Snapshot::since`]; in the order of time, which readers expect. Starts and lengths are in seconds,
/// to the millisecond, starts from the earliest one on; the largest value is in milliseconds; the
/// histograms are in nanoseconds, deflated V2 in Base64. Times before 1970 become that.
///
/// A tag is `name;key=value;…`. In it `%`, `,`, `;`, `=`, white space and control characters of names,
/// keys and values are percent-encoded, so that two series never have one tag. A series without name
/// and labels has no tag.
///
/// Source of the format: `HistogramLogWriter.java` at <https://github.com/HdrHistogram/HdrHistogram>.
///
/// ```
/// use perf_core::{OperationParts, Registry, Snapshot, SnapshotParts};
///
/// // A call of 2 ms; of one that is recorded, a machine's clock has its say in the last digit.
/// let (name, buckets) = ("work".into(), vec![(1_999_360, 1)]);
/// let work = OperationParts { name, buckets, ..OperationParts::default() };
/// let empty = SnapshotParts::from(&Registry::new().snapshot());
/// let snapshot = Snapshot::from(SnapshotParts { operations: vec![work], ..empty });
///
/// let text = perf_export::hdr::log(&[snapshot]);
/// assert!(text.contains("\nTag=work,0.000,0.") && text.contains(",2.000,HISTFAAA"));
/// ```
#[must_use]
pub fn log(snapshots: &[Snapshot]) -> String {
    let epoch = SystemTime::UNIX_EPOCH;
    let base = snapshots.iter().map(Snapshot::started).min().unwrap_or(epoch).max(epoch);
    let seconds = base.duration_since(epoch).unwrap_or_default().as_secs_f64();
    let mut text = format!(
        "#[Histogram log format version 1.3]\n\
         #[StartTime: {seconds:.3} (seconds since epoch)]\n\
         #[BaseTime: {seconds:.3} (seconds since epoch)]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
    );
    for snapshot in snapshots {
        let start = snapshot.started().duration_since(base).unwrap_or_default().as_secs_f64();
        let length = snapshot.elapsed().as_secs_f64();
        for operation in snapshot.operations().iter().filter(|operation| operation.timed() > 0) {
            text += &row(operation, start, length);
        }
    }
    text
}

fn row(operation: &Operation, start: f64, length: f64) -> String {
    let tag = tag::of(operation);
    let tag = if tag.is_empty() { tag } else { format!("Tag={tag},") };
    let histogram = operation.histogram();
    let max = histogram.buckets().next_back().map_or(0, |bucket| bucket.high_ns);
    let max = max as f64 / NANOS_PER_MILLI;
    format!("{tag}{start:.3},{length:.3},{max:.3},{}\n", v2::encode(histogram))
}

/// One row of an interval log.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Its tag as it stands there, see [`log`]; `None` without one.
    pub tag: Option<String>,
    /// When it began.
    pub start: SystemTime,
    /// How long it was.
    pub length: Duration,
    /// Its values, in nanoseconds where [`log`] wrote them.
    pub histogram: Histogram,
}

/// Why an interval log could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A line that is neither a comment nor the legend nor a row.
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// A row with a time that no clock has.
    Time {
        /// Which row, from 1.
        row: usize,
    },
    /// A row with a histogram that cannot be decoded.
    Histogram {
        /// Which row, from 1.
        row: usize,
        /// What is wrong with it.
        wrong: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line } => write!(
                f,
                "line {line} of the interval log is not `Tag=…,start,length,max,histogram` with times \
                 as `1.000`, and no comment, which begins with `#`"
            ),
            Self::Time { row } => {
                write!(f, "row {row} of the interval log begins beyond all clocks")
            }
            Self::Histogram { row, wrong } => write!(
                f,
                "row {row} of the interval log has no histogram in HdrHistogram's V2, deflated, in \
                 Base64: {wrong}"
            ),
        }
    }
}

impl std::error::Error for Error {}

/// The rows of an interval log, of [`log`] or any other writer of HdrHistogram's.
///
/// Starts count from the base time; without one from the start time if they are more than a year before
/// it, else from 1970, as in HdrHistogram's own reader.
///
/// # Errors
///
/// [`Error`] for the first line that is wrong. The last one ends with a line break, too.
///
/// ```
/// use std::time::Duration;
///
/// let registry = perf_core::Registry::new();
/// registry.record("work", Duration::from_millis(2));
/// let snapshot = registry.snapshot();
/// let rows = perf_export::hdr::read_log(&perf_export::hdr::log(&[snapshot.clone()])).unwrap();
/// assert_eq!(rows[0].tag.as_deref(), Some("work"));
/// assert_eq!(&rows[0].histogram, snapshot.get("work").unwrap().histogram());
/// ```
pub fn read_log(text: &str) -> Result<Vec<Interval>, Error> {
    let mut clock = Clock::default();
    let mut allowance = v2::allowance(text);
    let mut rows = Vec::new();
    for entry in IntervalLogIterator::new(text.as_bytes()) {
        match entry.map_err(|error| at_line(text, &error))? {
            LogEntry::StartTime(time) => clock.started = Some(time),
            LogEntry::BaseTime(time) => clock.base = Some(time),
            LogEntry::Interval(entry) => {
                let row = rows.len() + 1;
                let start = clock.time(entry.start_timestamp()).ok_or(Error::Time { row })?;
                let decoded = v2::decode(entry.encoded_histogram(), &mut allowance);
                let decoded = decoded.map_err(|wrong| Error::Histogram { row, wrong })?;
                rows.push(Interval {
                    tag: entry.tag().map(|tag| tag.as_str().to_owned()),
                    start,
                    length: entry.duration(),
                    histogram: decoded.into_histogram(),
                });
            }
        }
    }
    Ok(rows)
}

fn at_line(text: &str, LogIteratorError::ParseError { offset }: &LogIteratorError) -> Error {
    let before = text.bytes().take(*offset);
    Error::Line { line: before.filter(|byte| *byte == b'\n').count() + 1 }
}

/// The times that a log is headed with, from 1970 on.
#[derive(Default)]
struct Clock {
    started: Option<Duration>,
    base: Option<Duration>,
}

impl Clock {
    /// When a row begins; `None` if that is beyond what a clock can show. The first one settles what all
    /// count from.
    fn time(&mut self, offset: Duration) -> Option<SystemTime> {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
        let relative = self.started.filter(|started| started.saturating_sub(YEAR) > offset);
        let base = *self.base.get_or_insert(relative.unwrap_or_default());
        SystemTime::UNIX_EPOCH.checked_add(base.checked_add(offset)?)
    }
}
