//! `cargo xtask ci`: everything CI checks, in one command, on any machine with Rust; and what takes longer.

mod api;
mod ci;
mod consumers;
mod examples;
mod release;
mod rules;
mod run;
mod soak;

use std::{env, fs, process::ExitCode};

type Result<T = (), E = String> = std::result::Result<T, E>;

const USAGE: &str = "usage: cargo xtask ci
       cargo xtask soak [--minutes N]   the orchestrator, while what it needs fails
       cargo xtask api                  renew the lists of the public API
       cargo xtask semver               compare the public API with the last release's";

fn main() -> ExitCode {
    if api::is_rustdoc() {
        return api::rustdoc();
    }
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["ci"] => ci::check(),
        ["soak"] => soak(30),
        ["soak", "--minutes", minutes] => match minutes.parse() {
            Ok(minutes @ 1..) => soak(minutes),
            _ => Err(format!("{minutes} is no number of minutes, from 1 on")),
        },
        ["api"] => api::renew(),
        ["semver"] => release::semver(),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("xtask: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn soak(minutes: u32) -> Result {
    consumers::ensure()?;
    soak::run_for(minutes).map(drop)
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
