//! A snapshot as one JSON document, all times integers in nanoseconds.

use crate::{outcome::Outcome, snapshot::Snapshot};
use std::time::{Duration, SystemTime};
use write_json::Object;

/// `{"perfkit":1,"started_unix_ms":…,"elapsed_ns":…,"lost":…,"operations":[{"name":…,"count":…,
/// "errors":…,"panicked":…,"cancelled":…,"total_ns":…,"sum_ns":…,"self_ns":…,"mean_ns":…,
/// "stddev_ns":…,"min_ns":…,"max_ns":…,"p50_ns":…,…}]}`. Operations without a call have no times.
pub(crate) fn write(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    let mut text = String::new();
    let mut document = write_json::object(&mut text);
    document.number("perfkit", 1.0);
    let started = snapshot.started().duration_since(SystemTime::UNIX_EPOCH);
    document.number("started_unix_ms", started.unwrap_or_default().as_millis() as f64);
    duration(&mut document, "elapsed_ns", snapshot.elapsed());
    document.number("lost", snapshot.lost() as f64);
    let mut operations = document.array("operations");
    for operation in snapshot.operations() {
        let mut object = operations.object();
        object.string("name", operation.name());
        object.number("count", operation.count() as f64);
        for (key, outcome) in [
            ("errors", Outcome::Error),
            ("panicked", Outcome::Panicked),
            ("cancelled", Outcome::Cancelled),
        ] {
            object.number(key, operation.outcome(outcome) as f64);
        }
        duration(&mut object, "total_ns", operation.total());
        duration(&mut object, "sum_ns", operation.sum());
        duration(&mut object, "self_ns", operation.self_time());
        let times = [
            ("mean_ns", operation.mean()),
            ("stddev_ns", operation.stddev()),
            ("min_ns", operation.min()),
            ("max_ns", operation.max()),
        ];
        for (key, time) in times {
            time.into_iter().for_each(|time| duration(&mut object, key, time));
        }
        for percentile in percentiles {
            if let Some(value) = operation.percentile(*percentile) {
                duration(&mut object, &format!("p{percentile}_ns"), value);
            }
        }
    }
    drop(operations);
    drop(document);
    text.push('\n');
    text
}

/// Exact up to 104 days: 2^53 ns.
fn duration(object: &mut Object<'_>, key: &str, duration: Duration) {
    object.number(key, duration.as_nanos() as f64);
}
