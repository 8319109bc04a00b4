//! `phase` without the feature `enabled`: it times nothing.

#![expect(clippy::unused_self, reason = "the methods are those of what times")]

#[derive(Debug)]
pub(super) struct Phase;

#[derive(Debug)]
pub(super) struct Holding;

impl Phase {
    pub(super) const fn new(_name: &'static str, _phase: &'static str) -> Self {
        Self
    }

    #[inline]
    pub(super) fn block<R>(
        &'static self,
        wait: impl FnOnce() -> R,
        _failed: impl FnOnce(&R) -> bool,
    ) -> R {
        wait()
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn wait<F: Future>(
        &'static self,
        wait: F,
        _failed: impl Fn(&F::Output) -> bool,
    ) -> F {
        wait
    }

    #[inline]
    pub(super) fn hold(&'static self) -> Holding {
        Holding
    }
}
