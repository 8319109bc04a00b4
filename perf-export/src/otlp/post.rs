//! One request to a collector, and what its answer means.

use super::{PushError, StartError, builder::Builder, endpoint::Endpoint, headers::Headers};
use crate::__http::{self, retry_after};
use flate2::{Compression, write::GzEncoder};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;
use std::{
    io::{self, Write},
    time::{Duration, SystemTime},
};
use ureq::{
    Agent, Body,
    http::{
        HeaderMap, HeaderValue, Response,
        header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
    },
};

/// Longer answers are not read.
const MOST_OF_AN_ANSWER: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    pub(super) endpoint: Endpoint,
    headers: HeaderMap,
    secrets: Headers,
    gzip: bool,
}

/// A request that was not accepted.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: PushError,
    pub(super) retry: Retry,
}

/// Whether sending again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    No,
    /// Nobody answered.
    Away,
    /// The collector asks to, and says when, perhaps.
    Asked(Option<Duration>),
}

/// The body of an answer that refuses: the message of google.rpc.Status
/// (<https://opentelemetry.io/docs/specs/otlp/#failures-1>).
#[derive(Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
}

impl Client {
    pub(super) fn new(builder: &Builder) -> Result<Self, StartError> {
        let endpoint = builder.endpoint.clone().ok_or(StartError::Endpoint)?;
        if endpoint.is_https() && !cfg!(feature = "otlp-tls") {
            return Err(StartError::NoTls);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Nor are the headers sent anywhere else.
            .max_redirects(0)
            // A connection kept for the next push might be to a collector that has gone meanwhile.
            .max_idle_connections(0)
            .user_agent(concat!("perfkit/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "otlp-tls")]
        let config = config.tls_config(super::tls::config(builder.authorities.as_deref())?);
        Ok(Self {
            agent: config.build().new_agent(),
            endpoint,
            headers: builder.headers.checked()?,
            secrets: builder.headers.clone(),
            gzip: builder.gzip,
        })
    }

    /// Sends a request; what the collector had to say of it, if anything.
    pub(super) fn post(
        &self,
        request: Vec<u8>,
        timeout: Duration,
    ) -> Result<Option<ExportMetricsPartialSuccess>, Failure> {
        let (request, is_gzip) = self.compressed(request);
        let mut headers = self.headers.clone();
        // In the place of the user's, which would be wrong.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        headers.remove(CONTENT_ENCODING);
        if is_gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let mut post = self.agent.post(self.endpoint.uri());
        for (name, value) in &headers {
            post = post.header(name, value);
        }
        let post = post.config().timeout_global(Some(timeout)).build();
        let answer = post.send(&request).map_err(|error| self.not_sent(&error))?;
        if answer.status().is_success() {
            Ok(self.accepted(answer))
        } else {
            Err(self.refused(answer))
        }
    }

    fn compressed(&self, request: Vec<u8>) -> (Vec<u8>, bool) {
        let gzip = |bytes: &[u8]| -> io::Result<Vec<u8>> {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes)?;
            encoder.finish()
        };
        match self.gzip.then(|| gzip(&request)) {
            Some(Ok(compressed)) => (compressed, true),
            _ => (request, false),
        }
    }

    fn shown(&self, text: &str) -> String {
        __http::shown(text, self.secrets.words())
    }

    fn not_sent(&self, error: &ureq::Error) -> Failure {
        let reason = self.shown(&error.to_string());
        Failure { error: PushError::Unreachable(reason), retry: Retry::Away }
    }

    fn accepted(&self, answer: Response<Body>) -> Option<ExportMetricsPartialSuccess> {
        let response = ExportMetricsServiceResponse::decode(&*body(answer)).ok()?;
        let mut partial = response.partial_success?;
        partial.error_message = self.shown(&partial.error_message);
        (partial.rejected_data_points > 0 || !partial.error_message.is_empty()).then_some(partial)
    }

    fn refused(&self, answer: Response<Body>) -> Failure {
        let status = answer.status().as_u16();
        let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|text| retry_after(text, SystemTime::now()));
        let message =
            Status::decode(&*body(answer)).map(|status| status.message).unwrap_or_default();
        let message = self.shown(&message);
        // <https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes>
        let is_retryable = matches!(status, 429 | 502 | 503 | 504);
        let retry = if is_retryable { Retry::Asked(wait) } else { Retry::No };
        Failure { error: PushError::Refused { status, message }, retry }
    }
}

/// Empty if it cannot be read.
fn body(mut answer: Response<Body>) -> Vec<u8> {
    answer.body_mut().with_config().limit(MOST_OF_AN_ANSWER).read_to_vec().unwrap_or_default()
}
