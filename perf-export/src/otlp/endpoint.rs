//! Where requests go.

use std::fmt;
use ureq::http::Uri;

/// A URL of `http` or `https` with a host. What may be secret in it is not shown: user and query.
#[derive(Clone)]
pub(super) struct Endpoint(Uri);

impl Endpoint {
    /// `None` if it is not such a URL.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        (is_http && has_host).then_some(Self(uri))
    }

    /// The place of metrics under a collector's URL.
    pub(super) fn under(base: &str) -> Option<Self> {
        let (path, query) = base.split_once('?').unwrap_or((base, ""));
        let mark = if query.is_empty() { "" } else { "?" };
        Self::parse(&format!("{}/v1/metrics{mark}{query}", path.trim_end_matches('/')))
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}", self.0.host().unwrap_or_default())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.0.path())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_metrics_is_appended() {
        let under = |base| Endpoint::under(base).unwrap().uri().to_string();
        assert_eq!(under("http://one:4318"), "http://one:4318/v1/metrics");
        assert_eq!(under("https://one/otlp/"), "https://one/otlp/v1/metrics");
        assert_eq!(under("http://one/?key=1"), "http://one/v1/metrics?key=1");
    }

    #[test]
    fn what_is_no_url_of_http_is_none() {
        for url in
            ["", "one:4318", "/v1/metrics", "grpc://one", "http://", "http://:1/", "http://a b"]
        {
            assert!(Endpoint::parse(url).is_none(), "{url}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = Endpoint::parse("http://me:s3cret@[::1]:8/v1?key=s3cret").unwrap();
        assert_eq!(format!("{shown} {shown:?}"), "http://[::1]:8/v1 http://[::1]:8/v1");
    }
}
