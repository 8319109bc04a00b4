//! The OpenTelemetry SDK's histogram.

use super::Contender;
use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry_sdk::metrics::{
    InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality, data::ResourceMetrics,
    reader::MetricReader,
};
use std::{
    hint::black_box,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

pub(crate) const CONTENDER: Contender = Contender {
    name: "opentelemetry SDK",
    keeps: "15 buckets",
    call: timed,
    start: || {
        let reader = Shared(Arc::new(ManualReader::builder().build()));
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
        HISTOGRAM.get_or_init(|| provider.meter("bench").f64_histogram("timed").build());
        Box::new(move || {
            let mut metrics = ResourceMetrics::default();
            let collected = reader.collect(&mut metrics);
            drop(provider);
            format!("{collected:?} {metrics:?}")
        })
    },
};

static HISTOGRAM: OnceLock<Histogram<f64>> = OnceLock::new();

#[inline(never)]
fn timed(n: u64) -> u64 {
    let start = Instant::now();
    let n = black_box(n);
    if let Some(histogram) = HISTOGRAM.get() {
        histogram.record(start.elapsed().as_secs_f64(), &[]);
    }
    n
}

/// A reader that is kept beside the provider, to collect from.
#[derive(Clone, Debug)]
struct Shared(Arc<ManualReader>);

impl MetricReader for Shared {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(
        &self,
        timeout: Duration,
    ) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
