//! One contender beside the floor, in a process of its own.

use crate::{
    contenders::{Contender, two_reads, untimed},
    measure::{self, Cost, in_turn, nanos_each},
};
use serde::{Deserialize, Serialize};
use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

/// Calls of a short section.
const SHORT: u64 = 5_000;
/// Calls of the sustained run.
const SUSTAINED: u64 = 10_000_000;

/// For the background work of four million calls.
const BACKGROUND: Duration = Duration::from_secs(3);

/// What was measured. Costs are ns for each call, above the same call not timed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) keeps: String,
    /// The floor, in the same process and rounds.
    pub(crate) floor: Cost,
    pub(crate) one_thread: Cost,
    pub(crate) two_threads: Cost,
    pub(crate) sustained: f64,
    /// CPU time of the whole process for each sustained call, reporting included.
    pub(crate) cpu: f64,
    /// Memory that came with the sustained calls, in bytes.
    pub(crate) grown: usize,
    pub(crate) report_ms: f64,
}

pub(crate) fn run(contender: &Contender) -> Measured {
    let report = (contender.start)();
    measure::time(contender.call, 1000);

    let [plain, floor, one] = in_turn([untimed, two_reads, contender.call], SHORT);
    let [plain_of_two, two] = measure::at_once([untimed, contender.call], SHORT);

    // What the short sections left to do in the background is not the sustained run's.
    thread::sleep(BACKGROUND);

    let plain_sustained = nanos_each(measure::time(untimed, SUSTAINED), SUSTAINED);
    let (resident, cpu) = (measure::resident(), measure::process_cpu());
    let sustained = measure::time(contender.call, SUSTAINED);
    let grown = measure::resident().saturating_sub(resident);
    let reporting = Instant::now();
    black_box(report());
    let report_ms = reporting.elapsed().as_secs_f64() * 1e3;
    let cpu = measure::process_cpu().saturating_sub(cpu);
    Measured {
        name: contender.name.to_owned(),
        keeps: contender.keeps.to_owned(),
        floor: floor.above(plain),
        one_thread: one.above(plain),
        two_threads: two.above(plain_of_two),
        sustained: nanos_each(sustained, SUSTAINED) - plain_sustained,
        cpu: nanos_each(cpu, SUSTAINED) - plain_sustained,
        grown,
        report_ms,
    }
}

impl Measured {
    /// Of two runs, the better of each figure: what disturbs only ever adds.
    pub(crate) fn better(self, other: &Self) -> Self {
        let best = |a: Cost, b: Cost| if a.min <= b.min { a } else { b };
        Self {
            floor: best(self.floor, other.floor),
            one_thread: best(self.one_thread, other.one_thread),
            two_threads: if self.two_threads.median <= other.two_threads.median {
                self.two_threads
            } else {
                other.two_threads
            },
            sustained: self.sustained.min(other.sustained),
            cpu: self.cpu.min(other.cpu),
            grown: self.grown.min(other.grown),
            report_ms: self.report_ms.min(other.report_ms),
            ..self
        }
    }
}
