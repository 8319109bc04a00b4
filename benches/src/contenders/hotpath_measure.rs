//! hotpath: a queue for each thread, emptied by a thread of its own.

use super::Contender;
use std::hint::black_box;

pub(crate) const CONTENDER: Contender = Contender {
    name: "hotpath #[measure]",
    keeps: "3 digits",
    call: timed,
    start: || {
        let percentiles = [50.0, 95.0, 99.0, 99.9];
        let guard = hotpath::HotpathGuardBuilder::new("main").percentiles(&percentiles);
        let guard = guard.format(hotpath::Format::None).build();
        Box::new(move || {
            drop(guard);
            String::new()
        })
    },
};

#[inline(never)]
#[hotpath::measure]
fn timed(n: u64) -> u64 {
    black_box(n)
}
