//! What a thread knows: its current lane, its token, and the lanes it must give back.
//!
//! The timed path touches only thread-locals without a destructor, so it works at any moment of a
//! thread's life, inside other thread-locals' destructors too. The one with a destructor is used
//! on cold paths, through `try_with`.

use crate::{
    lane::Lane,
    primitive::heal,
    registry::{Core, Registry},
    ring::Event,
};
use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

thread_local! {
    static CURRENT: Cell<Option<&'static Lane>> = const { Cell::new(None) };
    /// The id of the registry redirected to where there can be no lane; 0 for none.
    static TARGET: Cell<u32> = const { Cell::new(0) };
    static TOKEN: Cell<u64> = const { Cell::new(0) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static LOGGING: Cell<bool> = const { Cell::new(false) };
    static OWN_WORK: Cell<bool> = const { Cell::new(false) };
    static LANES: Lanes = const { Lanes(RefCell::new(Vec::new())) };
}

/// The lanes this thread owns, given back when it exits.
struct Lanes(RefCell<Vec<&'static Lane>>);

impl Drop for Lanes {
    fn drop(&mut self) {
        CURRENT.set(None);
        TOKEN.set(0);
        let _busy = Busy::enter();
        self.0.take().into_iter().for_each(Lane::release);
    }
}

/// The lane this thread records on. `None` while the thread is being torn down, and inside
/// perfkit's own work.
#[inline]
pub(crate) fn current() -> Option<&'static Lane> {
    match CURRENT.get() {
        None => attach_current(),
        lane => lane,
    }
}

#[cold]
fn attach_current() -> Option<&'static Lane> {
    if TARGET.get() != 0 {
        return None;
    }
    let lane = lane_for(&core()?);
    CURRENT.set(lane);
    lane
}

/// The registry of calls that have no lane. `None` inside perfkit's own work, and when it is gone.
pub(crate) fn core() -> Option<Arc<Core>> {
    let _busy = Busy::enter()?;
    match TARGET.get() {
        0 => Some(Arc::clone(Registry::global().core())),
        id => Core::by_id(id),
    }
}

/// Records a call that has no lane.
#[cold]
pub(crate) fn record_directly(event: Event) {
    match core() {
        Some(core) => core.record_directly(event),
        None => lose(),
    }
}

/// Notes that an operation begins to be called where this thread records.
#[cold]
pub(crate) fn begin(op: u32) {
    let Some(lane) = current() else { return };
    let Some(_busy) = Busy::enter() else { return };
    if let Some(core) = Core::by_id(lane.registry.load(Relaxed)) {
        heal(core.begun.lock()).insert(op);
    }
}

/// Calls that could not be kept: made from inside perfkit's own work on their thread.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Counts a call as lost.
#[cold]
pub(crate) fn lose() {
    LOST.fetch_add(1, Relaxed);
}

/// How many calls were lost so far, in the process.
pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}

/// This thread's lane for a registry. `None` while the thread is being torn down, and inside
/// perfkit's own work.
pub(crate) fn lane_for(core: &Arc<Core>) -> Option<&'static Lane> {
    let serves = |lane: &&Lane| lane.registry.load(Relaxed) == core.id;
    if let Some(lane) = CURRENT.get().filter(serves) {
        return Some(lane);
    }
    LANES
        .try_with(|lanes| {
            let mut lanes = lanes.0.try_borrow_mut().ok()?;
            if let Some(lane) = lanes.iter().copied().find(serves) {
                return Some(lane);
            }
            // From here on things are allocated and locked: a timed allocator finds us busy.
            let _busy = Busy::enter()?;
            let retired = lanes.iter().copied().find(|lane| lane.registry.load(Relaxed) == 0);
            let lane = retired.unwrap_or_else(|| {
                let lane = Lane::unused();
                lanes.push(lane);
                lane
            });
            lane.attach(core, token());
            Some(lane)
        })
        .ok()
        .flatten()
}

/// This thread's lane for a registry, else the current one.
#[inline]
pub(crate) fn lane_in(core: Option<&Arc<Core>>) -> Option<&'static Lane> {
    core.map_or_else(current, lane_for)
}

/// Sends what is timed on this thread to a registry while the returned value lives.
pub(crate) fn redirect(core: &Arc<Core>) -> impl Drop {
    struct Restore(Option<&'static Lane>, u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
            TARGET.set(self.1);
        }
    }
    let lane = lane_for(core);
    let target = if lane.is_some() { 0 } else { core.id };
    Restore(CURRENT.replace(lane), TARGET.replace(target))
}

/// Whether this thread is the one that may push to `lane`.
#[inline]
pub(crate) fn owns(lane: &Lane) -> bool {
    let token = TOKEN.get();
    token != 0 && lane.owner.load(Relaxed) == token
}

/// This thread's token: unique in the process, never 0.
pub(crate) fn token() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    if TOKEN.get() == 0 {
        TOKEN.set(NEXT.fetch_add(1, Relaxed));
    }
    TOKEN.get()
}

/// A mark on this thread, set while the value lives. `enter` gives `None` where it is set already.
macro_rules! mark {
    ($(#[$doc:meta])* $name:ident, $flag:ident) => {
        $(#[$doc])*
        pub(crate) struct $name(());

        impl $name {
            pub(crate) fn enter() -> Option<Self> {
                // Not `then_some`: a mark made and dropped would take away the one that is set.
                (!$flag.replace(true)).then(|| Self(()))
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                $flag.set(false);
            }
        }
    };
}

mark! {
    /// This thread is inside perfkit's own locks: whatever is timed meanwhile on it must not want
    /// those locks again.
    Busy, BUSY
}

/// Whether this thread is inside perfkit's own work.
pub(crate) fn is_busy() -> bool {
    BUSY.get()
}

mark! {
    /// This thread allocates for perfkit, not for the program.
    OwnWork, OWN_WORK
}

/// While it lives, what this thread allocates is perfkit's own.
#[inline]
pub(crate) fn own_work() -> Option<OwnWork> {
    if cfg!(feature = "alloc") { OwnWork::enter() } else { None }
}

/// Whether what this thread allocates just now is perfkit's own.
#[cfg(feature = "alloc")]
pub(crate) fn is_own_work() -> bool {
    OWN_WORK.get() || BUSY.get() || LOGGING.get()
}

mark! {
    /// This thread is inside a log event of ours.
    Logging, LOGGING
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_mark_lasts_as_long_as_its_first_holder() {
        let busy = Busy::enter();
        assert!(busy.is_some());
        assert!(Busy::enter().is_none());
        assert!(Busy::enter().is_none(), "a refused one takes nothing away");
        assert!(core().is_none() && lane_for(Registry::new().core()).is_none());
        drop(busy);
        assert!(Busy::enter().is_some());
    }
}
