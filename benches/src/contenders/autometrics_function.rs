//! autometrics, over prometheus.

use super::Contender;
use autometrics::{autometrics, settings::AutometricsSettings};
use prometheus::{Encoder, TextEncoder};
use std::hint::black_box;

pub(crate) const CONTENDER: Contender = Contender {
    name: "autometrics",
    keeps: "14 buckets",
    call: timed,
    start: || {
        let settings = AutometricsSettings::builder().service_name("bench").init();
        Box::new(move || {
            let mut text = Vec::new();
            let families = settings.prometheus_registry().gather();
            let _ = TextEncoder::new().encode(&families, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    },
};

#[inline(never)]
#[autometrics]
fn timed(n: u64) -> u64 {
    black_box(n)
}
