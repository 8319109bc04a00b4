//! fastrace: a root span for each call, reported to nobody.

use super::Contender;
use fastrace::{
    Span,
    collector::{Config, Reporter, SpanRecord},
    prelude::SpanContext,
};
use std::hint::black_box;

pub(crate) const CONTENDER: Contender = Contender {
    name: "fastrace root span",
    keeps: "a record of each call",
    call: timed,
    start: || {
        fastrace::set_reporter(Nobody, Config::default());
        Box::new(|| {
            fastrace::flush();
            String::new()
        })
    },
};

struct Nobody;

impl Reporter for Nobody {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans);
    }
}

#[inline(never)]
fn timed(n: u64) -> u64 {
    let _span = Span::root("timed", SpanContext::random());
    black_box(n)
}
