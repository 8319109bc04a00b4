//! perfkit's scope.

use super::Contender;
use std::hint::black_box;

pub(crate) const CONTENDER: Contender = Contender {
    name: "perfkit timer!",
    keeps: "3 digits, self time, callers",
    call: scope,
    start: || Box::new(|| perfkit::summary().to_string()),
};

#[inline(never)]
fn scope(n: u64) -> u64 {
    let _t = perfkit::timer!("scope");
    black_box(n)
}
