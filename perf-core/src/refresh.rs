//! What is run before a snapshot, for numbers that somebody else keeps.

use crate::{
    local::Busy,
    primitive::heal,
    registry::{Core, Registry, Source},
};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
};

/// What [`Registry::on_snapshot`] runs: to stop it. Dropped, it goes on.
#[derive(Clone)]
pub struct Refresh {
    core: Weak<Core>,
    source: Weak<dyn Fn(&Registry) + Send + Sync>,
}

impl Refresh {
    /// From now on it is not run any more, and what it holds is dropped.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// let runs = registry.on_snapshot(|registry| registry.counter("snapshots", &[]).add(1));
    /// assert_eq!(registry.snapshot().counter("snapshots", &[]), Some(1));
    /// runs.stop();
    /// assert_eq!(registry.snapshot().counter("snapshots", &[]), Some(1));
    /// ```
    pub fn stop(&self) {
        let (Some(core), Some(source)) = (self.core.upgrade(), self.source.upgrade()) else {
            return;
        };
        heal(core.sources.lock()).retain(|known| !Arc::ptr_eq(known, &source));
        // Dropped without the lock held: it may hold anything.
        drop(source);
    }
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh").finish_non_exhaustive()
    }
}

impl Registry {
    /// Runs `refresh` before each [`snapshot`](Self::snapshot), for numbers that somebody else keeps.
    /// It stays until [`Refresh::stop`] or as long as the registry, of which it should hold no handle: it is given one. Snapshots taken meanwhile do not wait for it, those it takes
    /// itself neither. If it panics the snapshot is taken all the same.
    ///
    /// ```
    /// let registry = perf_core::Registry::new();
    /// registry.on_snapshot(|registry| registry.gauge("answer", &[]).set(42.0));
    /// assert_eq!(registry.snapshot().gauge("answer", &[]), Some(42.0));
    /// ```
    pub fn on_snapshot(&self, refresh: impl Fn(&Self) + Send + Sync + 'static) -> Refresh {
        let source: Source = Arc::new(refresh);
        let refresh =
            Refresh { core: Arc::downgrade(self.core()), source: Arc::downgrade(&source) };
        let _busy = Busy::enter();
        heal(self.core().sources.lock()).push(source);
        refresh
    }

    /// Runs what [`on_snapshot`](Self::on_snapshot) was given.
    pub(crate) fn refresh(&self) {
        let sources = {
            let Some(_busy) = Busy::enter() else { return };
            heal(self.core().sources.lock()).clone()
        };
        if sources.is_empty() || self.core().refreshing.swap(true, Relaxed) {
            return;
        }
        for source in sources {
            // Its numbers stay as they are, and whoever takes the snapshot goes on: perhaps a thread that
            // has to, or one that is unwinding. The panic has been reported by its hook.
            let _ = catch_unwind(AssertUnwindSafe(|| source(self)));
        }
        self.core().refreshing.store(false, Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_panics_is_survived() {
        let registry = Registry::new();
        registry.on_snapshot(|_| panic!("on purpose"));
        registry.on_snapshot(|registry| registry.counter("runs", &[]).add(1));
        for runs in 1..=2 {
            assert_eq!(registry.snapshot().counter("runs", &[]), Some(runs));
        }
    }
}
