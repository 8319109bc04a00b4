//! The parts of a document that are written and read alike.

use perf_core::{Allocations, Caller, InFlightCalls, PollTimes};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An operation's histogram. Without calls it has nothing to decode.
#[derive(Serialize, Deserialize)]
pub(super) struct Histogram {
    pub(super) digits: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) v2: Option<String>,
}

/// Times of the calls that were timed, where those of all are estimates.
#[derive(Serialize, Deserialize)]
pub(super) struct Timed {
    pub(super) sum_ns: u64,
    pub(super) self_ns: u64,
}

/// What is said of a name.
#[derive(Serialize, Deserialize)]
pub(super) struct Description {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<String>,
    pub(super) text: String,
}

/// A bucket of a distribution: its bounds nearer to zero and farther from it, and its count.
pub(super) type Bucket = (f64, f64, u64);

#[derive(Serialize, Deserialize)]
#[serde(remote = "PollTimes")]
struct PollTimesKeys {
    polls: u64,
    busy_ns: u64,
    longest_ns: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Allocations")]
struct AllocationsKeys {
    count: u64,
    bytes: u64,
    self_count: u64,
    self_bytes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InFlightCalls")]
struct InFlightKeys {
    count: u64,
    oldest_ns: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Caller")]
struct CallerKeys {
    #[serde(with = "name")]
    name: Option<Arc<str>>,
    calls: u64,
    time_ns: u64,
}

/// The name of a caller; `null` for calls from outside.
mod name {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    #[allow(clippy::ref_option, reason = "serde hands it over so")]
    pub(super) fn serialize<S: Serializer>(
        name: &Option<Arc<str>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        name.as_deref().serialize(serializer)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(
        deserializer: D,
    ) -> Result<Option<Arc<str>>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Arc::from))
    }
}

/// Where serde wants a type of its own.
macro_rules! kept {
    ($($name:ident($of:ident, $keys:literal);)*) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        pub(super) struct $name(#[serde(with = $keys)] pub(super) $of);
    )*};
}

kept! {
    Polls(PollTimes, "PollTimesKeys");
    Allocated(Allocations, "AllocationsKeys");
    InFlight(InFlightCalls, "InFlightKeys");
    CalledBy(Caller, "CallerKeys");
}
