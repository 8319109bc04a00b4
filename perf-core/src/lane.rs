//! A thread's place in a registry: its ring and its open scopes.
//!
//! Lanes are `'static`: made when a thread first times something for a registry, handed to the
//! next thread when that one exits, never freed. So a lane can be used without a lifetime, a
//! reference count or a thread-local destructor in the timed path, and there are never more of
//! them than threads that were alive at once, times the registries each used.

use crate::{
    clock::Clock,
    frames::Frames,
    local::{self, Busy},
    primitive::heal,
    registry::Core,
    ring::{Consuming, Event, Ring, Slot},
    skips::Skips,
    word::Word,
};
use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

/// Events a ring holds; it is drained when half of them have come. More would not make a call any
/// cheaper.
const RING: usize = 256;

pub(crate) struct Lane {
    /// The token of the thread that may push; 0 for none.
    pub(crate) owner: AtomicU64,
    /// The id of the registry served; 0 for none.
    pub(crate) registry: AtomicU32,
    pub(crate) clock: Clock,
    pub(crate) frames: Frames,
    pub(crate) skips: Skips,
    ring: Ring<Destination, RING>,
}

/// Where a lane's events go. Guarded by the ring's consumer lock.
#[derive(Default)]
struct Destination {
    core: Option<Arc<Core>>,
    /// The stripe used last, tried first.
    stripe: usize,
    /// How much of the lane's skipped calls has been handed over, by the site's place.
    skips_seen: Vec<u64>,
}

/// Lanes of threads that have exited.
static FREE: Mutex<Vec<&'static Lane>> = Mutex::new(Vec::new());

impl Lane {
    /// A lane nobody uses.
    pub(crate) fn unused() -> &'static Self {
        let free = heal(FREE.lock()).pop();
        free.unwrap_or_else(|| {
            Box::leak(Box::new(Self {
                owner: AtomicU64::new(0),
                registry: AtomicU32::new(0),
                clock: Clock::get().clone(),
                frames: Frames::new(),
                skips: Skips::new(),
                ring: Ring::new(Destination::default()),
            }))
        })
    }

    /// Starts serving a registry from the thread `owner`.
    pub(crate) fn attach(&'static self, core: &Arc<Core>, owner: u64) {
        let mut consuming = self.ring.consumer();
        // Events of a registry that is gone.
        consuming.drain(|_, _| ());
        consuming.state.core = Some(Arc::clone(core));
        drop(consuming);
        self.frames.clear();
        self.owner.store(owner, Relaxed);
        self.registry.store(core.id, Relaxed);
        heal(core.lanes.lock()).push(self);
    }

    /// Stops serving `core`, after handing over all events. Nothing if it serves another by now.
    pub(crate) fn detach(&'static self, core: &Core) {
        let mut consuming = self.ring.consumer();
        if consuming.state.core.as_ref().is_none_or(|serving| serving.id != core.id) {
            return;
        }
        self.flush(&mut consuming);
        self.registry.store(0, Relaxed);
        let serving = consuming.state.core.take();
        drop(consuming);
        heal(core.lanes.lock()).retain(|lane| !std::ptr::eq(*lane, self));
        // Perhaps the last one: dropped without a lock held.
        drop(serving);
    }

    /// Gives the lane back at thread exit.
    pub(crate) fn release(&'static self) {
        let serving = self.ring.consumer().state.core.clone();
        if let Some(core) = serving {
            self.detach(&core);
        }
        self.owner.store(0, Relaxed);
        heal(FREE.lock()).push(self);
    }

    /// Adds an event. Owner only.
    #[inline]
    pub(crate) fn record(&self, mut event: Event) {
        if event.children != 0 {
            event.word |= Word::CHILDREN;
        }
        self.ring.push(event, || self.make_room());
    }

    /// Hands all events so far over to the registry, if it is still `core`.
    pub(crate) fn flush_to(&self, core: &Core) {
        let mut consuming = self.ring.consumer();
        if consuming.state.core.as_ref().is_some_and(|serving| serving.id == core.id) {
            self.flush(&mut consuming);
        }
    }

    /// Events, and counts of calls that made none.
    fn flush(&self, consuming: &mut Consuming<'_, Destination, RING>) {
        drain(consuming);
        let Destination { core, skips_seen, .. } = &mut *consuming.state;
        let Some(core) = core else { return };
        self.skips.take(skips_seen, |op, calls| {
            *heal(core.skipped.lock()).entry(op).or_default() += calls;
        });
    }

    #[cold]
    fn make_room(&self) -> bool {
        let Some(_busy) = Busy::enter() else {
            // Timed from inside the aggregation itself, as a timed allocator would be: the lock
            // is ours already.
            let room = self.ring.has_room();
            if !room {
                local::lose();
            }
            return room;
        };
        if let Some(mut consuming) = self.ring.try_consumer() {
            drain(&mut consuming);
        } else if !self.ring.has_room() {
            drain(&mut self.ring.consumer());
        }
        true
    }
}

fn drain(consuming: &mut Consuming<'_, Destination, RING>) {
    consuming.drain(|destination, parts| {
        let Some(core) = &destination.core else {
            return;
        };
        if core.recent.is_used() {
            core.recent.keep(parts.into_iter().flatten().map(Slot::event));
        }
        let mut table = core.stripe(&mut destination.stripe);
        parts.into_iter().for_each(|slots| table.record_all(slots, &core.recording));
    });
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("registry", &self.registry).finish_non_exhaustive()
    }
}
