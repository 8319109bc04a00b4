//! With the feature `timed` everything here is timed, by perfkit without its feature `enabled`: the
//! machine code must be the same. `tests/off.rs` compares.

use std::{
    fmt::Display,
    pin::pin,
    task::{Context, Poll},
};

/// What is timed.
#[derive(Debug, Default)]
pub struct Total(u64);

/// A loop.
#[cfg_attr(feature = "timed", perfkit::timed)]
#[must_use]
pub fn sum(values: &[u64]) -> u64 {
    values.iter().fold(0, |sum, value| sum ^ value.rotate_left(3))
}

/// Early returns.
///
/// # Errors
/// If it is no number.
#[cfg_attr(feature = "timed", perfkit::timed(err, labels(length = text.len())))]
pub fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    let number: u64 = text.trim().parse()?;
    Ok(number.wrapping_mul(31))
}

/// An async fn.
#[cfg_attr(feature = "timed", perfkit::timed(poll))]
pub async fn fetch(first: impl Future<Output = u64>, second: impl Future<Output = u64>) -> u64 {
    first.await.wrapping_add(second.await)
}

/// Has [`fetch`] compiled.
pub fn fetched(cx: &mut Context<'_>) -> Poll<u64> {
    pin!(fetch(std::future::ready(1), std::future::pending())).poll(cx)
}

#[cfg_attr(feature = "timed", perfkit::timed)]
impl Total {
    /// A method. Not inlined: which functions other crates may inline is decided before `timer!` is
    /// optimised away.
    #[inline(never)]
    pub fn add(&mut self, value: u64) -> &mut Self {
        #[cfg(feature = "timed")]
        let _t = perfkit::timer!("add", value = value);
        self.0 = self.0.wrapping_add(value);
        self
    }

    /// A generic method.
    pub fn show(&self, unit: impl Display) -> String {
        format!("{} {unit}", self.0)
    }
}

/// Has [`Total::show`] compiled.
#[must_use]
pub fn shown(total: &Total) -> String {
    total.show("ms")
}
