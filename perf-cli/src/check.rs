//! `perfkit check`.

use crate::{
    args::Check,
    cells::{Cells, Row, Tone},
    failure::{BAD, Failure, Outcome},
    input::{get, is_url, shown_url, url_of, wants_token},
    output::{Format, print},
};
use perf_core::human;
use serde_json::Value;
use std::process::ExitCode;

const TITLES: [&str; 3] = ["check", "status", "says"];

pub(crate) fn run(check: &Check) -> Outcome {
    let url = url_of(&check.url, "/health");
    let answer = get(&url, check.token.token.as_deref(), check.timeout);
    let (status, text) = match answer {
        Ok(answer) => answer,
        Err(failure) if is_url(&check.url) => {
            // One that does not answer is down.
            failure.tell();
            return Ok(ExitCode::from(BAD));
        }
        Err(failure) => return Err(failure),
    };
    let health: Value = serde_json::from_str(&text).unwrap_or_default();
    let Some(said) = health["status"].as_str() else {
        let url = shown_url(&url);
        if matches!(status, 401 | 403) {
            return Err(wants_token(&url));
        }
        return Err(Failure::new(format!(
            "{url} answers with status {status} and says nothing of its health: is it a program with \
             perfkit's `serve`?"
        )));
    };
    print(match check.format {
        Format::Json => text.trim_end().to_owned() + "\n",
        Format::Table => rows(said, &health).table(),
        Format::Md => rows(said, &health).markdown(),
        Format::Csv => rows(said, &health).csv()?,
    })?;
    Ok(if status < 400 { ExitCode::SUCCESS } else { ExitCode::from(BAD) })
}

/// A row of all, then one of each check, as `application/health+json` has them.
fn rows(said: &str, health: &Value) -> Cells<3> {
    let text = |value: &Value| human::printable(value.as_str().unwrap_or_default());
    let row = |name: &str, status: String, says: &Value| {
        let tone = match &*status {
            "pass" => Tone::Better,
            "fail" => Tone::Worse,
            _ => Tone::None,
        };
        Row { cells: [human::printable(name), status, text(says)], tone }
    };
    let mut rows = vec![row("(all)", human::printable(said), &health["output"])];
    for (name, checks) in health["checks"].as_object().into_iter().flatten() {
        for check in checks.as_array().into_iter().flatten() {
            rows.push(row(name, text(&check["status"]), &check["output"]));
        }
    }
    Cells { titles: TITLES, words: [true; 3], spare: &[], rows }
}
