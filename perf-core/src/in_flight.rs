//! Calls that have begun and not ended, where a site asks for them.

use crate::{
    clock::Clock, lane::Lane, local, local::Busy, primitive::heal, registry::Core, site::CallSite,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The running calls of each operation, as start ticks and a number that tells them apart.
pub(crate) type Running = HashMap<u32, BTreeSet<(u64, u64)>>;

/// Counts as a running call while it lives. Beside a `Scope`, for it costs two locks.
#[derive(Debug)]
#[must_use]
pub struct InFlight {
    call: Option<(Arc<Core>, u32, (u64, u64))>,
}

impl InFlight {
    /// Begins a call of a site, in the current registry.
    pub fn enter(site: &'static CallSite) -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let begin = |lane: &'static Lane| {
            let core = Core::by_id(lane.registry.load(Relaxed))?;
            let op = site.op();
            let call = (Clock::get().ticks(), CALLS.fetch_add(1, Relaxed));
            let _busy = Busy::enter()?;
            heal(core.running.lock()).entry(op).or_default().insert(call);
            Some((core, op, call))
        };
        Self { call: local::current().filter(|_| crate::enabled()).and_then(begin) }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let Some((core, op, call)) = self.call.take() else { return };
        let _busy = Busy::enter();
        if let Some(calls) = heal(core.running.lock()).get_mut(&op) {
            calls.remove(&call);
        }
    }
}
