//! `cargo xtask ci`: everything CI checks, in one command, on any machine with Rust.

mod consumers;
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

/// The facade's features, each alone; without any, and all of them, are checked too.
const FEATURES: [&str; 21] = [
    "enabled",
    "signals",
    "tracing",
    "metrics",
    "tower",
    "axum",
    "tokio",
    "alloc",
    "parking_lot",
    "parking_lot_0_12",
    "files",
    "prometheus",
    "otlp",
    "otlp-tls",
    "monitor",
    "http",
    "analysis",
    "store",
    "postgres",
    "fleet",
    "queues",
];

/// perf-store's features, each alone.
const STORES: [&str; 2] = ["sqlite", "postgres"];

/// All but `alloc`, with which calls are recorded in another way: that has tests of its own.
const ALL_BUT_ALLOC: &str = "tracing,metrics,tower,axum,tokio,parking_lot,parking_lot_0_12,\
    files,prometheus,otlp-tls,http,postgres,fleet,perf-fleet/tower,queues,perf-queues/tls,\
    perf-queues/tower";

/// Packages that everything is checked of without others' features.
const WITHOUT_ALLOC: [&str; 5] =
    ["--workspace", "--exclude", "perf-bench", "--exclude", "perf-alloc"];

/// Their names, features, and arguments.
const EXAMPLES: [(&str, &str, &[&str]); 10] = [
    ("quickstart", "", &[]),
    ("async_service", "", &[]),
    ("tracker", "", &[]),
    ("exports", "files", &[]),
    ("supervisor", "monitor", &[]),
    ("agents", "fleet,http", &[]),
    ("history", "store", &[]),
    ("dashboard", "http", &["3", "127.0.0.1:0"]),
    ("existing_tracing_app", "tracing", &[]),
    ("axum_service", "axum,tracing", &[]),
];

fn ci() -> Result {
    let started = Instant::now();
    cargo(&["fmt", "--all", "--check"])?;
    lint()?;
    rules::check()?;
    ensure_nextest()?;
    let passed = tests()?;
    for (example, features, arguments) in EXAMPLES {
        let run =
            ["run", "--quiet", "--release", "--example", example, "--features", features, "--"];
        cargo(&[&run, arguments].concat())?;
    }
    say(&format!("everything took {} s", started.elapsed().as_secs()));
    say(&format!("{passed} passed, 0 failed"));
    Ok(())
}

/// Runs all tests, and counts them.
fn tests() -> Result<u64> {
    let mut passed = 0;
    let features = ["--features", ALL_BUT_ALLOC];
    let all = |command: &[&'static str]| [command, &WITHOUT_ALLOC, &features].concat();
    passed += test(&all(&["nextest", "run", "--no-fail-fast"]), &[])?;
    passed += test(&all(&["test", "--quiet", "--doc"]), &[])?;
    passed +=
        test(&["nextest", "run", "--no-fail-fast", "--no-default-features", "--test", "off"], &[])?;
    passed += consumer_tests()?;
    passed += allocator_tests()?;
    let unstable = [("RUSTFLAGS", "--cfg tokio_unstable"), ("CARGO_TARGET_DIR", "target/unstable")];
    let runtime = ["nextest", "run", "--features", "tokio", "--test", "tokio_runtime"];
    passed += test(&runtime, &unstable)?;
    let loom = [("RUSTFLAGS", "--cfg loom"), ("CARGO_TARGET_DIR", "target/loom")];
    passed += test(&["test", "--release", "-p", "perf-core", "--lib", "loom"], &loom)?;
    Ok(passed)
}

/// What others' programs make of what perfkit writes: those tests are ignored elsewhere.
fn consumer_tests() -> Result<u64> {
    let installed = consumers::ensure()?;
    let ignored = [
        "nextest",
        "run",
        "--no-fail-fast",
        "-p",
        "perf-export",
        "-p",
        "perf-monitor",
        "-p",
        "perf-store",
        "-p",
        "perf-queues",
        "-p",
        "perf-cli",
        "--all-features",
        "--run-ignored",
        "only",
    ];
    let told = [
        ("PERFKIT_PYTHON", &*installed.python),
        ("PERFKIT_NODE_MODULES", &*installed.node_modules),
    ];
    test(&ignored, &told)
}

/// What is recorded where an allocator counts, and the allocator itself, under AddressSanitizer too.
fn allocator_tests() -> Result<u64> {
    let core = ["nextest", "run", "-p", "perf-core", "-p", "perf-alloc", "--all-features"];
    let recorded = ["allocator", "counts", "outcomes", "spans", "statistics"];
    let facade = ["nextest", "run", "--all-features"].into_iter();
    let facade: Vec<_> = facade.chain(recorded.iter().flat_map(|test| ["--test", test])).collect();
    let mut passed = test(&core, &[])? + test(&facade, &[])?;
    passed += test(&["test", "--quiet", "--doc", "-p", "perf-alloc"], &[])?;
    if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
        let blocks = ["test", "-p", "perf-alloc", "--test", "blocks", "--target", ASAN_TARGET];
        passed += test(&blocks, &ASAN)?;
    }
    Ok(passed)
}

/// Sanitizers work with a stable compiler, but have to be asked for as if it were not one. One test
/// wants more memory than there is.
const ASAN: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("RUSTFLAGS", "-Zsanitizer=address"),
    ("CARGO_TARGET_DIR", "target/asan"),
    ("ASAN_OPTIONS", "allocator_may_return_null=1"),
];

/// Named, so that build scripts and macros are built without the sanitizer.
const ASAN_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Clippy with each feature, and the documentation, all without warnings.
fn lint() -> Result {
    let clippy = |arguments: &[&str]| {
        cargo(&[&["clippy", "--quiet"], arguments, &["--", "-D", "warnings"]].concat())
    };
    clippy(&["--workspace", "--all-targets"])?;
    clippy(&["--workspace", "--all-targets", "--all-features"])?;
    clippy(&["--workspace", "--all-targets", "--no-default-features"])?;
    for feature in FEATURES {
        clippy(&["--no-default-features", "--features", feature])?;
    }
    for feature in STORES {
        clippy(&[
            "-p",
            "perf-store",
            "--all-targets",
            "--no-default-features",
            "--features",
            feature,
        ])?;
    }
    let documentation = ["doc", "--quiet", "--workspace", "--no-deps", "--all-features"];
    run("cargo", &documentation, &[("RUSTDOCFLAGS", "-D warnings")]).map(drop)
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
        // Of no use where all is built once, and large.
        .env("CARGO_INCREMENTAL", "0")
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

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn echo(pipe: impl io::Read) -> Vec<String> {
    let lines = BufReader::new(pipe).lines().map_while(io::Result::ok);
    lines.inspect(|line| say(line)).collect()
}

fn say(line: &str) {
    // A closed standard output is no reason to stop.
    let _ = writeln!(io::stdout(), "{line}");
}
