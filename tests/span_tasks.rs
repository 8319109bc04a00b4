//! 100,000 tasks of a multi-thread runtime under the layer, beside what `tracing-subscriber`'s own
//! formatter says of each span. Alone in its process: the subscriber is the process's.
#![cfg(feature = "tracing")]

use std::{
    cell::Cell,
    hint::black_box,
    io::{self, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use tracing::{Instrument, Subscriber, info_span, span};
use tracing_subscriber::{
    Layer,
    fmt::{MakeWriter, format::FmtSpan},
    layer::Context,
    prelude::*,
};

const TASKS: u64 = 100_000;

/// What the formatter has written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

thread_local!(static FIRST: Cell<Option<Instant>> = const { Cell::new(None) });

/// Two of it stand around the layers that are compared, and see for how long a thread was held up
/// between the clock readings of the one and of the other: that much they may differ.
#[derive(Clone, Default)]
struct HeldUp {
    second: bool,
    nanoseconds: Arc<AtomicU64>,
}

impl HeldUp {
    /// What the layers take when nothing stops them.
    const USUAL: Duration = Duration::from_micros(5);

    fn second(&self) -> Self {
        HeldUp { second: true, nanoseconds: self.nanoseconds.clone() }
    }

    fn pass(&self) {
        if !self.second {
            return FIRST.set(Some(Instant::now()));
        }
        let between = FIRST.take().expect("the first one comes first").elapsed();
        if between > Self::USUAL {
            self.nanoseconds.fetch_add(between.as_nanos() as u64, Relaxed);
        }
    }

    fn seconds(&self) -> f64 {
        self.nanoseconds.load(Relaxed) as f64 / 1e9
    }
}

impl<S: Subscriber> Layer<S> for HeldUp {
    fn on_enter(&self, _: &span::Id, _: Context<'_, S>) {
        self.pass();
    }

    fn on_exit(&self, _: &span::Id, _: Context<'_, S>) {
        self.pass();
    }
}

/// Keeps the CPU for a while, so that what the two layers cost is small beside it.
fn work() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(50) {
        black_box(start);
    }
}

async fn task(n: u64) {
    work();
    tokio::task::yield_now().await;
    if n.is_multiple_of(100) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    async { work() }.instrument(info_span!("inner")).await;
}

/// `time.busy=12.3µs` of a line, in seconds.
fn busy(line: &str) -> f64 {
    let (_, after) = line.split_once("time.busy=").expect("the line of a span's end");
    let text = after.split_whitespace().next().unwrap();
    let digits = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap();
    let (value, unit) = text.split_at(digits);
    let scale = match unit {
        "ns" => 1e-9,
        "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        other => panic!("a unit of time: {other}"),
    };
    value.parse::<f64>().unwrap() * scale
}

#[test]
fn every_span_is_counted_once_and_busy_as_the_formatter_says() {
    let lines = Lines::default();
    let formatter = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(lines.clone())
        .with_span_events(FmtSpan::CLOSE);
    let held_up = HeldUp::default();
    tracing_subscriber::registry()
        .with(held_up.clone())
        .with(formatter)
        .with(perfkit::layer())
        .with(held_up.second())
        .init();

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for n in 0..TASKS {
            tasks.spawn(task(n).instrument(info_span!("task", n)));
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
    drop(runtime);

    let snapshot = perfkit::snapshot();
    let text = String::from_utf8(std::mem::take(&mut *lines.0.lock().unwrap())).unwrap();
    for (name, span) in [("task", "task{"), ("inner", ":inner:")] {
        let operation = snapshot.get(name).unwrap();
        assert_eq!(operation.count(), TASKS, "{name}");
        let ours = operation.polls().unwrap();
        let is_its =
            |line: &&str| line.contains(span) && line.contains(":inner:") == (name == "inner");
        let theirs: Vec<f64> = text.lines().filter(is_its).map(busy).collect();
        assert_eq!(theirs.len() as u64, TASKS, "{name}");

        assert!(ours.busy_ns <= operation.sum().as_nanos() as u64, "{name}");
        let ours = ours.busy_ns as f64 / 1e9;
        let theirs: f64 = theirs.iter().sum();
        let apart = (ours - theirs).abs();
        let held_up = held_up.seconds();
        let figures = format!(
            "{name}: busy {ours:.4} s, by the formatter {theirs:.4} s, {:.2} % apart, held up \
             {held_up:.4} s",
            apart / theirs * 100.0
        );
        println!("{figures}");
        assert!(apart < 0.01 * theirs + held_up, "{figures}");
    }
    let task = snapshot.get("task").unwrap();
    let inner = snapshot.get("inner").unwrap();
    assert_eq!(inner.callers()[0].name.as_deref(), Some("task"));
    assert_eq!(inner.callers()[0].calls, TASKS);
    assert!(task.self_time() + inner.sum() <= task.sum() + Duration::from_micros(1));
    // Polled at least twice, and once more where it was dropped.
    assert!(task.polls().unwrap().polls >= 2 * TASKS);
}
