//! tracing's `#[instrument]`, timed by tracing-timing from the span's start to an event in it.

use super::Contender;
use std::{fmt::Write, hint::black_box};
use tracing_subscriber::{Registry, layer::SubscriberExt};
use tracing_timing::{Builder, Histogram, TimingLayer};

pub(crate) const CONTENDER: Contender = Contender {
    name: "tracing-timing",
    keeps: "3 digits",
    call: timed,
    start: || {
        let layer = Builder::default().layer(histogram as fn() -> Histogram<u64>);
        let downcaster = layer.downcaster();
        let dispatch = tracing::Dispatch::new(Registry::default().with(layer));
        tracing::dispatcher::set_global_default(dispatch.clone()).expect("it is the first");
        Box::new(move || downcaster.downcast(&dispatch).map(report).unwrap_or_default())
    },
};

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(1_000_000_000, 3).expect("the bounds are valid")
}

fn report(layer: &TimingLayer) -> String {
    layer.force_synchronize();
    layer.with_histograms(|spans| {
        let mut text = String::new();
        for (event, histogram) in spans.values_mut().flatten() {
            histogram.refresh();
            // Writing to a string does not fail.
            let _ = write!(text, "{event} {} {}", histogram.len(), histogram.value_at_quantile(0.99));
        }
        text
    })
}

#[inline(never)]
#[tracing::instrument(skip_all)]
fn timed(n: u64) -> u64 {
    let n = black_box(n);
    tracing::info!("end");
    n
}
