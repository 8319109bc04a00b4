//! Programs that serve their figures.

use super::file::document;
use crate::failure::{Failure, Outcome, of};
use perf_core::Snapshot;
use std::time::Duration;
use ureq::Agent;

/// How long to wait for figures.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer.
const MOST: u64 = 256 << 20;

pub(super) fn snapshot(url: &str, token: Option<&str>) -> Outcome<Snapshot> {
    let whole = url_of(url, "/api/v1/snapshot");
    let (status, text) = get(&whole, token, PATIENCE)?;
    match status {
        200 => document(&text).map_err(of(&whole)),
        401 | 403 => Err(Failure::new(format!(
            "{whole} wants a token: give it with --token or PERFKIT_HTTP_TOKEN"
        ))),
        404 => Err(Failure::new(format!(
            "{whole}: there is no such page; is it a program with perfkit's `serve`?"
        ))),
        status => Err(Failure::new(format!("{whole} answers with status {status}"))),
    }
}

/// A page of a program of which only the address is given.
pub(crate) fn url_of(url: &str, page: &str) -> String {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let has_path = after.trim_end_matches('/').contains('/');
    if has_path { url.to_owned() } else { format!("{}{page}", url.trim_end_matches('/')) }
}

/// The status and text of a page.
pub(crate) fn get(url: &str, token: Option<&str>, patience: Duration) -> Outcome<(u16, String)> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.get(url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut answer = request.call().map_err(of(url))?;
    let text = answer.body_mut().with_config().limit(MOST).read_to_string().map_err(of(url))?;
    Ok((answer.status().as_u16(), text))
}
