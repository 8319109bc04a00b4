//! metered: an HdrHistogram behind a lock.

use super::Contender;
use metered::{ResponseTime, metered};
use std::{hint::black_box, sync::LazyLock};

pub(crate) const CONTENDER: Contender = Contender {
    name: "metered ResponseTime",
    keeps: "2 digits of whole ms",
    call: |n| SERVICE.timed(n),
    start: || {
        LazyLock::force(&SERVICE);
        Box::new(|| serde_json::to_string(&SERVICE.metrics).unwrap_or_default())
    },
};

#[derive(Default)]
struct Service {
    metrics: ServiceMetrics,
}

static SERVICE: LazyLock<Service> = LazyLock::new(Service::default);

#[metered(registry = ServiceMetrics)]
impl Service {
    #[inline(never)]
    #[measure(ResponseTime)]
    fn timed(&self, n: u64) -> u64 {
        black_box(n)
    }
}
