//! `perfkit config`.

use crate::{
    args::{Config, ConfigCommand, ConfigRules},
    failure::{Failure, Outcome, of},
    output::{print, write},
};
use perf_monitor::{
    config,
    rules::{
        prometheus::{Options, rule_file},
        ready_made, ready_made_for, with_ready_made,
    },
};
use std::{fs, path::Path, process::ExitCode};

pub(crate) fn run(config: &Config) -> Outcome {
    match &config.command {
        ConfigCommand::Example => print(config::example())?,
        ConfigCommand::Validate { file } => {
            read(file)?;
            print(format!("{}: all settings are understood\n", file.display()))?;
        }
        ConfigCommand::Rules(asked) => rules(asked)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Outcome<config::Config> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(of(&shown))?;
    config::Config::from_toml(&text).map_err(|error| Failure::new(format!("{shown}: {error}")))
}

/// Rules for Prometheus.
fn rules(asked: &ConfigRules) -> Outcome<()> {
    let mut options = Options::default();
    let mut rules = Vec::new();
    let mut has_ready_made = true;
    if let Some(file) = &asked.file {
        let config = read(file)?;
        options = options.every(config.interval);
        has_ready_made = config.ready_made_rules;
        rules = config.rules;
    }
    if has_ready_made {
        rules = with_ready_made(rules, asked.cpus.map_or_else(ready_made, ready_made_for));
    }
    if let Some(input) = &asked.units_of {
        options = options.units_of(&input.read(asked.token.token.as_deref())?);
    }
    let file = rule_file(&rules, &options).map_err(Failure::new)?;
    write(asked.output.output.as_deref(), file.to_string())
}
