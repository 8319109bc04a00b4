//! prometheus: atomic buckets.

use super::Contender;
use prometheus::{Encoder, Histogram, HistogramOpts, TextEncoder};
use std::{hint::black_box, sync::LazyLock};

pub(crate) const CONTENDER: Contender = Contender {
    name: "prometheus timer",
    keeps: "11 buckets",
    call: timed,
    start: || {
        let registry = prometheus::Registry::new();
        // Its name is taken by nobody else.
        let _ = registry.register(Box::new(HISTOGRAM.clone()));
        Box::new(move || {
            let mut text = Vec::new();
            let _ = TextEncoder::new().encode(&registry.gather(), &mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    },
};

static HISTOGRAM: LazyLock<Histogram> = LazyLock::new(|| {
    Histogram::with_opts(HistogramOpts::new("timed", "Calls")).expect("the name is valid")
});

#[inline(never)]
fn timed(n: u64) -> u64 {
    let timer = HISTOGRAM.start_timer();
    let n = black_box(n);
    timer.observe_duration();
    n
}
