//! Calls that have begun and not ended, where a site asks for them.

use crate::{clock::Clock, local, local::Busy, primitive::heal, registry::Core, site::CallSite};
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
        let core = local::current().filter(|_| crate::enabled());
        let core = core.and_then(|lane| Core::by_id(lane.registry.load(Relaxed)));
        Self { call: core.and_then(|core| begin(core, site.op())) }
    }

    /// Begins a call of an operation.
    pub(crate) fn of(core: Arc<Core>, op: u32) -> Self {
        Self { call: Some(core).filter(|_| crate::enabled()).and_then(|core| begin(core, op)) }
    }
}

fn begin(core: Arc<Core>, op: u32) -> Option<(Arc<Core>, u32, (u64, u64))> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = (Clock::get().ticks(), CALLS.fetch_add(1, Relaxed));
    let _busy = Busy::enter()?;
    heal(core.running.lock()).entry(op).or_default().insert(call);
    Some((core, op, call))
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
