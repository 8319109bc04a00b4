//! prometheus-client: atomic buckets behind a lock.

use super::Contender;
use prometheus_client::{
    encoding::text::encode,
    metrics::histogram::{Histogram, exponential_buckets},
    registry::Registry,
};
use std::{hint::black_box, sync::LazyLock, time::Instant};

pub(crate) const CONTENDER: Contender = Contender {
    name: "prometheus-client",
    keeps: "11 buckets",
    call: timed,
    start: || {
        let mut registry = Registry::default();
        registry.register("timed", "Calls", HISTOGRAM.clone());
        Box::new(move || {
            let mut text = String::new();
            // Writing to a string does not fail.
            let _ = encode(&mut text, &registry);
            text
        })
    },
};

static HISTOGRAM: LazyLock<Histogram> =
    LazyLock::new(|| Histogram::new(exponential_buckets(0.000_1, 4.0, 11)));

#[inline(never)]
fn timed(n: u64) -> u64 {
    let start = Instant::now();
    let n = black_box(n);
    HISTOGRAM.observe(start.elapsed().as_secs_f64());
    n
}
