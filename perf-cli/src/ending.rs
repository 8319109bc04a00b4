//! When a command that goes on is to end: a signal came, or its time is over.

use crate::failure::{Outcome, of};
use signal_hook::{consts::TERM_SIGNALS, flag};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// How often to look whether somebody ends it.
const BEAT: Duration = Duration::from_millis(100);

/// Ctrl-C, SIGTERM, or a time.
pub(crate) struct Ending {
    began: Instant,
    time: Option<Duration>,
    is_told: Arc<AtomicBool>,
}

impl Ending {
    /// From now on signals are heard, which is all that ends the first process of a container.
    pub(crate) fn after(time: Option<Duration>) -> Outcome<Self> {
        let is_told = Arc::new(AtomicBool::new(false));
        for signal in TERM_SIGNALS {
            // Whoever says it twice does not want to wait for whatever it waits for.
            flag::register_conditional_shutdown(*signal, 1, Arc::clone(&is_told))
                .map_err(of("signals"))?;
            flag::register(*signal, Arc::clone(&is_told)).map_err(of("signals"))?;
        }
        Ok(Self { began: Instant::now(), time, is_told })
    }

    /// Waits so long, or until it is to end. Whether that is so.
    pub(crate) fn is_within(&self, wait: Duration) -> bool {
        let began = Instant::now();
        loop {
            let left = self.time.map(|time| time.saturating_sub(self.began.elapsed()));
            if self.is_told.load(Relaxed) || left.is_some_and(|left| left.is_zero()) {
                return true;
            }
            let wait = wait.saturating_sub(began.elapsed());
            if wait.is_zero() {
                return false;
            }
            thread::sleep(wait.min(BEAT).min(left.unwrap_or(BEAT)));
        }
    }

    /// Waits until it is to end.
    pub(crate) fn wait(&self) {
        while !self.is_within(Duration::MAX) {}
    }
}
