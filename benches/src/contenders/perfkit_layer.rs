//! tracing's `#[instrument]`, timed by perfkit's layer.

use super::Contender;
use std::hint::black_box;
use tracing_subscriber::{Registry, layer::SubscriberExt, util::SubscriberInitExt};

pub(crate) const CONTENDER: Contender = Contender {
    name: "perfkit layer()",
    keeps: "3 digits, self time, callers",
    call: timed,
    start: || {
        Registry::default().with(perfkit::layer()).init();
        Box::new(|| perfkit::summary().to_string())
    },
};

#[inline(never)]
#[tracing::instrument(skip_all)]
fn timed(n: u64) -> u64 {
    black_box(n)
}
