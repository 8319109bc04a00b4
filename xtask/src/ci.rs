//! Everything CI checks.

use crate::{
    Result, api, consumers, examples, release, rules,
    run::{cargo, run, say, test},
    soak,
};
use std::{process::Command, time::Instant};

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

pub(crate) fn check() -> Result {
    let started = Instant::now();
    cargo(&["fmt", "--all", "--check"])?;
    lint()?;
    rules::check()?;
    ensure_nextest()?;
    let installed = consumers::ensure()?;
    let passed = tests(&installed)? + features()? + soak::run_for(1)?;
    examples::check()?;
    api::check()?;
    release::check(&installed)?;
    say(&format!("everything took {} s", started.elapsed().as_secs()));
    say(&format!("{passed} passed, 0 failed"));
    Ok(())
}

/// Runs all tests, and counts them.
fn tests(installed: &consumers::Installed) -> Result<u64> {
    let mut passed = 0;
    let features = ["--features", ALL_BUT_ALLOC];
    let all = |command: &[&'static str]| [command, &WITHOUT_ALLOC, &features].concat();
    passed += test(&all(&["nextest", "run", "--no-fail-fast"]), &[])?;
    passed += test(&all(&["test", "--quiet", "--doc"]), &[])?;
    passed +=
        test(&["nextest", "run", "--no-fail-fast", "--no-default-features", "--test", "off"], &[])?;
    passed += consumer_tests(installed)?;
    passed += allocator_tests()?;
    let unstable = [("RUSTFLAGS", "--cfg tokio_unstable"), ("CARGO_TARGET_DIR", "target/unstable")];
    let runtime = ["nextest", "run", "--features", "tokio", "--test", "tokio_runtime"];
    passed += test(&runtime, &unstable)?;
    let loom = [("RUSTFLAGS", "--cfg loom"), ("CARGO_TARGET_DIR", "target/loom")];
    passed += test(&["test", "--release", "-p", "perf-core", "--lib", "loom"], &loom)?;
    Ok(passed)
}

/// What others' programs make of what perfkit writes: those tests are ignored elsewhere.
fn consumer_tests(installed: &consumers::Installed) -> Result<u64> {
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

/// What each of the facade's features gives, with it alone, with none and with all.
fn features() -> Result<u64> {
    let mut passed = test(&["test", "--quiet", "--all-features", "--test", "features"], &[])?;
    for feature in [&[""], &FEATURES[..]].concat() {
        let alone = ["--no-default-features", "--features", feature];
        passed += test(&[&["test", "--quiet"], &alone[..], &["--test", "features"]].concat(), &[])?;
    }
    Ok(passed)
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
