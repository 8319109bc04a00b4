//! perfkit's attribute.

use super::Contender;
use std::hint::black_box;

pub(crate) const CONTENDER: Contender = Contender {
    name: "perfkit #[timed]",
    keeps: "3 digits, self time, callers",
    call: timed,
    start: || Box::new(|| perfkit::summary().to_string()),
};

#[inline(never)]
#[perfkit::timed("timed")]
pub(crate) fn timed(n: u64) -> u64 {
    black_box(n)
}
