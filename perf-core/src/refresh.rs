//! What is run before a snapshot, for numbers that somebody else keeps.

use crate::{
    local::Busy,
    primitive::heal,
    registry::{Core, Registry, Source},
};
use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
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
    /// itself neither.
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
        /// Ends the refreshing, by panic too.
        struct Refreshing<'a>(&'a AtomicBool);
        impl Drop for Refreshing<'_> {
            fn drop(&mut self) {
                self.0.store(false, Relaxed);
            }
        }
        let sources = {
            let Some(_busy) = Busy::enter() else { return };
            heal(self.core().sources.lock()).clone()
        };
        if sources.is_empty() || self.core().refreshing.swap(true, Relaxed) {
            return;
        }
        let _refreshing = Refreshing(&self.core().refreshing);
        sources.iter().for_each(|source| source(self));
    }
}
