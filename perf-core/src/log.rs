//! One `tracing` event at the end of a call.

use crate::{clock::Clock, directory, human, local, site, word::Word};
use tracing::{Level, event, level_filters::LevelFilter};

/// Logs a call that somebody may listen to. At its own level, or at the default one.
#[cold]
pub(crate) fn call(word: Word, level: Option<LevelFilter>, ticks: u64) {
    // A subscriber may itself run timed code: that is timed, not logged.
    let Some(_logging) = local::Logging::enter() else {
        return;
    };
    let name = directory::name(word.op());
    let elapsed_ns = Clock::get().nanos(ticks);
    let (operation, outcome) = (&*name, word.outcome().as_str());
    let elapsed = human::compact(elapsed_ns);
    // The level of a tracing callsite is a constant: one callsite a level.
    macro_rules! emit {
        ($level:expr) => {
            event!(
                target: "perfkit",
                $level,
                operation,
                elapsed_ns,
                outcome,
                "PERF [{operation}]: {elapsed}"
            )
        };
    }
    match level.unwrap_or_else(site::default_level).into_level() {
        Some(Level::ERROR) => emit!(Level::ERROR),
        Some(Level::WARN) => emit!(Level::WARN),
        Some(Level::INFO) => emit!(Level::INFO),
        Some(Level::DEBUG) => emit!(Level::DEBUG),
        Some(Level::TRACE) => emit!(Level::TRACE),
        None => {}
    }
}
