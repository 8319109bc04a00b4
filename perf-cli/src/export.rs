//! `perfkit export` and `perfkit graph`.

use crate::{
    args::{Draw, Export},
    failure::{Failure, Outcome},
    output::write,
};
use perf_core::Snapshot;
use perf_export::{FileFormat, dot};
use std::process::ExitCode;

const PERCENTILES: [f64; 6] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9];

/// Formats to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum To {
    /// perfkit's own document, from which everything can be made again.
    Json,
    /// Comma-separated values.
    Csv,
    /// Prometheus' text format.
    Prometheus,
    /// OpenMetrics' text format.
    Openmetrics,
    /// HdrHistogram's interval log.
    Hlog,
    /// HdrHistogram's percentile table.
    Hgrm,
    /// A page for people.
    Html,
    /// A Grafana dashboard for these operations.
    Grafana,
    /// Stacks of self time, for flame graphs.
    Folded,
    /// The call graph in Graphviz's language.
    Dot,
    /// A table in Markdown.
    Md,
}

impl To {
    fn format(self) -> FileFormat {
        match self {
            Self::Json => FileFormat::Json,
            Self::Csv => FileFormat::Csv,
            Self::Prometheus => FileFormat::Prometheus,
            Self::Openmetrics => FileFormat::OpenMetrics,
            Self::Hlog => FileFormat::HdrLog,
            Self::Hgrm => FileFormat::HdrPercentiles,
            Self::Html => FileFormat::Html,
            Self::Grafana => FileFormat::Grafana,
            Self::Folded => FileFormat::Folded,
            Self::Dot => FileFormat::Dot,
            Self::Md => FileFormat::Markdown,
        }
    }
}

pub(crate) fn run(export: &Export) -> Outcome {
    let snapshot = export.input.read(export.token.token.as_deref())?;
    let bytes = rendered(&snapshot, export.to.format())?;
    write(export.output.output.as_deref(), bytes)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn rendered(snapshot: &Snapshot, format: FileFormat) -> Outcome<Vec<u8>> {
    format.render(snapshot, &PERCENTILES).map_err(Failure::new)
}

pub(crate) fn graph(draw: &Draw) -> Outcome {
    let snapshot = draw.input.read(draw.token.token.as_deref())?;
    write(draw.output.output.as_deref(), dot::write(&snapshot))?;
    Ok(ExitCode::SUCCESS)
}
