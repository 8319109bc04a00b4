//! Formats by the ends of file names.

use crate::{dot, folded, markdown, prometheus};
use perf_core::Snapshot;
use std::{ffi::OsStr, fmt, path::Path};

/// What is written to a file, as the end of its name tells.
///
/// ```
/// use perf_export::FileFormat;
///
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let markdown = FileFormat::of("summary.md").unwrap();
/// let bytes = markdown.render(&registry.snapshot(), &[50.0, 99.0]).unwrap();
/// assert!(String::from_utf8(bytes).unwrap().contains("| `work` |"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFormat {
    /// `.json`, see `json::write`. Feature `files`.
    Json,
    /// `.ndjson`, `.jsonl`: the same in one line. Feature `files`.
    Ndjson,
    /// `.csv`, see `csv::write`. Feature `files`.
    Csv,
    /// `.hlog`, see `hdr::log`. Feature `files`.
    HdrLog,
    /// `.hgrm`, see `hdr::percentiles`. Feature `files`.
    HdrPercentiles,
    /// `.html`, see `html::write`. Feature `files`.
    Html,
    /// `.grafana.json`, see `grafana::dashboard`. Feature `files`.
    Grafana,
    /// `.prom`, see [`prometheus::text`].
    Prometheus,
    /// `.om`, see [`prometheus::openmetrics`].
    OpenMetrics,
    /// `.folded`, see [`folded::write`].
    Folded,
    /// `.dot`, `.gv`, see [`dot::write`].
    Dot,
    /// `.md`, see [`markdown::write`].
    Markdown,
}

/// By the end of a file's name, longer ones first.
const ENDS: [(&str, FileFormat); 14] = [
    (".grafana.json", FileFormat::Grafana),
    (".json", FileFormat::Json),
    (".ndjson", FileFormat::Ndjson),
    (".jsonl", FileFormat::Ndjson),
    (".csv", FileFormat::Csv),
    (".hlog", FileFormat::HdrLog),
    (".hgrm", FileFormat::HdrPercentiles),
    (".html", FileFormat::Html),
    (".prom", FileFormat::Prometheus),
    (".om", FileFormat::OpenMetrics),
    (".folded", FileFormat::Folded),
    (".dot", FileFormat::Dot),
    (".gv", FileFormat::Dot),
    (".md", FileFormat::Markdown),
];

/// A format that wants the feature `files`, which is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable(FileFormat);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = ENDS.iter().find(|(_, format)| *format == self.0).map_or("", |(end, _)| end);
        write!(f, "{end} wants the feature `files` of perfkit")
    }
}

impl std::error::Error for Unavailable {}

impl FileFormat {
    /// The format of a file of this name; `None` if its end tells of none.
    ///
    /// ```
    /// use perf_export::FileFormat;
    /// assert_eq!(FileFormat::of("out/Run.JSON"), Some(FileFormat::Json));
    /// assert_eq!(FileFormat::of("summary.txt"), None);
    /// ```
    pub fn of(path: impl AsRef<Path>) -> Option<Self> {
        let name = path.as_ref().file_name().map(OsStr::to_ascii_lowercase)?;
        let name = name.to_string_lossy();
        ENDS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, format)| *format)
    }

    /// A snapshot in this format, with these percentiles (each 0 to 100) where it has such columns.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if the format wants a feature that is off.
    pub fn render(self, snapshot: &Snapshot, percentiles: &[f64]) -> Result<Vec<u8>, Unavailable> {
        let text = match self {
            Self::Prometheus => prometheus::text(snapshot, &prometheus::Options::default()),
            Self::OpenMetrics => prometheus::openmetrics(snapshot, &prometheus::Options::default()),
            Self::Folded => folded::write(snapshot),
            Self::Dot => dot::write(snapshot),
            Self::Markdown => markdown::write(snapshot, percentiles),
            _ => return self.render_file(snapshot, percentiles),
        };
        Ok(text.into_bytes())
    }

    #[cfg(feature = "files")]
    fn render_file(self, snapshot: &Snapshot, percentiles: &[f64]) -> Result<Vec<u8>, Unavailable> {
        use crate::{csv, grafana, hdr, html, json};
        let text = match self {
            Self::Json => json::write(snapshot, percentiles),
            Self::Ndjson => json::line(snapshot, percentiles),
            Self::Csv => csv::write(snapshot, percentiles),
            Self::HdrLog => hdr::log(std::slice::from_ref(snapshot)),
            Self::HdrPercentiles => hdr::percentiles(snapshot),
            Self::Html => html::write(snapshot),
            Self::Grafana => grafana::dashboard(snapshot),
            _ => return Err(Unavailable(self)),
        };
        Ok(text.into_bytes())
    }

    #[cfg(not(feature = "files"))]
    fn render_file(self, _: &Snapshot, _: &[f64]) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable(self))
    }
}
