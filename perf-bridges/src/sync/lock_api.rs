//! The locks of `parking_lot`, and whatever else is made with `lock_api`.

/// The same for each version of `lock_api`: its locks are other types.
macro_rules! lock_api {
    ($lock_api:ident, $parking_lot:ident, $version:literal) => {
        #[doc = concat!("The locks of `parking_lot` ", $version, ".")]
        pub mod $parking_lot {
            use super::super::{Held, Site};
            use ::$lock_api::{
                Mutex, MutexGuard, RawMutex, RawRwLock, RawRwLockUpgrade, RwLock, RwLockReadGuard,
                RwLockUpgradableReadGuard, RwLockWriteGuard,
            };

            /// Locking a `Mutex`, timed.
            pub trait MutexExt<R: RawMutex, T: ?Sized> {
                /// `lock`, with waiting and holding timed.
                ///
                /// ```
                #[doc = concat!("use ", stringify!($parking_lot), "::Mutex;")]
                #[doc = concat!("use perf_bridges::sync::{site, ", stringify!($parking_lot), "::MutexExt as _};")]
                ///
                /// let total = Mutex::new(1);
                /// *total.lock_timed(site!("total")) += 1;
                /// assert_eq!(*total.lock(), 2);
                ///
                /// let snapshot = perf_core::snapshot();
                /// assert_eq!(snapshot.get_labelled("total", &[("phase", "hold")]).unwrap().count(), 1);
                /// ```
                fn lock_timed(&self, site: &'static Site) -> Held<MutexGuard<'_, R, T>>;
            }

            /// Locking an `RwLock`, timed.
            pub trait RwLockExt<R: RawRwLock, T: ?Sized> {
                /// `read`, with waiting and holding timed.
                ///
                /// ```
                #[doc = concat!("use ", stringify!($parking_lot), "::RwLock;")]
                #[doc = concat!("use perf_bridges::sync::{site, ", stringify!($parking_lot), "::RwLockExt as _};")]
                ///
                /// let names = RwLock::new(vec!["ann"]);
                /// assert_eq!(names.read_timed(site!("names, read")).len(), 1);
                /// ```
                fn read_timed(&self, site: &'static Site) -> Held<RwLockReadGuard<'_, R, T>>;

                /// `write`, with waiting and holding timed.
                ///
                /// ```
                #[doc = concat!("use ", stringify!($parking_lot), "::RwLock;")]
                #[doc = concat!("use perf_bridges::sync::{site, ", stringify!($parking_lot), "::RwLockExt as _};")]
                ///
                /// let names = RwLock::new(vec!["ann"]);
                /// names.write_timed(site!("names, write")).push("bob");
                /// ```
                fn write_timed(&self, site: &'static Site) -> Held<RwLockWriteGuard<'_, R, T>>;

                /// `upgradable_read`, with waiting and holding timed. To upgrade it, take the
                /// guard out with [`Held::into_guard`].
                ///
                /// ```
                #[doc = concat!("use ", stringify!($parking_lot), "::{RwLock, RwLockUpgradableReadGuard};")]
                #[doc = concat!("use perf_bridges::sync::{Held, site, ", stringify!($parking_lot), "::RwLockExt as _};")]
                ///
                /// let names = RwLock::new(vec!["ann"]);
                /// let held = names.upgradable_read_timed(site!("names"));
                /// if !held.contains(&"bob") {
                ///     let guard = RwLockUpgradableReadGuard::upgrade(held.into_guard());
                ///     Held::new(guard, site!("names")).push("bob");
                /// }
                /// assert_eq!(names.read().len(), 2);
                /// ```
                fn upgradable_read_timed(
                    &self,
                    site: &'static Site,
                ) -> Held<RwLockUpgradableReadGuard<'_, R, T>>
                where
                    R: RawRwLockUpgrade;
            }

            impl<R: RawMutex, T: ?Sized> MutexExt<R, T> for Mutex<R, T> {
                fn lock_timed(&self, site: &'static Site) -> Held<MutexGuard<'_, R, T>> {
                    super::locked(site, || self.lock())
                }
            }

            impl<R: RawRwLock, T: ?Sized> RwLockExt<R, T> for RwLock<R, T> {
                fn read_timed(&self, site: &'static Site) -> Held<RwLockReadGuard<'_, R, T>> {
                    super::locked(site, || self.read())
                }

                fn write_timed(&self, site: &'static Site) -> Held<RwLockWriteGuard<'_, R, T>> {
                    super::locked(site, || self.write())
                }

                fn upgradable_read_timed(
                    &self,
                    site: &'static Site,
                ) -> Held<RwLockUpgradableReadGuard<'_, R, T>>
                where
                    R: RawRwLockUpgrade,
                {
                    super::locked(site, || self.upgradable_read())
                }
            }
        }
    };
}

#[cfg(feature = "parking_lot")]
lock_api!(lock_api, parking_lot, "0.13");
#[cfg(feature = "parking_lot_0_12")]
lock_api!(lock_api_0_4, parking_lot_0_12, "0.12");

/// Waits for a guard, then times holding it.
fn locked<G>(site: &'static super::Site, wait: impl FnOnce() -> G) -> super::Held<G> {
    super::Held::new(site.wait.block(wait, |_| false), site)
}
