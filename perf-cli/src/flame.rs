//! `perfkit flame`.

use crate::{
    args::Draw,
    failure::{Failure, Outcome, of},
    output::write,
};
use inferno::flamegraph::{Options, from_lines};
use perf_export::folded;
use std::process::ExitCode;

pub(crate) fn run(draw: &Draw) -> Outcome {
    let snapshot = draw.input.read(draw.token.token.as_deref())?;
    let stacks = folded::write(&snapshot);
    if stacks.trim().is_empty() {
        return Err(Failure::new("there is nothing to draw: no operation has self time"));
    }
    let mut options = Options::default();
    "Self time".clone_into(&mut options.title);
    "ns".clone_into(&mut options.count_name);
    let mut svg = Vec::new();
    from_lines(&mut options, stacks.lines(), &mut svg).map_err(of("the flame graph"))?;
    write(draw.output.output.as_deref(), svg)?;
    Ok(ExitCode::SUCCESS)
}
