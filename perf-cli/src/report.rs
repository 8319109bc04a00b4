//! `perfkit report`.

use crate::{
    args::Report,
    failure::{Failure, Outcome},
    input::{by_label, each_labelled, grouped, merged, open},
    output::{Table, print, shown},
};
use perf_core::Snapshot;
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
        _ => of_inputs(report, key)?,
    };
    let table =
        Table { sort: report.sort, limit: report.top.unwrap_or(usize::MAX), ..Table::default() };
    print(shown(snapshot, &report.percentiles, report.format, &table))?;
    Ok(ExitCode::SUCCESS)
}

/// Of files and programs each is an instance.
fn of_inputs(report: &Report, key: Option<&str>) -> Outcome<Snapshot> {
    let token = report.token.token.as_deref();
    if key == Some("instance") {
        return each_labelled(&report.inputs, token);
    }
    let all = merged(&report.inputs, token)?;
    let Some(key) = key else { return Ok(all) };
    if all.operations().iter().any(|operation| operation.label(key).is_some()) {
        return Ok(by_label(&all, key));
    }
    Err(Failure::new(format!(
        "no operation has a label {key:?}: --by instance, or a label there is"
    )))
}
