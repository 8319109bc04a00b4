//! One phase of a site, timed.

#[cfg(feature = "tokio")]
use perf_core::__bridge::{Call, Timed};
use perf_core::{
    __bridge::{CallSite, Name, Scope},
    LevelFilter, Outcome,
};

pub(super) use perf_core::__bridge::Stretch as Holding;

#[derive(Debug)]
pub(super) struct Phase(CallSite);

impl Phase {
    pub(super) const fn new(name: &'static str, phase: &'static str) -> Self {
        let site = CallSite::new(Name::Given(name)).label("phase", phase);
        // Whoever got a lock would write its log event while everybody else waits.
        Self(site.level(LevelFilter::OFF))
    }

    /// Waits on this thread.
    #[inline]
    pub(super) fn block<R>(
        &'static self,
        wait: impl FnOnce() -> R,
        failed: impl FnOnce(&R) -> bool,
    ) -> R {
        let mut scope = Scope::enter(&self.0);
        let result = wait();
        if failed(&result) {
            scope.set_outcome(Outcome::Error);
        }
        result
    }

    /// Waits in a task.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn wait<F: Future>(
        &'static self,
        wait: F,
        failed: impl Fn(&F::Output) -> bool,
    ) -> impl Future<Output = F::Output> {
        Timed::new(Call::at(&self.0), wait, move |output, call: &mut Call| {
            if failed(output) {
                call.set_outcome(Outcome::Error);
            }
        })
    }

    /// Begins to hold.
    #[inline]
    pub(super) fn hold(&'static self) -> Holding {
        Holding::begin(&self.0)
    }
}
