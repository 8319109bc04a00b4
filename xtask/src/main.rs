//! `cargo xtask ci`: everything CI checks, in one command, on any machine with Rust.

mod rules;

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Command, ExitCode, Stdio},
    thread,
    time::Instant,
};

type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let task = env::args().nth(1);
    let result = match task.as_deref() {
        Some("ci") => ci(),
        _ => Err("usage: cargo xtask ci".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xtask: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The facade's features: all of them is the default.
const FEATURES: [&[&str]; 3] = [
    &["--no-default-features"],
    &["--no-default-features", "--features", "enabled"],
    &["--no-default-features", "--features", "signals"],
];

const EXAMPLES: [&str; 3] = ["quickstart", "async_service", "tracker"];

fn ci() -> Result {
    let started = Instant::now();
    cargo(&["fmt", "--all", "--check"])?;
    lint()?;
    rules::check()?;
    ensure_nextest()?;
    let mut passed = 0;
    passed += test(&["nextest", "run", "--workspace", "--exclude", "perf-bench"], &[])?;
    passed += test(&["test", "--quiet", "--workspace", "--doc", "--exclude", "perf-bench"], &[])?;
    passed += test(&["nextest", "run", "--no-default-features", "--test", "off"], &[])?;
    let loom = [("RUSTFLAGS", "--cfg loom"), ("CARGO_TARGET_DIR", "target/loom")];
    passed += test(&["test", "--release", "-p", "perf-core", "--lib", "loom"], &loom)?;
    for example in EXAMPLES {
        cargo(&["run", "--quiet", "--release", "--example", example])?;
    }
    say(&format!("everything took {} s", started.elapsed().as_secs()));
    say(&format!("{passed} passed, 0 failed"));
    Ok(())
}

/// Clippy with every combination of features, and the documentation, all without warnings.
fn lint() -> Result {
    let clippy = |features: &[&str]| {
        let arguments = ["clippy", "--quiet", "--workspace", "--all-targets"];
        cargo(&[&arguments[..], features, &["--", "-D", "warnings"]].concat())
    };
    clippy(&[])?;
    FEATURES.iter().try_for_each(|features| clippy(features))?;
    let warnings = [("RUSTDOCFLAGS", "-D warnings")];
    run("cargo", &["doc", "--quiet", "--workspace", "--no-deps"], &warnings).map(drop)
}

fn ensure_nextest() -> Result {
    let version = Command::new("cargo").args(["nextest", "--version"]).output();
    if version.is_ok_and(|version| version.status.success()) {
        return Ok(());
    }
    cargo(&["install", "--locked", "cargo-nextest"])
}

fn cargo(arguments: &[&str]) -> Result {
    run("cargo", arguments, &[]).map(drop)
}

/// Runs tests, and counts those that passed. None at all is a failure.
fn test(arguments: &[&str], variables: &[(&str, &str)]) -> Result<u64> {
    let output = run("cargo", arguments, variables)?;
    let passed = output.iter().filter_map(|line| passed_in(line)).sum();
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
fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Vec<String>> {
    let shown = format!("{program} {}", arguments.join(" "));
    say(&format!("▶ {shown}"));
    let mut child = Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {shown}: {error}"))?;
    let readers = [
        child.stdout.take().map(|pipe| thread::spawn(|| echo(pipe))),
        child.stderr.take().map(|pipe| thread::spawn(|| echo(pipe))),
    ];
    let lines = readers.into_iter().flatten().filter_map(|reader| reader.join().ok()).flatten();
    let lines = lines.collect();
    match child.wait() {
        Ok(status) if status.success() => Ok(lines),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

fn echo(pipe: impl io::Read) -> Vec<String> {
    let lines = BufReader::new(pipe).lines().map_while(io::Result::ok);
    lines.inspect(|line| say(line)).collect()
}

fn say(line: &str) {
    // A closed standard output is no reason to stop.
    let _ = writeln!(io::stdout(), "{line}");
}
