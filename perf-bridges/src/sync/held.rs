//! A guard whose holding is timed.

use super::{Site, phase::Holding};
use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// A guard or a permit, timed until it is dropped, on whatever thread. It derefs to what the guard
/// guards. The guard is released first and its time recorded after, so timing adds nothing to the
/// time others wait.
#[must_use = "dropped at once, it releases the lock or the permit at once"]
pub struct Held<G> {
    guard: G,
    // Behind the guard, for fields are dropped in this order.
    _holding: Holding,
}

impl<G> Held<G> {
    /// Times holding what was got without waiting, or by a method that has no timed one.
    ///
    /// ```
    /// use perf_bridges::sync::{Held, site};
    ///
    /// let cache = std::sync::Mutex::new(1);
    /// if let Ok(guard) = cache.try_lock() {
    ///     *Held::new(guard, site!("cache")) += 1;
    /// }
    /// let snapshot = perf_core::snapshot();
    /// assert_eq!(snapshot.get_labelled("cache", &[("phase", "hold")]).unwrap().count(), 1);
    /// assert!(snapshot.get_labelled("cache", &[("phase", "wait")]).is_none());
    /// ```
    #[inline]
    pub fn new(guard: G, site: &'static Site) -> Self {
        Self { guard, _holding: site.hold.hold() }
    }

    /// The guard itself.
    ///
    /// ```
    /// use perf_bridges::sync::{Held, site};
    ///
    /// let held = Held::new(String::from("permit"), site!("permits"));
    /// assert_eq!(held.guard(), "permit");
    /// ```
    #[inline]
    pub fn guard(&self) -> &G {
        &self.guard
    }

    /// The guard itself, to change.
    ///
    /// ```
    /// use perf_bridges::sync::{Held, site};
    ///
    /// let mut held = Held::new(vec![1, 2], site!("permits"));
    /// assert_eq!(held.guard_mut().pop(), Some(2));
    /// ```
    #[inline]
    pub fn guard_mut(&mut self) -> &mut G {
        &mut self.guard
    }

    /// Ends the timing and returns the guard, still held.
    ///
    /// ```
    /// use perf_bridges::sync::{MutexExt as _, site};
    /// use std::sync::Mutex;
    ///
    /// let queue = Mutex::new([3, 4]);
    /// let guard = queue.lock_timed(site!("queue")).unwrap().into_guard();
    /// assert_eq!(guard[0], 3);
    /// assert!(queue.try_lock().is_err());
    /// ```
    #[inline]
    pub fn into_guard(self) -> G {
        self.guard
    }
}

impl<G: Deref> Deref for Held<G> {
    type Target = G::Target;

    #[inline]
    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Held<G> {
    #[inline]
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

impl<G: fmt::Debug> fmt::Debug for Held<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)
    }
}

impl<G: fmt::Display> fmt::Display for Held<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(f)
    }
}
