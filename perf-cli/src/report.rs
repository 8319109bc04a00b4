//! `perfkit report`.

use crate::{
    args::Report,
    failure::Outcome,
    input::{by_label, grouped, merged, open},
    output::{Table, print, shown},
};
use perf_store::Query;
use std::{process::ExitCode, time::SystemTime};

pub(crate) fn run(report: &Report) -> Outcome {
    let key = report.by.as_deref();
    // A store in the environment is for when nothing else is named.
    let snapshot = match &report.stored.store {
        Some(url) if report.inputs.is_empty() => {
            let now = SystemTime::now();
            let from = now.checked_sub(report.since).unwrap_or(SystemTime::UNIX_EPOCH);
            grouped(&*open(url)?, Query::new(from, now), key)?
        }
        _ => {
            let all = merged(&report.inputs, report.token.token.as_deref())?;
            key.map_or_else(|| all.clone(), |key| by_label(&all, key))
        }
    };
    let table =
        Table { sort: report.sort, limit: report.top.unwrap_or(usize::MAX), ..Table::default() };
    print(shown(snapshot, &report.percentiles, report.format, &table))?;
    Ok(ExitCode::SUCCESS)
}
