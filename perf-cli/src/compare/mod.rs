//! `perfkit compare`.

mod rows;
mod share;
mod shown;

pub(crate) use share::{Share, significance};

use crate::{
    args::Compare,
    failure::{BAD, Failure, Outcome},
    input::{Place, Range, open, operations},
    output::print,
};
use perf_analysis::compare::{Comparison, Report};
use perf_core::{Operation, OperationParts};
use std::{path::Path, process::ExitCode, time::SystemTime};

pub(crate) fn run(compare: &Compare) -> Outcome {
    let [before, after] = sides(compare)?;
    let comparison = Comparison::new()
        .percentiles(compare.percentiles.iter().copied())
        .significance(compare.significance.0)
        .least_effect(compare.least.0);
    let report = comparison.of(&before, &after);
    print(shown::shown(&report, compare)?)?;
    if report.operations.is_empty() {
        // A gate that compares nothing is to say so, not to pass.
        let [before, after] = [before.len(), after.len()];
        return Err(Failure::new(format!(
            "there is nothing to compare: no operation is in both ({before} before, {after} after)"
        )));
    }
    Ok(if is_worse(&report, compare) { ExitCode::from(BAD) } else { ExitCode::SUCCESS })
}

/// The operations of both.
fn sides(compare: &Compare) -> Outcome<[Vec<Operation>; 2]> {
    let token = compare.token.token.as_deref();
    // Both of one now.
    let now = SystemTime::now();
    let read = |side: &str| -> Outcome<Vec<Operation>> {
        if !is_range(side) {
            let place: Place = side.parse().map_err(Failure::new)?;
            return Ok(place.read(token)?.operations().to_vec());
        }
        let url = compare.stored.store.as_deref();
        let url = url.ok_or_else(|| {
            Failure::new(format!("{side}: say with --store of which store this is a range"))
        })?;
        let range = Range::parse(side, now)?;
        let store = open(url)?;
        operations(&*store, &range.query(&*store)?)
    };
    let sides = [read(&compare.before)?, read(&compare.after)?];
    // A log does not say how calls ended.
    let is_log = |side: &String| side.to_lowercase().ends_with(".hlog");
    let has_no_outcomes = [&compare.before, &compare.after].into_iter().any(is_log);
    Ok(if has_no_outcomes { sides.map(without_outcomes) } else { sides })
}

fn without_outcomes(operations: Vec<Operation>) -> Vec<Operation> {
    let without = |operation: Operation| {
        let parts = OperationParts::from(&operation);
        Operation::from(OperationParts { errors: 0, panicked: 0, cancelled: 0, ..parts })
    };
    operations.into_iter().map(without).collect()
}

/// Whether it is no input: two dots are in paths, too.
fn is_range(side: &str) -> bool {
    let times = side.split(',').next().unwrap_or_default();
    times.contains("..") && !times.contains(['/', '\\']) && !Path::new(side).exists()
}

/// Whether the command is to fail: that an operation is slower, or fails more often, is no chance.
fn is_worse(report: &Report, compare: &Compare) -> bool {
    let above = compare.fail_above.map_or(0.0, |share| share.0);
    report.regressions(above).next().is_some() || report.error_rises().next().is_some()
}
