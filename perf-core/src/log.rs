//! One `tracing` event at the end of a call.

use crate::{
    clock::Clock,
    directory, human, local,
    site::{CallSite, default_level},
    word::Word,
};
use tracing::{Level, event};

/// Logs a call that somebody may listen to. At its own level, or at the default one.
#[cold]
pub(crate) fn call(word: Word, site: Option<&CallSite>, ticks: u64) {
    let elapsed_ns = Clock::get().nanos(ticks);
    if site.is_some_and(|site| u128::from(elapsed_ns) < site.log_above.as_nanos()) {
        return;
    }
    // A subscriber may itself run timed code: that is timed, not logged.
    let Some(_logging) = local::Logging::enter() else {
        return;
    };
    let series = directory::series(word.op()).to_string();
    let (operation, outcome) = (&*series, word.outcome().as_str());
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
    let level = site.and_then(|site| site.level);
    match level.unwrap_or_else(default_level).into_level() {
        Some(Level::ERROR) => emit!(Level::ERROR),
        Some(Level::WARN) => emit!(Level::WARN),
        Some(Level::INFO) => emit!(Level::INFO),
        Some(Level::DEBUG) => emit!(Level::DEBUG),
        Some(Level::TRACE) => emit!(Level::TRACE),
        None => {}
    }
}
