//! The settings of an exporter.

use super::{Exporter, Resource, StartError, endpoint::Endpoint, headers::Headers, settings};
use perf_core::Registry;
use std::time::Duration;

/// Sets up an [`Exporter`]. Each setting has a variable of OpenTelemetry's, which wins over the
/// program's own: whoever runs a program has the last word. A variable with `METRICS_` in its name wins
/// over the one without. One that is not understood changes nothing, and is reported by
/// `tracing::warn!`.
///
/// | method | variable | default |
/// |---|---|---|
/// | [`endpoint`](Self::endpoint) | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, as it is | `http://localhost:4318/v1/metrics` |
/// | | `OTEL_EXPORTER_OTLP_ENDPOINT`, with `/v1/metrics` appended | |
/// | [`header`](Self::header) | `OTEL_EXPORTER_OTLP_[METRICS_]HEADERS=key=value,…`, percent-encoded | none |
/// | [`certificate`](Self::certificate) | `OTEL_EXPORTER_OTLP_[METRICS_]CERTIFICATE`, a file's path | Mozilla's |
/// | [`timeout`](Self::timeout) | `OTEL_EXPORTER_OTLP_[METRICS_]TIMEOUT`, in ms | 10 s |
/// | [`gzip`](Self::gzip) | `OTEL_EXPORTER_OTLP_[METRICS_]COMPRESSION=gzip\|none` | none |
/// | | `OTEL_EXPORTER_OTLP_[METRICS_]PROTOCOL`: only `http/protobuf` | |
/// | [`interval`](Self::interval) | `OTEL_METRIC_EXPORT_INTERVAL`, in ms | 60 s |
/// | [`export_timeout`](Self::export_timeout) | `OTEL_METRIC_EXPORT_TIMEOUT`, in ms | 30 s |
/// | [`resource`](Self::resource) | `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES=key=value,…` | [`Resource::detect`] |
///
/// Sources: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>,
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `start`"]
pub struct Builder {
    /// `None` if what was given is no URL.
    pub(super) endpoint: Option<Endpoint>,
    pub(super) headers: Headers,
    /// In PEM.
    pub(super) authorities: Option<String>,
    pub(super) timeout: Duration,
    pub(super) gzip: bool,
    pub(super) interval: Duration,
    pub(super) export_timeout: Duration,
    pub(super) stop_timeout: Duration,
    pub(super) resource: Resource,
    pub(super) registry: Registry,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::parse("http://localhost:4318/v1/metrics"),
            headers: Headers::default(),
            authorities: None,
            timeout: Duration::from_secs(10),
            gzip: false,
            interval: Duration::from_secs(60),
            export_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(5),
            resource: Resource::detect(),
            registry: Registry::global().clone(),
        }
    }
}

impl Builder {
    /// All settings at their defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The URL that is posted to, as it is. `https://` wants the feature `otlp-tls`.
    pub fn endpoint(mut self, url: impl AsRef<str>) -> Self {
        self.endpoint = Endpoint::parse(url.as_ref());
        self
    }

    /// A header of each request, such as a collector's key. Its value is never shown.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.set(name.into(), value.into());
        self
    }

    /// The authorities that an `https://` endpoint is trusted by, as certificates in PEM, one or several.
    pub fn certificate(mut self, pem: impl Into<String>) -> Self {
        self.authorities = Some(pem.into());
        self
    }

    /// How long to wait for the answer to one request, 1 ms to 1 day.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = bounded(timeout);
        self
    }

    /// Whether requests are compressed.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// The time from one push to the next, 1 ms to 1 day.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = bounded(interval);
        self
    }

    /// How long one push may take, with its retries, 1 ms to 1 day. None is begun later than the next
    /// push is due.
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = bounded(timeout);
        self
    }

    /// How long the last push may take, which [`Exporter::stop`] and dropping it wait for: 5 seconds
    /// unless set, 1 ms to 1 day.
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = bounded(timeout);
        self
    }

    /// Whose figures they are.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// Where they are from; the global registry unless set.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }

    /// Puts the settings of the environment on top, and starts to push.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the endpoint, a certificate or a header cannot be used, or the system gives no thread. That
    /// the collector is away is none: it may come.
    pub fn start(mut self) -> Result<Exporter, StartError> {
        for warning in settings::apply(&mut self, |name| std::env::var_os(name)) {
            tracing::warn!(target: "perfkit", "{warning}");
        }
        Exporter::begin(&self)
    }
}

/// Within what a clock can add to now.
pub(super) fn bounded(duration: Duration) -> Duration {
    duration.clamp(Duration::from_millis(1), Duration::from_secs(86_400))
}
