//! The metrics facade with its Prometheus recorder, through a handle that is kept.

use super::{Contender, Report};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::{
    hint::black_box,
    sync::{Arc, OnceLock, atomic::AtomicBool, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

pub(crate) const CONTENDER: Contender =
    Contender { name: "metrics, a handle", keeps: "sketch, 1 %", call: timed, start };

static HISTOGRAM: OnceLock<metrics::Histogram> = OnceLock::new();

/// With the upkeep the recorder asks for, every second: without it every duration is kept until somebody reads.
pub(super) fn start() -> Report {
    let recorder = PrometheusBuilder::new().install_recorder();
    let recorder = recorder.expect("no other recorder is installed");
    HISTOGRAM.get_or_init(|| metrics::histogram!("timed"));
    let ended = Arc::new(AtomicBool::new(false));
    let upkeep = {
        let (ended, recorder) = (Arc::clone(&ended), recorder.clone());
        thread::spawn(move || {
            while !ended.load(Relaxed) {
                recorder.run_upkeep();
                thread::park_timeout(Duration::from_secs(1));
            }
        })
    };
    Box::new(move || {
        ended.store(true, Relaxed);
        upkeep.thread().unpark();
        // It does not panic, and if it did there would be nothing to report.
        let _ = upkeep.join();
        recorder.render()
    })
}

#[inline(never)]
fn timed(n: u64) -> u64 {
    let start = Instant::now();
    let n = black_box(n);
    if let Some(histogram) = HISTOGRAM.get() {
        histogram.record(start.elapsed());
    }
    n
}
