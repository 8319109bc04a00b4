//! Programs that serve their figures.

use super::file::document;
use crate::failure::{Failure, Outcome};
use perf_core::Snapshot;
use std::time::Duration;
use ureq::Agent;

/// How long to wait for figures.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer.
const MOST: u64 = 256 << 20;

pub(super) fn snapshot(url: &str, token: Option<&str>) -> Outcome<Snapshot> {
    snapshot_of(url, token, PATIENCE)
}

/// The same, of somebody with less time.
pub(crate) fn snapshot_of(url: &str, token: Option<&str>, patience: Duration) -> Outcome<Snapshot> {
    let whole = url_of(url, "/api/v1/snapshot");
    let text = fetched(&whole, token, patience)?;
    document(&text).map_err(|error| Failure::new(format!("{}: {error}", shown(&whole))))
}

/// The text of a page that is there.
pub(crate) fn fetched(url: &str, token: Option<&str>, patience: Duration) -> Outcome<String> {
    let (status, text) = get(url, token, patience)?;
    let shown = shown(url);
    match status {
        200 => Ok(text),
        401 | 403 => Err(wants_token(&shown)),
        404 => Err(Failure::new(format!(
            "{shown}: there is no such page; is it a program with perfkit's `serve`?"
        ))),
        status => Err(Failure::new(format!("{shown} answers with status {status}"))),
    }
}

/// Whether it is the URL of a program.
pub(crate) fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// Of a page, as it is shown.
pub(crate) fn wants_token(shown: &str) -> Failure {
    Failure::new(format!("{shown} wants a token: give it with --token or PERFKIT_HTTP_TOKEN"))
}

/// A page of a program of which only the address is given.
pub(crate) fn url_of(url: &str, page: &str) -> String {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let has_path = after.trim_end_matches('/').contains('/');
    if has_path { url.to_owned() } else { format!("{}{page}", url.trim_end_matches('/')) }
}

/// The same without a user, a password, or what is asked: there may be secrets in them.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, after)) = url.split_once("://") else {
        return url.rsplit_once('@').map_or(url, |(_, after)| after).to_owned();
    };
    let (host, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
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
    let wrong = |error| failure(url, &error);
    let mut answer = request.call().map_err(wrong)?;
    let text = answer.body_mut().with_config().limit(MOST).read_to_string().map_err(wrong)?;
    Ok((answer.status().as_u16(), text))
}

fn failure(url: &str, error: &ureq::Error) -> Failure {
    let shown = shown(url);
    Failure::new(match error {
        // Their own words hold the URL as it is.
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            format!(
                "{shown}: expected a URL such as http://127.0.0.1:9464, and a token of plain letters"
            )
        }
        ureq::Error::Io(error) => {
            format!("{shown}: {error}; does the program run, and serve there?")
        }
        ureq::Error::Timeout(_) => {
            format!("{shown}: no answer in time; is it a program that serves?")
        }
        ureq::Error::HostNotFound => format!("{shown}: there is no such host"),
        error => format!("{shown}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        assert_eq!(url_of("http://h:1/", "/health"), "http://h:1/health");
        assert_eq!(url_of("http://h:1", "/health"), "http://h:1/health");
        assert_eq!(url_of("http://h:1/own/health", "/health"), "http://h:1/own/health");
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(shown("http://user:p@ss@host:1/a@b?token=x#y"), "http://host:1/a@b");
        assert_eq!(shown("https://host"), "https://host");
        assert_eq!(shown("user:secret@host:1"), "host:1");
    }
}
