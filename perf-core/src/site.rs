//! Call sites: the constant part of every timed function and scope.

use crate::{directory, local, skips};
use once_cell::race::OnceNonZeroUsize;
use std::{
    borrow::Cow,
    num::NonZeroUsize,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
    time::Duration,
};
use tracing::level_filters::LevelFilter;

/// One place in the source that is timed. Made by the macros, as a `static`.
///
/// What every call touches comes first, and `repr(C)` keeps it there.
#[derive(Debug)]
#[repr(C)]
pub struct CallSite {
    /// The operation's id, once the site has been hit.
    op: OnceNonZeroUsize,
    /// The level of its log events; `None` for the process's default.
    pub(crate) level: Option<LevelFilter>,
    name: Name,
    /// Calls shorter than this are not logged.
    pub(crate) log_above: Duration,
    /// One call in so many is timed; all are counted.
    every: u32,
    /// The place of its skipped calls on a lane, once it has one.
    place: OnceNonZeroUsize,
    /// Whether it is `timer!`'s, not a function's.
    is_scope: bool,
    /// The label of its series, where it has one that never changes.
    label: Option<(&'static str, &'static str)>,
}

/// Where an operation's name comes from.
#[derive(Debug, Clone, Copy)]
pub enum Name {
    /// It was given.
    Given(&'static str),
    /// The path of a function that stands inside the timed one, with its type.
    Path(fn() -> &'static str),
}

impl CallSite {
    /// A site that has not been hit.
    #[must_use]
    pub const fn new(name: Name) -> Self {
        Self {
            op: OnceNonZeroUsize::new(),
            level: None,
            name,
            log_above: Duration::ZERO,
            every: 1,
            place: OnceNonZeroUsize::new(),
            is_scope: false,
            label: None,
        }
    }

    /// With all its calls in the series of one label.
    #[must_use]
    pub const fn label(mut self, key: &'static str, value: &'static str) -> Self {
        self.label = Some((key, value));
        self
    }

    /// As a scope's.
    #[must_use]
    pub const fn scope(mut self) -> Self {
        self.is_scope = true;
        self
    }

    /// With log events at a level of its own.
    #[must_use]
    pub const fn level(mut self, level: LevelFilter) -> Self {
        self.level = Some(level);
        self
    }

    /// With log events of calls of at least so many nanoseconds only.
    #[must_use]
    pub const fn log_above(mut self, nanos: u64) -> Self {
        self.log_above = Duration::from_nanos(nanos);
        self
    }

    /// With one call in so many timed.
    #[must_use]
    pub const fn sample(mut self, every: u32) -> Self {
        self.every = every;
        self
    }

    /// The operation's id, 0 if it cannot be had here and now.
    #[inline]
    pub(crate) fn op(&self) -> u32 {
        match self.op.get() {
            Some(op) => op.get() as u32,
            None => self.register(),
        }
    }

    #[cold]
    fn register(&self) -> u32 {
        let _own = local::own_work();
        let label = self.label.map(|(key, value)| (key, value.to_owned()));
        let op = directory::intern_series(&self.name(), label.into_iter().collect());
        if let Some(op) = op.and_then(|op| NonZeroUsize::new(op as usize)) {
            if self.is_scope {
                directory::mark_scope(op.get() as u32);
            }
            local::begin(op.get() as u32);
            // Whoever was first wrote the same id.
            let _ = self.op.set(op);
        }
        op.unwrap_or(0)
    }

    /// The operation's name.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self.name {
            Name::Given(name) => Cow::Borrowed(name),
            Name::Path(inner) => Cow::Owned(enclosing(inner())),
        }
    }

    /// Whether this call is to be timed; if not, it is counted herewith.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        match (self.place.get(), local::current()) {
            (Some(place), Some(lane)) => lane.skips.is_due(place.get(), self.every),
            _ => self.is_first_due(),
        }
    }

    #[cold]
    fn is_first_due(&self) -> bool {
        let Some(lane) = local::current() else { return true };
        let Some(place) = self.place.get().or_else(|| self.take_place()) else { return true };
        lane.skips.is_due(place.get(), self.every)
    }

    fn take_place(&self) -> Option<NonZeroUsize> {
        let op = Some(self.op()).filter(|op| *op != 0)?;
        // Two threads may take one each; one of the places then stays empty.
        let place = NonZeroUsize::new(skips::place_for(op)?)?;
        let _ = self.place.set(place);
        self.place.get()
    }
}

/// The path of the function around `inner`, which is a path itself.
fn enclosing(inner: &str) -> String {
    let outer = inner.rsplit_once("::").map_or(inner, |(outer, _)| outer);
    without_placeholders(&outer.replace("::{{closure}}", ""))
}

/// Type parameters stand in a path as `_`, which says nothing: `Pool<_>` becomes `Pool`.
fn without_placeholders(path: &str) -> String {
    let mut parts = path.split('<');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('>') {
            Some((parameters, rest)) if parameters.split(", ").all(|one| one == "_") => out += rest,
            _ => {
                out.push('<');
                out += part;
            }
        }
    }
    out
}

/// By verbosity: the place of each is what [`DEFAULT_LEVEL`] holds.
const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

static DEFAULT_LEVEL: AtomicU8 = AtomicU8::new(4);

/// The level of log events of sites that name none.
pub(crate) fn default_level() -> LevelFilter {
    LEVELS[usize::from(DEFAULT_LEVEL.load(Relaxed)) % LEVELS.len()]
}

/// Whether somebody listens at this level, or at the default one. One load if nobody listens.
#[inline]
pub(crate) fn is_heard(level: Option<LevelFilter>) -> bool {
    let listening = LevelFilter::current();
    if listening == LevelFilter::OFF {
        return false;
    }
    let level = level.unwrap_or_else(default_level);
    level != LevelFilter::OFF && level <= listening
}

/// Sets the level at which calls are logged whose site names none; `DEBUG` unless set, `OFF` for
/// no log events from these.
///
/// ```
/// perf_core::set_log_level(perf_core::LevelFilter::TRACE);
/// ```
pub fn set_log_level(level: LevelFilter) {
    let rank = LEVELS.iter().position(|known| *known == level);
    DEFAULT_LEVEL.store(rank.unwrap_or(0) as u8, Relaxed);
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_function_and_its_type() {
        assert_eq!(enclosing("app::db::Pool<T>::get::here"), "app::db::Pool<T>::get");
        assert_eq!(enclosing("app::run::{{closure}}::here"), "app::run");
        assert_eq!(enclosing("<app::A as app::Job>::run::here"), "<app::A as app::Job>::run");
    }

    #[test]
    fn levels_round_trip() {
        for level in LEVELS {
            set_log_level(level);
            assert_eq!(default_level(), level);
        }
        set_log_level(LevelFilter::DEBUG);
    }
}
