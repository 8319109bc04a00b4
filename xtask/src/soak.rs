//! The orchestrator, for as long as one likes, while what it needs fails: `tests/soak`.

use crate::{
    Result,
    run::{cargo, test},
};

/// As a service would be built.
const PROGRAM: &str = "target/release/examples/orchestrator";
const FEATURES: [&str; 2] = ["--features", "http,postgres"];

/// What it needs has to be there.
pub(crate) fn run_for(minutes: u32) -> Result<u64> {
    cargo(&[&["build", "--release", "--example", "orchestrator"], &FEATURES[..]].concat())?;
    let program = std::path::absolute(PROGRAM).map_err(|error| format!("{PROGRAM}: {error}"))?;
    let soak = ["--test", "soak", "--", "--ignored", "--nocapture"];
    let told = [
        ("PERFKIT_SOAK_PROGRAM", &*program.display().to_string()),
        ("PERFKIT_SOAK_MINUTES", &*minutes.to_string()),
    ];
    test(&[&["test"], &FEATURES[..], &soak].concat(), &told)
}
