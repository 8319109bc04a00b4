//! `perfkit check`.

use crate::{
    args::Check,
    failure::{BAD, Failure, Outcome, of},
    input::get,
    output::print,
};
use serde_json::Value;
use std::{fmt::Write, process::ExitCode};

pub(crate) fn run(check: &Check) -> Outcome {
    let url = crate::input::url_of(&check.url, "/health");
    let (status, text) = get(&url, None, check.timeout)?;
    let health: Value = serde_json::from_str(&text).map_err(of(&url))?;
    let said = health["status"].as_str().ok_or_else(|| {
        Failure::new(format!("{url} answers with status {status} and says nothing of its health"))
    })?;
    print(told(said, &health))?;
    Ok(if status < 400 { ExitCode::SUCCESS } else { ExitCode::from(BAD) })
}

/// A line of all, then one of each check that is not well, as `application/health+json` has them.
fn told(status: &str, health: &Value) -> String {
    let mut text = format!("{status}\n");
    for (name, checks) in health["checks"].as_object().into_iter().flatten() {
        for check in checks.as_array().into_iter().flatten() {
            let status = check["status"].as_str().unwrap_or("unknown");
            if status != "pass" {
                let output = check["output"].as_str().unwrap_or_default();
                // Into a string anything can be written.
                let _ = writeln!(text, "  {name}: {status} {output}");
            }
        }
    }
    text
}
