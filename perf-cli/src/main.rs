//! The `perfkit` command.
//!
//! `main` reads the arguments and hands them to a module a command. What commands read comes from `input`,
//! what they print goes through `output`, and what goes wrong is a line of `failure`.

mod args;
mod cells;
mod check;
mod compare;
mod config;
mod demo;
mod ending;
mod export;
mod failure;
mod flame;
mod input;
mod output;
mod progress;
mod report;
mod run;
mod serve;
mod shell;
mod top;

use args::{Arguments, Command};
use clap::Parser;
use failure::{Failure, Outcome};
use std::process::ExitCode;

fn main() -> ExitCode {
    failure::exit(match Arguments::try_parse() {
        Ok(arguments) => run_command(arguments.command),
        Err(error) if error.use_stderr() => Err(Failure::of_arguments(&error)),
        // Help, and the version.
        Err(asked) => asked.exit(),
    })
}

fn run_command(command: Command) -> Outcome {
    match command {
        Command::Top(top) => top::run(&top),
        Command::Report(report) => report::run(&report),
        Command::Compare(compare) => compare::run(&compare),
        Command::Export(export) => export::run(&export),
        Command::Flame(flame) => flame::run(&flame),
        Command::Graph(graph) => export::graph(&graph),
        Command::Serve(serve) => serve::run(&serve),
        Command::Run(run) => run::run(&run),
        Command::Check(check) => check::run(&check),
        Command::Config(config) => config::run(&config),
        Command::Demo(demo) => demo::run(&demo),
        Command::Completions(shell) => shell::completions(&shell),
        Command::Man(man) => shell::man(&man),
    }
}
