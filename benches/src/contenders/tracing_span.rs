//! tracing's `#[instrument]` under tracing-subscriber's registry, with nobody who times it: what the
//! layers add to.

use super::{Contender, no_report};
use std::hint::black_box;
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

pub(crate) const CONTENDER: Contender = Contender {
    name: "tracing span alone",
    keeps: "nothing",
    call: span,
    start: || {
        Registry::default().with(Nothing).init();
        no_report()
    },
};

struct Nothing;

impl Layer<Registry> for Nothing {}

#[inline(never)]
#[tracing::instrument(skip_all)]
fn span(n: u64) -> u64 {
    black_box(n)
}
