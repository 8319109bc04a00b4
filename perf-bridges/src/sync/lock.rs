//! The standard library's locks.

use super::{Held, Site};
use std::sync::{
    Condvar, LockResult, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// Locking a [`Mutex`], timed.
pub trait MutexExt<T: ?Sized> {
    /// [`Mutex::lock`], with waiting and holding timed.
    ///
    /// # Errors
    /// As `lock`: the mutex is poisoned. The error has the guard, timed all the same.
    ///
    /// ```
    /// use perf_bridges::sync::{MutexExt as _, site};
    ///
    /// let total = std::sync::Mutex::new(0);
    /// std::thread::scope(|threads| {
    ///     for n in 1..=4 {
    ///         threads.spawn(|| *total.lock_timed(site!("total")).unwrap() += 1);
    ///     }
    /// });
    /// let snapshot = perf_core::snapshot();
    /// assert_eq!(snapshot.get_labelled("total", &[("phase", "wait")]).unwrap().count(), 4);
    /// ```
    fn lock_timed(&self, site: &'static Site) -> LockResult<Held<MutexGuard<'_, T>>>;
}

/// Locking an [`RwLock`], timed.
pub trait RwLockExt<T: ?Sized> {
    /// [`RwLock::read`], with waiting and holding timed.
    ///
    /// # Errors
    /// As `read`: the lock is poisoned. The error has the guard, timed all the same.
    ///
    /// ```
    /// use perf_bridges::sync::{RwLockExt as _, site};
    ///
    /// let names = std::sync::RwLock::new(vec!["ann"]);
    /// assert_eq!(names.read_timed(site!("names, read")).unwrap().len(), 1);
    /// ```
    fn read_timed(&self, site: &'static Site) -> LockResult<Held<RwLockReadGuard<'_, T>>>;

    /// [`RwLock::write`], with waiting and holding timed.
    ///
    /// # Errors
    /// As `write`: the lock is poisoned. The error has the guard, timed all the same.
    ///
    /// ```
    /// use perf_bridges::sync::{RwLockExt as _, site};
    ///
    /// let names = std::sync::RwLock::new(vec!["ann"]);
    /// names.write_timed(site!("names, write")).unwrap().push("bob");
    /// ```
    fn write_timed(&self, site: &'static Site) -> LockResult<Held<RwLockWriteGuard<'_, T>>>;
}

/// Waiting on a [`Condvar`], timed.
pub trait CondvarExt {
    /// [`Condvar::wait`], timed as waiting; as the lock is not held meanwhile, its holding ends
    /// before and begins anew after, at this site.
    ///
    /// # Errors
    /// As `wait`: the mutex is poisoned. The error has the guard, timed all the same.
    ///
    /// ```
    /// use perf_bridges::sync::{CondvarExt as _, MutexExt as _, site};
    /// use std::sync::{Condvar, Mutex};
    ///
    /// let (ready, changed) = (Mutex::new(false), Condvar::new());
    /// std::thread::scope(|threads| {
    ///     threads.spawn(|| {
    ///         *ready.lock_timed(site!("ready, lock")).unwrap() = true;
    ///         changed.notify_one();
    ///     });
    ///     let mut held = ready.lock_timed(site!("ready, lock")).unwrap();
    ///     while !*held {
    ///         held = changed.wait_timed(held, site!("ready, signal")).unwrap();
    ///     }
    /// });
    /// ```
    fn wait_timed<'a, T>(
        &self,
        held: Held<MutexGuard<'a, T>>,
        site: &'static Site,
    ) -> LockResult<Held<MutexGuard<'a, T>>>;
}

impl<T: ?Sized> MutexExt<T> for Mutex<T> {
    fn lock_timed(&self, site: &'static Site) -> LockResult<Held<MutexGuard<'_, T>>> {
        locked(site, || self.lock())
    }
}

impl<T: ?Sized> RwLockExt<T> for RwLock<T> {
    fn read_timed(&self, site: &'static Site) -> LockResult<Held<RwLockReadGuard<'_, T>>> {
        locked(site, || self.read())
    }

    fn write_timed(&self, site: &'static Site) -> LockResult<Held<RwLockWriteGuard<'_, T>>> {
        locked(site, || self.write())
    }
}

impl CondvarExt for Condvar {
    fn wait_timed<'a, T>(
        &self,
        held: Held<MutexGuard<'a, T>>,
        site: &'static Site,
    ) -> LockResult<Held<MutexGuard<'a, T>>> {
        let guard = held.into_guard();
        locked(site, || self.wait(guard))
    }
}

/// Waits for a guard, then times holding it, poisoned or not.
fn locked<G>(site: &'static Site, wait: impl FnOnce() -> LockResult<G>) -> LockResult<Held<G>> {
    site.wait
        .block(wait, Result::is_err)
        .map(|guard| Held::new(guard, site))
        .map_err(|poisoned| PoisonError::new(Held::new(poisoned.into_inner(), site)))
}
