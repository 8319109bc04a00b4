//! One request to whoever is told, and what the answer means.

use super::{Failure, SetupError};
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use perf_export::__http;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::{
    fmt,
    net::IpAddr,
    time::{Duration, SystemTime},
};
use ureq::{
    Agent, Body,
    http::{
        HeaderName, HeaderValue, Response, Uri,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
};

/// Longer answers are not read.
const MOST_OF_AN_ANSWER: u64 = 64 * 1024;
/// Nobody is waited for longer, whatever they ask.
pub(super) const MOST_OF_A_WAIT: Duration = Duration::from_secs(3600);
/// Shorter parts of a URL's path are words that anybody uses.
const LEAST_OF_A_SECRET: usize = 8;

/// Posts JSON to a URL. Of the URL only the host is ever shown, of headers only the names. A user and
/// password in the URL are sent as `Authorization: Basic`.
#[derive(Clone)]
pub(super) struct Client {
    agent: Agent,
    url: SecretString,
    /// The host, and the port where there is one.
    pub(super) host: String,
    pub(super) is_safe: bool,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What is taken out of what others say.
    secrets: Vec<SecretString>,
    pub(super) timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut shown = f.debug_struct("Client");
        shown.field("host", &self.host).field("headers", &headers);
        shown.field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(url: &str) -> Result<Self, SetupError> {
        let uri: Uri = url.parse().map_err(|_| SetupError::Url)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(SetupError::Url)?;
        let is_https = match uri.scheme_str() {
            Some("https") if cfg!(feature = "tls") => true,
            Some("https") => return Err(SetupError::NoTls),
            Some("http") => false,
            _ => return Err(SetupError::Url),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Nor are alerts and secrets sent anywhere else.
            .max_redirects(0)
            // A connection kept for the next alert might be to somebody who has gone meanwhile.
            .max_idle_connections(0)
            .user_agent(concat!("perfkit/", env!("CARGO_PKG_VERSION")));
        // What is meant for this host does not leave it, whatever proxy the environment names.
        let config = if is_loopback(host) { config.proxy(None) } else { config };
        let mut client = Self {
            agent: config.build().new_agent(),
            url: url.into(),
            host: uri.port().map_or(host.to_owned(), |port| format!("{host}:{port}")),
            is_safe: is_https || is_loopback(host),
            headers: Vec::new(),
            secrets: secrets(url, &uri),
            timeout: Duration::from_secs(10),
        };
        if let Some(user) = user(&uri) {
            client.set_header("authorization", &basic(user))?;
        }
        Ok(client)
    }

    /// Sets a header of each request, in the place of one of its name.
    pub(super) fn set_header(&mut self, name: &str, value: &str) -> Result<(), SetupError> {
        let invalid = || SetupError::Header(name.to_owned());
        let known = HeaderName::try_from(name).map_err(|_| invalid())?;
        let mut checked = HeaderValue::try_from(value).map_err(|_| invalid())?;
        checked.set_sensitive(true);
        self.headers.retain(|(other, _)| *other != known);
        self.headers.push((known, checked));
        // Word by word, for others may know `Bearer` from the rest.
        self.secrets.extend(value.split_whitespace().map(SecretString::from));
        Ok(())
    }

    /// Within what a clock can add to now.
    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout.clamp(Duration::from_millis(1), Duration::from_secs(86_400));
    }

    pub(super) fn post(&self, body: &impl Serialize) -> Result<(), Failure> {
        let body =
            serde_json::to_vec(body).map_err(|error| Failure::permanent(error.to_string()))?;
        let mut post = self.agent.post(self.url.expose_secret());
        for (name, value) in &self.headers {
            post = post.header(name, value);
        }
        // One of theirs may say more, such as a version.
        if self.headers.iter().all(|(name, _)| *name != CONTENT_TYPE) {
            post = post.header(CONTENT_TYPE, "application/json");
        }
        let post = post.config().timeout_global(Some(self.timeout)).build();
        let answer = post.send(&body).map_err(|error| self.not_reached(&error))?;
        if answer.status().is_success() { Ok(()) } else { Err(self.refused(answer)) }
    }

    fn not_reached(&self, error: &ureq::Error) -> Failure {
        let reason = self.shown(&error.to_string());
        Failure::temporary(format!("{} was not reached: {reason}", self.host))
    }

    fn refused(&self, answer: Response<Body>) -> Failure {
        let status = answer.status().as_u16();
        let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = wait.and_then(|text| retry_after(text, SystemTime::now()));
        let mut message = format!("{} answered {status}", self.host);
        let said = self.shown(&text(answer));
        if !said.is_empty() {
            message = format!("{message}: {said}");
        }
        let is_temporary = matches!(status, 408 | 425 | 429 | 500..);
        Failure {
            message,
            is_temporary,
            retry_after: retry_after.filter(|_| is_temporary),
            // It is the URL or who asks that is wrong.
            is_for_all: matches!(status, 300..=399 | 401 | 403 | 404 | 405 | 407 | 410),
        }
    }

    fn shown(&self, text: &str) -> String {
        __http::shown(text, self.secrets.iter().map(ExposeSecret::expose_secret))
    }
}

/// What stands before the host, as it stands there.
fn user(uri: &Uri) -> Option<&str> {
    Some(uri.authority()?.as_str().rsplit_once('@')?.0)
}

/// <https://www.rfc-editor.org/rfc/rfc7617>
fn basic(user: &str) -> String {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let [name, password] =
        [name, password].map(|text| percent_decode_str(text).collect::<Vec<_>>());
    format!("Basic {}", BASE64_STANDARD.encode([&*name, b":", &*password].concat()))
}

/// All of a URL but its host, whole and in parts, as it is written and as it is meant.
fn secrets(url: &str, uri: &Uri) -> Vec<SecretString> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let parts = path.split(['/', '?', '&', '=']).filter(|part| part.len() >= LEAST_OF_A_SECRET);
    let password = user(uri).into_iter().flat_map(|user| user.split(':'));
    let all = [url, path.trim_start_matches('/')].into_iter().chain(parts).chain(password);
    let meant = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
    all.flat_map(|part| [part.to_owned(), meant(part)]).map(SecretString::from).collect()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Empty if it cannot be read.
fn text(mut answer: Response<Body>) -> String {
    let read = answer.body_mut().with_config().limit(MOST_OF_AN_ANSWER).read_to_vec();
    String::from_utf8_lossy(&read.unwrap_or_default()).into_owned()
}

/// What they ask, within what anybody is waited for.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    __http::retry_after(text, now).map(|wait| wait.min(MOST_OF_A_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_wait_is_in_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let after = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(after("7"), Some(7));
        assert_eq!(after("18446744073709551615"), Some(3600));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:00 GMT"), Some(23));
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!([after("-1"), after("soon"), after("")], [None; 3]);
    }

    #[test]
    fn what_is_no_url_of_http_is_refused() {
        for url in ["", "one:4318", "/v1", "grpc://one", "http://", "http://:1/", "http://a b"] {
            assert_eq!(Client::new(url).unwrap_err(), SetupError::Url, "{url}");
        }
    }

    #[test]
    fn this_host_and_tls_are_safe() {
        let is_safe = |url| Client::new(url).unwrap().is_safe;
        for url in ["http://localhost:1/", "http://127.9.0.1/", "http://[::1]:8/"] {
            assert!(is_safe(url), "{url}");
        }
        for url in ["http://127.0.0.1.example.com/", "http://10.0.0.1/", "http://localhost.co/"] {
            assert!(!is_safe(url), "{url}");
        }
        #[cfg(feature = "tls")]
        assert!(is_safe("https://hooks.slack.com/services/T0/B0/x"));
        #[cfg(not(feature = "tls"))]
        assert_eq!(Client::new("https://a/").unwrap_err(), SetupError::NoTls);
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut client =
            Client::new("http://me:s3cret@127.0.0.1:8/services/T0/s3cretpath?k=s3cretquery")
                .unwrap();
        client.set_header("Authorization", "old").unwrap();
        client.set_header("authorization", "Bearer s3cretheader").unwrap();
        assert_eq!(client.headers.len(), 1);
        let debug = format!("{client:?} {client:#?}");
        assert!(!debug.contains("s3cret") && debug.contains("127.0.0.1:8"), "{debug}");
        let echoed =
            "no s3cretpath\nnor s3cretquery, me:s3cret, services/T0/s3cretpath?k=s3cretquery";
        let shown = client.shown(&format!("{echoed} Bearer s3cretheader"));
        assert!(!shown.contains("s3cret") && !shown.contains('\n'), "{shown}");
        let error = client.set_header("x-key", "s3cret\n").unwrap_err().to_string();
        assert!(error.contains("x-key") && !error.contains("s3cret"), "{error}");
    }
}
