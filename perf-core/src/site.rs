//! Call sites: the constant part of every timed function and scope.

use crate::directory;
use once_cell::race::OnceNonZeroUsize;
use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};
use tracing::level_filters::LevelFilter;

/// One place in the source that is timed. Made by the macros, as a `static`.
#[derive(Debug)]
pub struct CallSite {
    /// The operation's id, once the site has been hit.
    op: OnceNonZeroUsize,
    name: Name,
    /// The level of its log events; `None` for the process's default.
    pub(crate) level: Option<LevelFilter>,
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
    pub const fn new(name: Name, level: Option<LevelFilter>) -> Self {
        Self { op: OnceNonZeroUsize::new(), name, level }
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
        let op = match self.name {
            Name::Given(name) => directory::intern(name),
            Name::Path(inner) => directory::intern(&enclosing(inner())),
        };
        if let Some(op) = op.and_then(|op| NonZeroUsize::new(op as usize)) {
            // Whoever was first wrote the same id.
            let _ = self.op.set(op);
        }
        op.unwrap_or(0)
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
    listening != LevelFilter::OFF && level.unwrap_or_else(default_level) <= listening
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
