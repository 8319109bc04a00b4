//! What keys do.

use super::{
    app::{App, Mode, Pane},
    reading::Span,
};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Rows that a page has.
const PAGE: isize = 10;

/// Keys and what they do, for people.
pub(super) const HELP: [(&str, &str); 11] = [
    ("↑ ↓ j k", "select a row; PgUp PgDn Home End, too"),
    ("enter", "look into the operation: percentiles, callers"),
    ("esc", "back; without that, forget the filter"),
    ("tab", "the next pane"),
    ("s S", "sort by the next column, or the one before"),
    ("r", "reverse the order"),
    ("/", "show only names that contain a text"),
    ("w", "figures of the last step, of all steps shown, or since the start"),
    ("space", "freeze what is shown, or go on"),
    ("?", "this help"),
    ("q Ctrl-C", "quit"),
];

impl App {
    pub(super) fn press(&mut self, key: KeyEvent) {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => self.mode = Mode::Over,
            _ if is_control => {}
            code => match self.mode {
                Mode::Filtering => self.edit(code),
                Mode::Helping => self.mode = Mode::Looking,
                Mode::Looking => self.command(code),
                Mode::Over => {}
            },
        }
    }

    /// While a filter is written.
    fn edit(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char(letter) => self.filter.push(letter),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Enter => self.mode = Mode::Looking,
            KeyCode::Esc => {
                self.mode = Mode::Looking;
                self.filter.clear();
            }
            code => self.go(code),
        }
    }

    fn command(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char('q') => self.mode = Mode::Over,
            KeyCode::Char('?') => self.mode = Mode::Helping,
            KeyCode::Char(' ') => self.freeze(),
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('S') => self.sort = self.sort.previous(),
            KeyCode::Char('r') => self.is_reversed = !self.is_reversed,
            KeyCode::Char('w') => self.widen(),
            KeyCode::Char('/') => {
                (self.pane, self.detail) = (Pane::Operations, None);
                self.mode = Mode::Filtering;
            }
            KeyCode::Tab => self.turn(1),
            KeyCode::BackTab => self.turn(self.panes().len() - 1),
            KeyCode::Enter => self.enter(),
            KeyCode::Esc if self.detail.is_some() => self.detail = None,
            KeyCode::Esc => self.filter.clear(),
            code => self.go(code),
        }
    }

    fn go(&mut self, code: KeyCode) {
        match code {
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::PageUp => self.step(-PAGE),
            KeyCode::PageDown => self.step(PAGE),
            KeyCode::Home | KeyCode::Char('g') => self.step(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.step(isize::MAX),
            _ => {}
        }
    }

    fn step(&mut self, by: isize) {
        let within =
            |at: usize, length: usize| at.saturating_add_signed(by).min(length.saturating_sub(1));
        if self.pane != Pane::Operations {
            let length = self.length();
            let cursor = &mut self.cursors[self.pane as usize];
            *cursor = within(*cursor, length);
            return;
        }
        let rows = self.rows();
        let to = within(self.position(&rows), rows.len());
        let name = rows.get(to).map(|row| row.name.clone());
        // In the operation that is looked into, the next one is.
        if self.detail.is_some() {
            self.detail.clone_from(&name);
        }
        self.selected = name;
    }

    fn turn(&mut self, by: usize) {
        let panes = self.panes();
        let at = panes.iter().position(|pane| *pane == self.pane).unwrap_or(0);
        self.pane = panes[(at + by) % panes.len()];
        self.detail = None;
    }

    fn enter(&mut self) {
        if self.pane == Pane::Operations {
            let rows = self.rows();
            let name = rows.get(self.position(&rows)).map(|row| row.name.clone());
            self.selected.clone_from(&name);
            self.detail = name;
        }
    }

    fn widen(&mut self) {
        let has_all = self.reading.as_ref().is_some_and(|reading| reading.all.is_some());
        self.span = match self.span {
            Span::Last => Span::Recent,
            Span::Recent if has_all => Span::All,
            Span::Recent | Span::All => Span::Last,
        };
    }
}
