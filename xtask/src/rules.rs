//! Rules of the workspace that no compiler checks.

use crate::{Result, read};
use serde_json::Value;
use std::{collections::BTreeSet, process::Command};

/// What perf-core may depend on directly, and why each is there.
const CORE_DEPENDENCIES: [(&str, &str); 8] = [
    ("comfy-table", "the summary's table"),
    ("hdrhistogram", "histograms in their usual type"),
    ("once_cell", "call sites that register without blocking"),
    ("pin-project-lite", "timed futures without unsafe code"),
    ("quanta", "the clock"),
    ("rustc-hash", "finding the series of a labelled call"),
    ("tracing", "log events"),
    ("unicode-width", "the summary's names within their column"),
];

/// The crates that are published.
pub(crate) const PUBLISHED: [&str; 12] = [
    "perf-alloc",
    "perf-analysis",
    "perf-bridges",
    "perf-cli",
    "perf-core",
    "perf-export",
    "perf-fleet",
    "perf-macros",
    "perf-monitor",
    "perf-queues",
    "perf-store",
    "perfkit",
];

/// What users may switch on without a newer Rust than the workspace states.
pub(crate) const FEATURES: &str = "perfkit/tracing,perfkit/metrics,perfkit/axum,perfkit/tokio,perfkit/alloc,\
    perfkit/parking_lot_0_12,perfkit/files,perfkit/prometheus,perfkit/otlp-tls,perfkit/http,\
    perfkit/postgres,perfkit/fleet,perf-fleet/tower,perfkit/queues,perf-queues/tls,\
    perf-queues/tower";

/// The one crate that may have unsafe code, and the file it is in.
const UNSAFE: (&str, &str) = ("perf-alloc", "perf-alloc/src/lib.rs");

pub(crate) fn check() -> Result {
    let metadata = metadata()?;
    core_dependencies(&metadata)?;
    minimal_rust(&metadata)?;
    no_unsafe_exceptions()
}

fn metadata() -> Result<Value> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn core_dependencies(metadata: &Value) -> Result {
    let core = packages(metadata).find(|package| package["name"] == "perf-core");
    let dependencies = core.and_then(|core| core["dependencies"].as_array()).into_iter().flatten();
    let normal = dependencies.filter(|d| d["kind"].is_null() && d["target"] != "cfg(loom)");
    for dependency in normal.filter_map(|dependency| dependency["name"].as_str()) {
        if CORE_DEPENDENCIES.iter().all(|(allowed, _)| *allowed != dependency) {
            return Err(format!(
                "perf-core must not depend on {dependency}: see xtask/src/rules.rs"
            ));
        }
    }
    Ok(())
}

/// Nothing a user builds may want a newer Rust than the workspace says it needs.
fn minimal_rust(metadata: &Value) -> Result {
    let stated = packages(metadata)
        .find(|package| package["name"] == "perfkit")
        .and_then(|perfkit| version(&perfkit["rust_version"]))
        .ok_or("perfkit states no rust-version")?;
    for (name, release) in built_by_users()? {
        let package = packages(metadata)
            .filter(|package| package["name"] == *name && package["version"] == *release);
        for wanted in package.filter_map(|package| version(&package["rust_version"])) {
            if wanted > stated {
                return Err(format!(
                    "{name} wants Rust {wanted:?}, the workspace states {stated:?}"
                ));
            }
        }
    }
    Ok(())
}

/// The crates in the published crates' normal dependency trees, by name and version.
fn built_by_users() -> Result<BTreeSet<(String, String)>> {
    let mut tree = Command::new("cargo");
    tree.args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--locked"]);
    tree.args(["--features", FEATURES]);
    tree.args(PUBLISHED.iter().flat_map(|name| ["--package", name]));
    let output = tree.output().map_err(|error| format!("cannot run cargo tree: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // `name v1.2.3 (where from)`
    let package = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    let built: BTreeSet<_> = text.lines().filter_map(package).collect();
    if built.iter().any(|(name, _)| name == "perf-core") {
        Ok(built)
    } else {
        Err("cargo tree shows no crate".into())
    }
}

fn version(value: &Value) -> Option<Vec<u32>> {
    let mut parts: Vec<u32> = value.as_str()?.split('.').filter_map(|n| n.parse().ok()).collect();
    parts.resize(3, 0);
    Some(parts)
}

/// The workspace forbids unsafe code; each crate must take part but one, which denies it and has one
/// exception.
fn no_unsafe_exceptions() -> Result {
    if !read("Cargo.toml")?.contains("unsafe_code = \"forbid\"") {
        return Err("Cargo.toml no longer forbids unsafe code".into());
    }
    let (exception, file) = UNSAFE;
    for name in PUBLISHED.iter().filter(|name| **name != exception).chain(&["xtask"]) {
        let path = if *name == "perfkit" { ".".to_owned() } else { (*name).to_owned() };
        if !read(&format!("{path}/Cargo.toml"))?.contains("[lints]\nworkspace = true") {
            return Err(format!("{name} does not take the workspace's lints"));
        }
    }
    if !read(&format!("{exception}/Cargo.toml"))?.contains("unsafe_code = \"deny\"") {
        return Err(format!("{exception} does not deny unsafe code"));
    }
    match read(file)?.matches("(unsafe_code").count() {
        1 => Ok(()),
        count => Err(format!("{file} makes {count} exceptions of unsafe code, instead of one")),
    }
}
