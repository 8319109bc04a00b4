//! Completions and the manual page.

use crate::{
    args::{Arguments, Completions, Man},
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

pub(crate) fn man(man: &Man) -> Outcome {
    if let Some(folder) = &man.output {
        let written = clap_mangen::generate_to(Arguments::command(), folder);
        written.map_err(of(folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(of("the page"))?;
    print(page)?;
    Ok(ExitCode::SUCCESS)
}
