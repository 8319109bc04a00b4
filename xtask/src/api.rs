//! The public API of each library, listed in `xtask/api`: whoever changes it changes these files, and sees it.

use crate::{
    Result, read, rules,
    run::{run, say},
};
use std::{
    env, fs,
    process::{Command, ExitCode},
};

/// The version whose rustdoc writes what the crate `public-api` of this workspace reads.
const RUST: &str = "1.95";

/// Set where cargo calls this program as its rustdoc.
const IS_RUSTDOC: &str = "PERFKIT_XTASK_IS_RUSTDOC";

const RUSTDOC: [&str; 9] = [
    "rustdoc",
    "--quiet",
    "--all-features",
    "--lib",
    "--locked",
    "--",
    "-Zunstable-options",
    "--output-format",
    "json",
];

/// Compares the lists with the API.
pub(crate) fn check() -> Result {
    for (name, path, now) in lists()? {
        let listed = read(&path)?;
        if listed == now {
            continue;
        }
        let [was, is] = [&listed, &now].map(|text| text.lines().collect::<Vec<_>>());
        was.iter().filter(|line| !is.contains(line)).for_each(|line| say(&format!("- {line}")));
        is.iter().filter(|line| !was.contains(line)).for_each(|line| say(&format!("+ {line}")));
        return Err(format!("{path} is not the public API of {name}: cargo xtask api"));
    }
    Ok(())
}

pub(crate) fn renew() -> Result {
    for (_, path, now) in lists()? {
        fs::write(&path, now).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Names, the files of their lists, and what belongs there.
fn lists() -> Result<Vec<(&'static str, String, String)>> {
    let version = run("rustc", &["--version"], &[])?.out.concat();
    if !version.starts_with(&format!("rustc {RUST}.")) {
        say(&format!("NOT CHECKED: the public API, which needs the rustdoc of Rust {RUST}"));
        return Ok(Vec::new());
    }
    // The command has no library.
    let libraries = rules::PUBLISHED.into_iter().filter(|name| *name != "perf-cli");
    libraries.map(|name| Ok((name, format!("xtask/api/{name}.txt"), list(name)?))).collect()
}

fn list(name: &str) -> Result<String> {
    let own = env::current_exe().map_err(|error| format!("xtask: {error}"))?;
    let told = [("RUSTDOC", &*own.display().to_string()), (IS_RUSTDOC, "1")];
    run("cargo", &[&RUSTDOC[..1], &["--package", name], &RUSTDOC[1..]].concat(), &told)?;
    let file = format!("target/doc/{}.json", name.replace('-', "_"));
    let api = public_api::Builder::from_rustdoc_json(file)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .map_err(|error| format!("{name}: {error}"))?;
    let lines: Vec<_> = api.items().map(ToString::to_string).collect();
    Ok(lines.join("\n") + "\n")
}

pub(crate) fn is_rustdoc() -> bool {
    env::var_os(IS_RUSTDOC).is_some()
}

/// Rustdoc, asked for JSON as if it were not a stable one. Were cargo asked so, it would build all again.
pub(crate) fn rustdoc() -> ExitCode {
    let mut rustdoc = Command::new("rustdoc");
    rustdoc.args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1");
    match rustdoc.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
