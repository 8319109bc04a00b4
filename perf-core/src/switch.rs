//! Timing on and off at run time.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static ENABLED: AtomicBool = AtomicBool::new(true);

/// Switches all timing on or off at run time. Off, a timed call costs one load of a flag. Calls
/// under way are still recorded when they end.
///
/// ```
/// perf_core::set_enabled(false);
/// drop(perf_core::timer("unseen"));
/// perf_core::set_enabled(true);
/// assert!(perf_core::get("unseen").is_none());
/// ```
pub fn set_enabled(enabled: bool) {
    ENABLED.store(enabled, Relaxed);
}

/// Whether timing is switched on; it is from the start.
///
/// ```
/// assert!(perf_core::enabled());
/// ```
#[inline]
#[must_use]
pub fn enabled() -> bool {
    ENABLED.load(Relaxed)
}
