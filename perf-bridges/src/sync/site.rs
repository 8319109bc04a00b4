//! The constant part of a place that waits.

use super::phase::Phase;

/// A place that waits, with its name: what [`site!`](crate::site) makes a `static` of. Sites of one
/// name are one.
///
/// ```
/// use perf_bridges::sync::{MutexExt as _, Site};
/// use std::sync::Mutex;
///
/// static ACCOUNTS: Site = Site::new("accounts");
///
/// let accounts = Mutex::new(0);
/// *accounts.lock_timed(&ACCOUNTS).unwrap() += 1;
/// *accounts.lock_timed(&ACCOUNTS).unwrap() += 1;
/// let waited = perf_core::snapshot().get_labelled("accounts", &[("phase", "wait")]).cloned();
/// assert_eq!(waited.unwrap().count(), 2);
/// ```
#[derive(Debug)]
pub struct Site {
    pub(super) wait: Phase,
    pub(super) hold: Phase,
    pub(super) send: Phase,
    pub(super) recv: Phase,
}

impl Site {
    /// A site of this name, for a `static`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            wait: Phase::new(name, "wait"),
            hold: Phase::new(name, "hold"),
            send: Phase::new(name, "send"),
            recv: Phase::new(name, "recv"),
        }
    }
}

/// The [`Site`](crate::sync::Site) of this place, as a `&'static`. The name is a constant `&str`.
///
/// ```
/// use perf_bridges::sync::{RwLockExt as _, site};
///
/// let prices = std::sync::RwLock::new([10, 12]);
/// assert_eq!(prices.read_timed(site!("prices")).unwrap()[1], 12);
/// ```
#[macro_export]
macro_rules! site {
    ($name:expr $(,)?) => {{
        static SITE: $crate::sync::Site = $crate::sync::Site::new($name);
        &SITE
    }};
}
