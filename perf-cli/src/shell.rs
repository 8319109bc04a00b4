//! Completions and the manual page.

use crate::{
    args::{Arguments, Completions},
    failure::{Outcome, of},
    output::print,
};
use clap::CommandFactory;
use std::process::ExitCode;

pub(crate) fn completions(completions: &Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Arguments::command(), "perfkit", &mut script);
    print(script)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man() -> Outcome {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(of("the page"))?;
    print(page)?;
    Ok(ExitCode::SUCCESS)
}
