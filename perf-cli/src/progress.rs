//! Bars for long work, on a terminal's standard error only.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Gone when it is dropped, however the work ends.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Of work in so many steps.
    pub(crate) fn of(steps: usize, what: &str) -> Self {
        let bar = ProgressBar::new(steps as u64);
        let style = ProgressStyle::with_template(&format!("{{bar:32}} {{pos}}/{{len}} {what}"));
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// Of work whose end cannot be told.
    pub(crate) fn waiting(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(crate) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
