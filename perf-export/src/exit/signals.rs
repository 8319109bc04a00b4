//! The summary on signals.

use super::say;

/// Begins to watch, once in a process: each signal is then the newest guard's.
#[cfg(all(unix, feature = "signals"))]
pub(super) fn watch() {
    static WATCHING: std::sync::Once = std::sync::Once::new();
    WATCHING.call_once(|| {
        if let Err(error) = start() {
            say(&format!("perfkit: cannot watch signals: {error}"));
        }
    });
}

#[cfg(all(unix, feature = "signals"))]
fn start() -> std::io::Result<()> {
    use signal_hook::{
        consts::{SIGINT, SIGTERM, SIGUSR1},
        flag,
        iterator::Signals,
        low_level::emulate_default_handler,
    };
    use std::sync::{Arc, atomic::AtomicBool};
    // The program may hold what the summary is printed to, so that printing waits for it: the
    // second signal to end it ends it at once.
    let ending = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&ending))?;
        flag::register(signal, Arc::clone(&ending))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1])?;
    let forever = move || {
        for signal in signals.forever() {
            if let Some(reporter) = super::current() {
                reporter.print();
            }
            if signal != SIGUSR1 {
                // Ends the program as if nobody had listened.
                let _ = emulate_default_handler(signal);
            }
        }
    };
    std::thread::Builder::new().name("perfkit-signals".into()).spawn(forever).map(drop)
}

#[cfg(not(all(unix, feature = "signals")))]
pub(super) fn watch() {
    say("perfkit: signals are not watched: that wants Unix and the feature `signals`");
}
