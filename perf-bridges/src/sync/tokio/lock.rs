//! tokio's locks.

use crate::sync::{Held, Site};
use std::sync::Arc;
use tokio::sync::{
    AcquireError, Mutex, MutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, RwLock,
    RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit,
};

/// Locking a [`Mutex`], timed.
pub trait MutexExt<T: ?Sized> {
    /// [`Mutex::lock`], with waiting and holding timed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::MutexExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let total = tokio::sync::Mutex::new(0);
    /// *total.lock_timed(site!("total")).await += 1;
    /// # });
    /// let snapshot = perf_core::snapshot();
    /// for phase in ["wait", "hold"] {
    ///     assert_eq!(snapshot.get_labelled("total", &[("phase", phase)]).unwrap().count(), 1);
    /// }
    /// ```
    fn lock_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Held<MutexGuard<'a, T>>>
    where
        T: 'a;

    /// [`Mutex::lock_owned`], with waiting and holding timed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::MutexExt as _};
    /// use std::sync::Arc;
    ///
    /// # futures::executor::block_on(async {
    /// let total = Arc::new(tokio::sync::Mutex::new(0));
    /// let held = total.lock_owned_timed(site!("total")).await;
    /// std::thread::spawn(move || drop(held));
    /// # });
    /// ```
    fn lock_owned_timed(
        self: Arc<Self>,
        site: &'static Site,
    ) -> impl Future<Output = Held<OwnedMutexGuard<T>>>;
}

/// Locking an [`RwLock`], timed.
pub trait RwLockExt<T: ?Sized> {
    /// [`RwLock::read`], with waiting and holding timed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::RwLockExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let names = tokio::sync::RwLock::new(vec!["ann"]);
    /// assert_eq!(names.read_timed(site!("names, read")).await.len(), 1);
    /// # });
    /// ```
    fn read_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Held<RwLockReadGuard<'a, T>>>
    where
        T: 'a;

    /// [`RwLock::write`], with waiting and holding timed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::RwLockExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let names = tokio::sync::RwLock::new(vec!["ann"]);
    /// names.write_timed(site!("names, write")).await.push("bob");
    /// # });
    /// ```
    fn write_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Held<RwLockWriteGuard<'a, T>>>
    where
        T: 'a;
}

/// Acquiring permits of a [`Semaphore`], timed.
pub trait SemaphoreExt {
    /// [`Semaphore::acquire`], with waiting and holding timed. The permit's own methods are those
    /// of [`Held::guard`] and [`Held::into_guard`].
    ///
    /// # Errors
    /// As `acquire`: the semaphore is closed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::SemaphoreExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let slots = tokio::sync::Semaphore::new(2);
    /// let held = slots.acquire_timed(site!("slots")).await.unwrap();
    /// assert_eq!((held.guard().num_permits(), slots.available_permits()), (1, 1));
    /// held.into_guard().forget();
    /// # });
    /// ```
    fn acquire_timed(
        &self,
        site: &'static Site,
    ) -> impl Future<Output = Result<Held<SemaphorePermit<'_>>, AcquireError>>;

    /// [`Semaphore::acquire_many`], with waiting and holding timed.
    ///
    /// # Errors
    /// As `acquire_many`: the semaphore is closed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::SemaphoreExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let slots = tokio::sync::Semaphore::new(3);
    /// let held = slots.acquire_many_timed(2, site!("slots")).await.unwrap();
    /// assert_eq!(slots.available_permits(), 1);
    /// # drop(held);
    /// # });
    /// ```
    fn acquire_many_timed(
        &self,
        permits: u32,
        site: &'static Site,
    ) -> impl Future<Output = Result<Held<SemaphorePermit<'_>>, AcquireError>>;

    /// [`Semaphore::acquire_owned`], with waiting and holding timed.
    ///
    /// # Errors
    /// As `acquire_owned`: the semaphore is closed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::SemaphoreExt as _};
    /// use std::sync::Arc;
    ///
    /// # futures::executor::block_on(async {
    /// let slots = Arc::new(tokio::sync::Semaphore::new(1));
    /// let held = slots.clone().acquire_owned_timed(site!("slots")).await.unwrap();
    /// assert_eq!(slots.available_permits(), 0);
    /// # drop(held);
    /// # });
    /// ```
    fn acquire_owned_timed(
        self: Arc<Self>,
        site: &'static Site,
    ) -> impl Future<Output = Result<Held<OwnedSemaphorePermit>, AcquireError>>;
}

impl<T: ?Sized> MutexExt<T> for Mutex<T> {
    fn lock_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Held<MutexGuard<'a, T>>>
    where
        T: 'a,
    {
        locked(site, self.lock())
    }

    fn lock_owned_timed(
        self: Arc<Self>,
        site: &'static Site,
    ) -> impl Future<Output = Held<OwnedMutexGuard<T>>> {
        locked(site, self.lock_owned())
    }
}

impl<T: ?Sized> RwLockExt<T> for RwLock<T> {
    fn read_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Held<RwLockReadGuard<'a, T>>>
    where
        T: 'a,
    {
        locked(site, self.read())
    }

    fn write_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Held<RwLockWriteGuard<'a, T>>>
    where
        T: 'a,
    {
        locked(site, self.write())
    }
}

impl SemaphoreExt for Semaphore {
    fn acquire_timed(
        &self,
        site: &'static Site,
    ) -> impl Future<Output = Result<Held<SemaphorePermit<'_>>, AcquireError>> {
        acquired(site, self.acquire())
    }

    fn acquire_many_timed(
        &self,
        permits: u32,
        site: &'static Site,
    ) -> impl Future<Output = Result<Held<SemaphorePermit<'_>>, AcquireError>> {
        acquired(site, self.acquire_many(permits))
    }

    fn acquire_owned_timed(
        self: Arc<Self>,
        site: &'static Site,
    ) -> impl Future<Output = Result<Held<OwnedSemaphorePermit>, AcquireError>> {
        acquired(site, self.acquire_owned())
    }
}

/// Waits for a guard, then times holding it.
async fn locked<G>(site: &'static Site, wait: impl Future<Output = G>) -> Held<G> {
    Held::new(site.wait.wait(wait, |_| false).await, site)
}

/// Waits for a permit, then times holding it.
async fn acquired<P>(
    site: &'static Site,
    wait: impl Future<Output = Result<P, AcquireError>>,
) -> Result<Held<P>, AcquireError> {
    Ok(Held::new(site.wait.wait(wait, Result::is_err).await?, site))
}
