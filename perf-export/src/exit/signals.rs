//! The summary on signals.

use super::{Reporter, say};
use std::sync::Arc;

#[cfg(all(unix, feature = "signals"))]
pub(super) fn watch(reporter: &Arc<Reporter>) {
    use signal_hook::{
        consts::{SIGINT, SIGTERM, SIGUSR1},
        flag,
        iterator::Signals,
        low_level::emulate_default_handler,
    };
    use std::sync::atomic::AtomicBool;
    // The program may hold what the summary is printed to, so that printing waits for it: the
    // second signal to end it ends it at once.
    let ending = Arc::new(AtomicBool::new(false));
    let ends = |signal| {
        flag::register_conditional_default(signal, Arc::clone(&ending))?;
        flag::register(signal, Arc::clone(&ending))
    };
    let watched = || {
        ends(SIGINT)?;
        ends(SIGTERM)?;
        Signals::new([SIGINT, SIGTERM, SIGUSR1])
    };
    let mut signals = match watched() {
        Ok(signals) => signals,
        Err(error) => return say(&format!("perfkit: cannot watch signals: {error}")),
    };
    let reporter = Arc::downgrade(reporter);
    let forever = move || {
        for signal in signals.forever() {
            if let Some(reporter) = reporter.upgrade() {
                reporter.print();
            }
            if signal != SIGUSR1 {
                // Ends the program as if nobody had listened.
                let _ = emulate_default_handler(signal);
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("perfkit-signals".into()).spawn(forever) {
        say(&format!("perfkit: cannot watch signals: {error}"));
    }
}

#[cfg(not(all(unix, feature = "signals")))]
pub(super) fn watch(_: &Arc<Reporter>) {
    say("perfkit: signals are not watched: that wants Unix and the feature `signals`");
}
