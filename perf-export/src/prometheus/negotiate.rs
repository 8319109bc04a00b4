//! What a request asks for, and the answer to it.

use super::{Options, openmetrics, protobuf, text};
use flate2::{Compression, write::GzEncoder};
use mediatype::{MediaType, MediaTypeList, Name, ReadParams};
use perf_core::Snapshot;
use std::{cmp::Reverse, io::Write};

/// In which of Prometheus' formats to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Text 0.0.4, see [`text()`].
    #[default]
    Text,
    /// OpenMetrics 1.0, see [`openmetrics`].
    OpenMetrics,
    /// Protobuf, see [`protobuf()`].
    Protobuf,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// What the header `Content-Type` says.
    pub content_type: &'static str,
    /// What the header `Content-Encoding` says; without it there is none.
    pub content_encoding: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to a request for metrics with these headers `Accept` and `Accept-Encoding`, for any web
/// framework: see [`Encoding::negotiate`] for the format. It is compressed with gzip where that is
/// wanted at least as much as the plain body.
///
/// ```
/// use axum::{Router, http::{HeaderMap, HeaderValue, header}, response::IntoResponse, routing::get};
/// use perf_export::prometheus::{self, Options};
///
/// async fn metrics(asked: HeaderMap) -> impl IntoResponse {
///     let of = |name| asked.get(name).and_then(|value| value.to_str().ok());
///     let (accept, encodings) = (of(header::ACCEPT), of(header::ACCEPT_ENCODING));
///     let answer =
///         prometheus::respond(&perf_core::snapshot(), accept, encodings, &Options::default());
///     let mut headers = HeaderMap::new();
///     headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
///     if let Some(encoding) = answer.content_encoding {
///         headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
///     }
///     (headers, answer.body)
/// }
///
/// let app: Router = Router::new().route("/metrics", get(metrics));
/// ```
#[must_use]
pub fn respond(
    snapshot: &Snapshot,
    accept: Option<&str>,
    accept_encoding: Option<&str>,
    options: &Options,
) -> Response {
    let encoding = Encoding::negotiate(accept);
    let plain = encoding.write(snapshot, options);
    let zipped = if wants_gzip(accept_encoding.unwrap_or_default()) { gzip(&plain) } else { None };
    Response {
        content_type: encoding.content_type(),
        content_encoding: zipped.as_ref().map(|_| "gzip"),
        body: zipped.unwrap_or(plain),
    }
}

impl Encoding {
    /// From the one that is best to answer with where all are wanted alike.
    const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The format that a header `Accept` wants most, as HTTP has it
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>): by `q`, where the range that fits a
    /// format most closely says it; then by how closely it fits, then by which range comes first. Where
    /// nothing fits, and without the header, it is text.
    ///
    /// Of a range's parameters `version`, `proto` and `encoding` count. Names are always such that any
    /// `escaping` is kept.
    ///
    /// ```
    /// use perf_export::prometheus::Encoding;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*;q=0.1";
    /// assert_eq!(Encoding::negotiate(Some(prometheus)), Encoding::OpenMetrics);
    /// assert_eq!(Encoding::negotiate(Some("text/html, */*;q=0.8")), Encoding::Text);
    /// ```
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let ranges: Vec<_> = MediaTypeList::new(accept.unwrap_or_default()).flatten().collect();
        let offers = Self::ALL.into_iter().rev().filter_map(|encoding| {
            let fits = ranges.iter().zip(0..).filter_map(|(range, place)| {
                Some((encoding.fit(range)?, Reverse(place), quality(range)))
            });
            let (fit, place, quality) = fits.max()?;
            (quality > 0).then_some(((quality, fit, place), encoding))
        });
        // Of equals the last one.
        offers.max_by_key(|(rank, _)| *rank).map(|(_, encoding)| encoding).unwrap_or_default()
    }

    /// What the header `Content-Type` says of it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; \
                 proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// The snapshot in this format.
    #[must_use]
    pub fn write(self, snapshot: &Snapshot, options: &Options) -> Vec<u8> {
        match self {
            Self::Text => text(snapshot, options).into_bytes(),
            Self::OpenMetrics => openmetrics(snapshot, options).into_bytes(),
            Self::Protobuf => protobuf(snapshot, options),
        }
    }

    /// How closely a range fits it; `None` if it does not.
    fn fit(self, range: &MediaType<'_>) -> Option<usize> {
        let own = MediaType::parse(self.content_type()).ok()?;
        let any = |name: Name<'_>| name == "*";
        if any(range.ty) && any(range.subty) {
            return Some(0);
        }
        if range.ty != own.ty {
            return None;
        }
        if any(range.subty) {
            return Some(1);
        }
        let named = range.params().filter(|(name, _)| COUNT.iter().any(|count| name == count));
        let mut fit = (range.subty == own.subty).then_some(2)?;
        for (name, value) in named {
            let own = own.get_param(name)?;
            own.unquoted_str().eq_ignore_ascii_case(&value.unquoted_str()).then_some(())?;
            fit += 1;
        }
        Some(fit)
    }
}

/// Parameters that tell formats apart.
const COUNT: [&str; 3] = ["version", "proto", "encoding"];

fn quality(range: &MediaType<'_>) -> u32 {
    let q = range.params().find(|(name, _)| *name == "q");
    q.map_or(1000, |(_, value)| thousandths(&value.unquoted_str()))
}

/// A weight of 0 to 1, which has at most three digits after the point; 0 for anything else.
fn thousandths(weight: &str) -> u32 {
    let weight = weight.trim().parse().ok().filter(|weight| (0.0..=1.0).contains(weight));
    weight.map_or(0, |weight: f64| (weight * 1000.0).round() as u32)
}

/// Whether a header `Accept-Encoding` wants gzip at least as much as no compression:
/// <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3>.
fn wants_gzip(accept: &str) -> bool {
    let weights = || {
        accept.split(',').map(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let q = parameters.trim().strip_prefix("q=").or(parameters.trim().strip_prefix("Q="));
            (name.trim(), q.map_or(1000, thousandths))
        })
    };
    let of = |names: &[&str]| {
        let named = |(name, _): &(&str, u32)| names.iter().any(|of| name.eq_ignore_ascii_case(of));
        weights().find(named).map(|(_, weight)| weight)
    };
    let gzip = of(&["gzip", "x-gzip"]).or_else(|| of(&["*"])).unwrap_or(0);
    gzip > 0 && gzip >= of(&["identity"]).unwrap_or(0)
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_header_has_an_answer(accept in any::<String>(), q in "[-a-z*/;,=. \"\\\\0-9]{0,40}") {
            for header in [accept, q] {
                let _ = (Encoding::negotiate(Some(&header)), wants_gzip(&header));
            }
        }
    }

    #[test]
    fn formats_are_negotiated() {
        const PROTOBUF: &str = "application/vnd.google.protobuf;\
            proto=io.prometheus.client.MetricFamily;encoding=delimited";
        const OPEN: &str = "application/openmetrics-text;version=1.0.0";
        for (accept, expected) in [
            // Prometheus 2.42, without and with native histograms, and Prometheus 3.
            (
                format!(
                    "{OPEN},application/openmetrics-text;version=0.0.1;q=0.75,\
                     text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ),
                Encoding::OpenMetrics,
            ),
            (
                format!(
                    "{PROTOBUF},{OPEN};q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,\
                     text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ),
                Encoding::Protobuf,
            ),
            (
                format!(
                    "{OPEN};escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;\
                     q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                     text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
                ),
                Encoding::OpenMetrics,
            ),
            // VictoriaMetrics, curl, a browser.
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1".into(), Encoding::Text),
            ("*/*".into(), Encoding::Text),
            ("text/html,application/xhtml+xml,*/*;q=0.8".into(), Encoding::Text),
            // What does not fit.
            ("application/openmetrics-text;version=2.0.0".into(), Encoding::Text),
            (PROTOBUF.replace("delimited", "text"), Encoding::Text),
            ("application/json".into(), Encoding::Text),
            (String::new(), Encoding::Text),
            ("§;;,,=q".into(), Encoding::Text),
            // Weights, and what is closest.
            (format!("text/plain;q=0.4,{OPEN};q=0.5"), Encoding::OpenMetrics),
            (format!("text/plain,{OPEN};q=0"), Encoding::Text),
            ("*/*,text/plain;q=0.1".into(), Encoding::OpenMetrics),
            ("application/*, text/*;q=0.9".into(), Encoding::OpenMetrics),
            (
                "Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=0.9".into(),
                Encoding::OpenMetrics,
            ),
            ("text/plain, application/openmetrics-text".into(), Encoding::Text),
            ("application/openmetrics-text, text/plain".into(), Encoding::OpenMetrics),
            (format!("{OPEN};q=2"), Encoding::Text),
        ] {
            assert_eq!(Encoding::negotiate(Some(&accept)), expected, "{accept}");
        }
        assert_eq!(Encoding::negotiate(None), Encoding::Text);
    }

    #[test]
    fn gzip_is_negotiated() {
        for (accept, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("x-gzip", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("identity, gzip;q=0.5", false),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(wants_gzip(accept), expected, "{accept}");
        }
    }
}
