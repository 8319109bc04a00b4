//! `perfkit compare`.

mod share;
mod shown;

pub(crate) use share::Share;

use crate::{
    args::Compare,
    failure::{BAD, Failure, Outcome},
    input::{Place, Range, open, operations},
    output::print,
};
use perf_analysis::compare::{Comparison, Report};
use perf_core::Operation;
use std::{process::ExitCode, time::SystemTime};

pub(crate) fn run(compare: &Compare) -> Outcome {
    let [before, after] = sides(compare)?;
    let comparison = Comparison::new()
        .percentiles(compare.percentiles.iter().copied())
        .significance(compare.significance.0)
        .least_effect(compare.least.0);
    let report = comparison.of(&before, &after);
    print(shown::shown(&report, compare))?;
    Ok(if is_worse(&report, compare) { ExitCode::from(BAD) } else { ExitCode::SUCCESS })
}

/// The operations of both.
fn sides(compare: &Compare) -> Outcome<[Vec<Operation>; 2]> {
    let token = compare.token.token.as_deref();
    let both = [&compare.before, &compare.after];
    // A store in the environment is for when ranges are named.
    let is_range = both.iter().all(|side| side.contains(".."));
    let read = |side: &&String| -> Outcome<Vec<Operation>> {
        match &compare.stored.store {
            Some(url) if is_range => {
                let store = open(url)?;
                let range = Range::parse(side, SystemTime::now())?;
                operations(&*store, &range.query(&*store)?)
            }
            _ => {
                let place: Place = side.parse().map_err(Failure::new)?;
                Ok(place.read(token)?.operations().to_vec())
            }
        }
    };
    let [before, after] = both;
    Ok([read(&before)?, read(&after)?])
}

/// Whether the command is to fail: that an operation is slower, or fails more often, is no chance.
fn is_worse(report: &Report, compare: &Compare) -> bool {
    let above = compare.fail_above.map_or(0.0, |share| share.0);
    report.regressions(above).next().is_some() || report.error_rises().next().is_some()
}
