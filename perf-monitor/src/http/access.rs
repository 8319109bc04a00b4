//! Who may ask.

use super::{app::App, problem::Problem};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The token, if one is needed, and the names the server has.
pub(super) struct Access {
    token: Option<SecretString>,
    session: Option<Session>,
    /// Names beside `localhost` and addresses; `None` where any will do.
    hosts: Option<Vec<String>>,
}

impl Access {
    pub(super) fn new(token: Option<SecretString>, hosts: Option<Vec<String>>) -> Self {
        let session = token.as_ref().map(Session::of);
        Self { token, session, hosts }
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether these headers have the token, or a session it began; where none is needed all have.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        self.has_bearer(headers) || self.has_session(headers)
    }

    fn has_bearer(&self, headers: &HeaderMap) -> bool {
        self.token.as_ref().is_none_or(|token| {
            bearer(headers).is_some_and(|given| is_same(given, token.expose_secret()))
        })
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        self.session.as_ref().is_some_and(|session| {
            let jar = CookieJar::from_headers(headers);
            jar.get(&session.name).is_some_and(|given| is_same(given.value(), &session.value))
        })
    }

    /// The cookie of a session, if this is the token.
    pub(super) fn begin(&self, given: &str, headers: &HeaderMap) -> Option<Cookie<'static>> {
        let is_right = is_same(given, self.token.as_ref()?.expose_secret());
        let session = self.session.as_ref().filter(|_| is_right)?;
        Some(session.cookie(&session.value, headers))
    }

    /// The cookie that ends a session, where there are sessions.
    pub(super) fn end(&self, headers: &HeaderMap) -> Option<Cookie<'static>> {
        let mut cookie = self.session.as_ref()?.cookie("", headers);
        cookie.make_removal();
        Some(cookie)
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

/// What stands for the token in a cookie, so that the token itself is in none. All servers of a host are
/// one to browsers, whatever their ports: those with other tokens have cookies of other names.
struct Session {
    name: String,
    value: String,
}

impl Session {
    fn of(token: &SecretString) -> Self {
        let name = format!("perfkit_session_{}", &mac_of(token, b"perfkit session's name 1")[..8]);
        Self { name, value: mac_of(token, b"perfkit session 1") }
    }

    fn cookie(&self, value: &str, headers: &HeaderMap) -> Cookie<'static> {
        Cookie::build((self.name.clone(), value.to_owned()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(is_by_tls(headers))
            .build()
    }
}

/// Whether a proxy in front says that it was asked by TLS. Whoever lies does so of their own cookie.
fn is_by_tls(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
    let first = proto.and_then(|proto| proto.split(',').next()).unwrap_or_default();
    first.trim().eq_ignore_ascii_case("https")
}

/// Whether no page of somebody else's asks with a browser's cookie: another port or name of the same site
/// is enough for browsers to send it.
fn is_by_own_page(headers: &HeaderMap) -> bool {
    let said = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (said("sec-fetch-site"), said("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some_and(|authority| said("host") == Some(authority))
        }
        (None, None) => true,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// In a time that says nothing of either: digests are of one length.
fn is_same(given: &str, wanted: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(wanted)).into()
}

/// 43 letters and digits that only who has the token can know, as cookies take them.
fn mac_of(token: &SecretString, of: &[u8]) -> String {
    // A key may be of any length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(token.expose_secret().as_bytes()) else {
        unreachable!("a key of HMAC is too long");
    };
    let bytes = mac.chain_update(of).finalize().into_bytes();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Lets those through that have the token.
pub(super) async fn with_token(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if app.access.has_bearer(headers) {
        return next.run(request).await;
    }
    if app.access.has_session(headers) {
        if request.method().is_safe() || is_by_own_page(headers) {
            return next.run(request).await;
        }
        let why = "a session changes nothing for pages of others";
        return Problem::new(StatusCode::FORBIDDEN, why).into_response();
    }
    let problem = Problem::new(
        StatusCode::UNAUTHORIZED,
        "a token is needed: `Authorization: Bearer …`, or a session begun with it",
    );
    ([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

/// Lets those through that call the server by a name it has.
pub(super) async fn by_name(State(app): State<App>, request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let is_old = request.version() < Version::HTTP_11;
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        // https://www.rfc-editor.org/rfc/rfc9112#section-3.2
        return Problem::bad_request("a request has one Host").into_response();
    }
    // No browser asks so, but old load balancers do.
    let is_nameless = is_old && hosts == 0 && request.uri().authority().is_none();
    if is_nameless || host(&request).is_some_and(|host| app.access.knows(host)) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "without a token the server answers to addresses, localhost, and the names in http.hosts",
    )
    .into_response()
}

fn host(request: &Request<Body>) -> Option<&str> {
    // An address in full has the last word: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
    let of_uri = request.uri().authority().map(Authority::as_str);
    of_uri.or_else(|| request.headers().get(header::HOST)?.to_str().ok())
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
            assert!(
                !access.allows(&given) && access.begin(wrong, &HeaderMap::new()).is_none(),
                "{wrong}"
            );
        }
        assert!(!access.allows(&headers(&[(header::AUTHORIZATION, "s3cret")])));
        assert!(!access.allows(&headers(&[(header::COOKIE, "perfkit_session_0=s3cret")])));
        assert!(access.allows(&headers(&[(header::AUTHORIZATION, "bearer s3cret")])));
        let session = access.begin("s3cret", &HeaderMap::new()).unwrap();
        assert!(!session.value().contains("s3cret") && session.secure() == Some(false));
        let given = format!("a=b; {}={}", session.name(), session.value());
        assert!(access.allows(&headers(&[(header::COOKIE, &given)])));
        assert!(Access::new(None, None).allows(&HeaderMap::new()));
    }

    #[test]
    fn servers_with_other_tokens_have_other_cookies() {
        let of = |token: &str| Session::of(&token.to_owned().into());
        assert_eq!(of("one").name, of("one").name);
        assert_ne!(of("one").name, of("two").name);
        assert!(!of("one").value.starts_with(&of("one").name[16..]));
    }

    #[test]
    fn a_cookie_that_came_by_tls_goes_by_tls_only() {
        let access = Access::new(Some("s3cret".into()), None);
        for (proto, expected) in [("https", true), ("HTTPS, http", true), ("http", false)] {
            let given = headers(&[("x-forwarded-proto".parse().unwrap(), proto)]);
            assert_eq!(access.begin("s3cret", &given).unwrap().secure(), Some(expected));
        }
    }

    #[test]
    fn a_page_of_others_is_told_by_what_browsers_say() {
        let host = (header::HOST, "perf.example:9464");
        let site: header::HeaderName = "sec-fetch-site".parse().unwrap();
        for (given, expected) in [
            (vec![], true),
            (vec![(site.clone(), "same-origin")], true),
            (vec![(site.clone(), "none")], true),
            (vec![(site.clone(), "same-site")], false),
            (vec![(site, "cross-site"), (header::ORIGIN, "http://perf.example:9464")], false),
            (vec![(header::ORIGIN, "http://perf.example:9464")], true),
            (vec![(header::ORIGIN, "http://perf.example:8080")], false),
            (vec![(header::ORIGIN, "null")], false),
        ] {
            let given: Vec<_> = given.into_iter().chain([host.clone()]).collect();
            assert_eq!(is_by_own_page(&headers(&given)), expected, "{given:?}");
        }
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
