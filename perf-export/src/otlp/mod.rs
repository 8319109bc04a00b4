//! OTLP, OpenTelemetry's protocol: a snapshot as the protobuf of an export request ([`encode`]), and a
//! thread that posts one to a collector every minute ([`Exporter`]).
//!
//! All is cumulative: a request holds everything since the registry began. A collector that was away, or
//! began anew, has lost nothing once it takes the next one.
//!
//! | metric | kind | unit | attributes beside `operation` |
//! |---|---|---|---|
//! | `perfkit.operation.duration` | exponential histogram | `s` | |
//! | `perfkit.operation.calls` | sum | `{call}` | `outcome`: `ok`, `error`, `panic`, `cancelled`, `untimed`; `error.type` |
//! | `perfkit.operation.self_time` | sum | `s` | |
//! | `perfkit.operation.in_flight` | up-down sum | `{call}` | |
//! | `perfkit.operation.busy_time` | sum | `s` | |
//! | `perfkit.operation.polls` | sum | `{poll}` | |
//! | `perfkit.operation.allocations` | sum | `{allocation}` | |
//! | `perfkit.operation.allocated` | sum | `By` | |
//! | `perfkit.lost_calls` | sum | `{call}` | none |
//!
//! The first three are there for every operation of the snapshot, at zero before its first call; the
//! others where an operation has them. Times are of the calls that were timed: where a site samples, the
//! rest are the calls whose `outcome` is `untimed`. `error.type` is on the calls that failed: the label
//! `error_type` of the operation where it has one, else `_OTHER`; `panic`; `cancelled`.
//!
//! `code.function.name` goes with operations that are functions, whose names are paths. The labels of an
//! operation are attributes. The label `overflow="true"`, of the series that stands for those beyond the
//! cap, becomes `otel.metric.overflow`, a boolean. **A label whose key is empty or one of the attributes
//! named here, `label.` in front or not, gets `label.` in front**: `operation` becomes `label.operation`,
//! and `label.operation` becomes `label.label.operation`.
//!
//! Counters are sums, gauges are gauges (NaN and infinite ones too, as OTLP takes them), distributions
//! are exponential histograms, without a sum where a value was negative. They have their own names,
//! units and descriptions, in a scope of their own, `perfkit.metrics`, so that no name meets one of those
//! above, which are in the scope `perfkit`.
//!
//! Sources: the protocol (<https://opentelemetry.io/docs/specs/otlp/>), its data model
//! (<https://opentelemetry.io/docs/specs/otel/metrics/data-model/>), the exporter's settings
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

mod attributes;
mod builder;
mod endpoint;
mod error;
mod exporter;
mod headers;
mod pairs;
mod points;
mod post;
mod push;
mod report;
mod request;
mod resource;
mod settings;
#[cfg(feature = "otlp-tls")]
mod tls;

pub use builder::Builder;
pub use error::{PushError, StartError};
pub use exporter::Exporter;
pub use resource::Resource;

use perf_core::Snapshot;
use prost::Message;

/// A snapshot as the protobuf of an `ExportMetricsServiceRequest`, which is what `POST /v1/metrics` takes
/// as `application/x-protobuf`.
///
/// ```
/// use perf_export::otlp::{Resource, encode};
///
/// let registry = perf_core::Registry::new();
/// registry.record("work", std::time::Duration::from_millis(2));
/// let bytes = encode(&registry.snapshot(), &Resource::detect().service("shop"));
/// assert!(bytes.windows(4).any(|four| four == b"shop"));
/// ```
#[must_use]
pub fn encode(snapshot: &Snapshot, resource: &Resource) -> Vec<u8> {
    request::request(snapshot, resource).encode_to_vec()
}
