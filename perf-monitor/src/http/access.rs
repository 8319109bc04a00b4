//! Who may ask.

use super::{app::App, problem::Problem};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

const COOKIE: &str = "perfkit_session";

/// The token, if one is needed, and the names the server has.
pub(super) struct Access {
    token: Option<SecretString>,
    /// Names beside `localhost` and addresses; `None` where any will do.
    hosts: Option<Vec<String>>,
}

impl Access {
    pub(super) fn new(token: Option<SecretString>, hosts: Option<Vec<String>>) -> Self {
        Self { token, hosts }
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether these headers have the token, or a session it began; where none is needed all have.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        self.token.as_ref().is_none_or(|token| {
            bearer(headers).is_some_and(|given| is_same(given, token.expose_secret()))
                || CookieJar::from_headers(headers)
                    .get(COOKIE)
                    .is_some_and(|given| is_same(given.value(), &session_of(token)))
        })
    }

    /// The cookie of a session, if this is the token.
    pub(super) fn begin(&self, given: &str) -> Option<Cookie<'static>> {
        let token = self.token.as_ref()?;
        let is_right = is_same(given, token.expose_secret());
        is_right.then(|| cookie(session_of(token)))
    }

    /// The cookie that ends a session.
    pub(super) fn end() -> Cookie<'static> {
        let mut cookie = cookie(String::new());
        cookie.make_removal();
        cookie
    }

    /// Whether a server without a token may answer to this name. A web page of anybody's can have its
    /// own name lead here, and then ask as this origin; not as an address, nor as `localhost`.
    fn knows(&self, host: &str) -> bool {
        let Some(hosts) = self.hosts.as_ref().filter(|_| self.token.is_none()) else { return true };
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let host = authority.host();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is = |name: &str| host.eq_ignore_ascii_case(name);
        address.parse::<IpAddr>().is_ok() || is("localhost") || hosts.iter().any(|name| is(name))
    }
}

fn cookie(value: String) -> Cookie<'static> {
    Cookie::build((COOKIE, value)).path("/").http_only(true).same_site(SameSite::Strict).build()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// In a time that says nothing of either: digests are of one length.
fn is_same(given: &str, wanted: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(wanted)).into()
}

/// What stands for the token in a cookie, so that the token itself is in none.
fn session_of(token: &SecretString) -> String {
    // A key may be of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(b"perfkit session 1");
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lets those through that have the token.
pub(super) async fn with_token(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.access.allows(request.headers()) {
        return next.run(request).await;
    }
    let problem = Problem::new(
        StatusCode::UNAUTHORIZED,
        "a token is needed: `Authorization: Bearer …`, or a session begun with it",
    );
    ([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

/// Lets those through that call the server by a name it has.
pub(super) async fn by_name(State(app): State<App>, request: Request, next: Next) -> Response {
    if host(&request).is_some_and(|host| app.access.knows(host)) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "without a token the server answers to addresses, localhost, and the names in http.hosts",
    )
    .into_response()
}

fn host(request: &Request<Body>) -> Option<&str> {
    let of_uri = |uri: &Uri| uri.authority().is_some();
    if of_uri(request.uri()) {
        return request.uri().authority().map(Authority::as_str);
    }
    request.headers().get(header::HOST)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(header::HeaderName, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_token_or_its_session_is_needed() {
        let access = Access::new(Some("s3cret".into()), None);
        for wrong in ["", "s3cre", "s3cret2", "S3CRET"] {
            let given = headers(&[(header::AUTHORIZATION, &format!("Bearer {wrong}"))]);
            assert!(!access.allows(&given) && access.begin(wrong).is_none(), "{wrong}");
        }
        assert!(!access.allows(&headers(&[(header::AUTHORIZATION, "s3cret")])));
        assert!(!access.allows(&headers(&[(header::COOKIE, "perfkit_session=s3cret")])));
        assert!(access.allows(&headers(&[(header::AUTHORIZATION, "bearer s3cret")])));
        let session = access.begin("s3cret").unwrap();
        assert!(!session.value().contains("s3cret"));
        let given = format!("a=b; perfkit_session={}", session.value());
        assert!(access.allows(&headers(&[(header::COOKIE, &given)])));
        assert!(Access::new(None, None).allows(&HeaderMap::new()));
    }

    #[test]
    fn without_a_token_names_of_others_are_refused() {
        let open = Access::new(None, Some(vec!["perf.internal".into()]));
        for host in ["127.0.0.1:9464", "[::1]:80", "10.0.0.7", "localhost:1", "perf.internal:80"] {
            assert!(open.knows(host), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:9464", "localhost.evil.example", "", "a b"]
        {
            assert!(!open.knows(host), "{host}");
        }
        assert!(Access::new(Some("token".into()), Some(Vec::new())).knows("any.example"));
        assert!(Access::new(None, None).knows("any.example"));
    }
}
