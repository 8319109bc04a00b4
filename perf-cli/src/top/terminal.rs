//! The terminal while the view has it.

use crate::failure::{Outcome, of};
use ratatui::DefaultTerminal;

/// Given back when it is dropped; in a panic, before its message is printed.
pub(super) struct Screen(pub(super) DefaultTerminal);

impl Screen {
    pub(super) fn take() -> Outcome<Self> {
        ratatui::try_init().map(Self).map_err(of("the terminal"))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
