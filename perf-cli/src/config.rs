//! `perfkit config`.

use crate::{
    args::{Config, ConfigCommand},
    failure::{Failure, Outcome, of},
    output::print,
};
use perf_monitor::config;
use std::{fs, process::ExitCode};

pub(crate) fn run(config: &Config) -> Outcome {
    match &config.command {
        ConfigCommand::Example => print(config::example())?,
        ConfigCommand::Validate { file } => {
            let shown = file.display();
            let text = fs::read_to_string(file).map_err(of(&shown))?;
            config::Config::from_toml(&text)
                .map_err(|error| Failure::new(format!("{shown}: {error}")))?;
            print(format!("{shown}: all settings are understood\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
