//! Commands, run one after the other, and what they print.

use crate::Result;
use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
};

/// Lines.
pub(crate) struct Printed {
    pub(crate) out: Vec<String>,
    pub(crate) err: Vec<String>,
}

pub(crate) fn cargo(arguments: &[&str]) -> Result {
    run("cargo", arguments, &[]).map(drop)
}

/// Runs tests, and counts those that passed. None at all is a failure.
pub(crate) fn test(arguments: &[&str], variables: &[(&str, &str)]) -> Result<u64> {
    let printed = run("cargo", arguments, variables)?;
    let passed = printed.out.iter().chain(&printed.err).filter_map(|line| passed_in(line)).sum();
    if passed == 0 { Err(format!("cargo {} ran no test", arguments.join(" "))) } else { Ok(passed) }
}

/// The count in nextest's `Summary … 12 passed, …` and libtest's `test result: ok. 12 passed; …`.
fn passed_in(line: &str) -> Option<u64> {
    if !(line.contains("Summary [") || line.starts_with("test result:")) {
        return None;
    }
    let (before, _) = line.split_once(" passed")?;
    before.rsplit(' ').next()?.parse().ok()
}

/// Runs a command, shows what it prints, and returns that.
pub(crate) fn run(
    program: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<Printed> {
    let shown = format!("{program} {}", arguments.join(" "));
    say(&format!("▶ {shown}"));
    let mut child = Command::new(program)
        .args(arguments)
        // Results are looked for where they are unless somebody says otherwise here.
        .env_remove("CARGO_TARGET_DIR")
        .envs(variables.iter().copied())
        .env("CARGO_TERM_COLOR", "never")
        // Of no use where all is built once, and large.
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {shown}: {error}"))?;
    let [out, err] = [
        child.stdout.take().map(|pipe| thread::spawn(|| echo(pipe))),
        child.stderr.take().map(|pipe| thread::spawn(|| echo(pipe))),
    ]
    .map(|reader| reader.and_then(|reader| reader.join().ok()).unwrap_or_default());
    match child.wait() {
        Ok(status) if status.success() => Ok(Printed { out, err }),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

fn echo(pipe: impl io::Read) -> Vec<String> {
    let lines = BufReader::new(pipe).lines().map_while(io::Result::ok);
    lines.inspect(|line| say(line)).collect()
}

pub(crate) fn say(line: &str) {
    // A closed standard output is no reason to stop.
    let _ = writeln!(io::stdout(), "{line}");
}
