//! What perf-bridges needs of the timed path. Not for use by hand, and not stable.

pub use crate::{
    call::Call,
    clock::later,
    future::Timed,
    primitive::heal,
    scope::Scope,
    site::{CallSite, Name},
    span::SpanCall,
    stretch::Stretch,
};

#[cfg(feature = "alloc")]
pub use crate::allocations::count as count_allocation;

use crate::{
    directory, enabled, in_flight::InFlight, labels, local, outcome::Outcome, registry::Registry,
};
use std::thread::panicking;

/// The id of an operation, 0 if it cannot be had here and now.
#[must_use]
pub fn operation(name: &str) -> u32 {
    directory::intern(name).unwrap_or(0)
}

/// The id of an operation's series, 0 if it cannot be had here and now.
#[must_use]
pub fn series(name: &str, labels: &[(&str, &str)]) -> u32 {
    labels::series_of(name, labels)
}

/// Whether these labels are beyond what their name may have, so that what they stand for is counted together
/// with others: see [`set_label_cap`](crate::set_label_cap).
#[must_use]
pub fn is_folded(name: &str, labels: &[(&str, &str)]) -> bool {
    let series = series(name, labels);
    series == 0 || series == directory::OVERFLOW_ID || directory::series(series).is_overflow()
}

/// What tells a registry from all others of the process.
#[must_use]
pub fn registry_id(registry: &Registry) -> u32 {
    registry.core().id
}

/// While it lives, what this thread allocates is perfkit's own, and not counted.
#[must_use]
pub fn own_work() -> Option<impl Drop> {
    local::own_work()
}

/// Keys and values.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// A call that runs in pieces on any threads, timed from its first piece until [`end`]. Dropped
/// before that it counts as cancelled. What runs in a piece has it as its caller. While it lives it
/// is one of the running calls of its operation.
///
/// [`end`]: Self::end
#[derive(Debug)]
pub struct Pieces {
    name: Box<str>,
    call: Call,
    /// The operation it will be counted in. The call itself stays in that it began in, for what is
    /// called from it to know it again.
    series: u32,
    registry: Option<Registry>,
    in_flight: Option<InFlight>,
}

impl Pieces {
    /// A call of this name in a registry, else in the current one. Should it be cancelled or panic,
    /// it is counted in the series of these labels.
    #[must_use]
    pub fn new(name: &str, cut_short: Labels<'_>, registry: Option<Registry>) -> Self {
        let _own = own_work();
        // Switched off, nothing is looked up.
        let op = if enabled() { operation(name) } else { 0 };
        let core = registry.as_ref().map(|registry| registry.core().clone()).or_else(local::core);
        let in_flight = core.filter(|_| op != 0).map(|core| InFlight::of(core, op));
        let series = if op == 0 { 0 } else { labels::series_of(name, cut_short) };
        Self { name: name.into(), call: Call::of(series), series, registry, in_flight }
    }

    /// Runs a piece.
    pub fn run<R>(&mut self, piece: impl FnOnce() -> R) -> R {
        /// Ends the piece, by panic too, which ends the call.
        struct Piece<'a>(&'a mut Call, u32, Option<crate::call::Open>);
        impl Drop for Piece<'_> {
            fn drop(&mut self) {
                if panicking() {
                    self.0.set_op(self.1);
                }
                self.2.iter().for_each(|open| self.0.exit(open));
            }
        }
        let open = self.call.enter(self.registry.as_ref().map(Registry::core));
        let _ended = Piece(&mut self.call, self.series, open);
        piece()
    }

    /// Gives it another name, which counts from when it is given labels.
    pub fn rename(&mut self, name: &str) {
        let _own = own_work();
        self.name = name.into();
    }

    /// From now on it counts in the series of these labels, however it ends.
    pub fn set_labels(&mut self, labels: Labels<'_>) {
        if !self.call.is_running() {
            return;
        }
        let _own = own_work();
        let series = labels::series_of(&self.name, labels);
        if series != 0 {
            self.series = series;
        }
    }

    /// Ends the call, once, in the series it is in.
    pub fn end(&mut self, outcome: Outcome) {
        self.call.set_op(self.series);
        self.call.set_outcome(outcome);
        self.call.finish(self.registry.as_ref().map(Registry::core));
        self.in_flight = None;
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // Before the call is dropped, which then has been cancelled.
        self.call.set_op(self.series);
    }
}
