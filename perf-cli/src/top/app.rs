//! The state of the view: what is known, and what is looked at.

use super::{
    poll::Word,
    reading::{Reading, Span},
    rows::{Row, SortBy, rows},
};
use std::time::{Duration, SystemTime};

/// How long something that happened is told.
const NOTICE: Duration = Duration::from_secs(10);

/// What fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    Operations,
    Alerts,
    Gauges,
    Instances,
    Fleet,
}

impl Pane {
    pub(super) const ALL: [Self; 5] =
        [Self::Operations, Self::Alerts, Self::Gauges, Self::Instances, Self::Fleet];
}

/// What keys are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Looking,
    /// They are letters of the filter.
    Filtering,
    /// Any goes on.
    Helping,
    Over,
}

/// Whether the source answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Live,
    Away { since: SystemTime, why: String },
}

#[derive(Debug)]
pub(super) struct App {
    pub(super) source: String,
    pub(super) now: SystemTime,
    pub(super) is_colored: bool,
    pub(super) link: Link,
    pub(super) reading: Option<Reading>,
    /// What came while the view was frozen.
    later: Option<Reading>,
    pub(super) is_frozen: bool,
    notice: Option<(String, SystemTime)>,
    pub(super) pane: Pane,
    pub(super) sort: SortBy,
    pub(super) is_reversed: bool,
    pub(super) span: Span,
    pub(super) filter: String,
    /// The operation that is selected, wherever it is sorted to.
    pub(super) selected: Option<String>,
    /// The rows that are selected in other panes.
    pub(super) cursors: [usize; Pane::ALL.len()],
    /// The operation that is looked into.
    pub(super) detail: Option<String>,
    pub(super) mode: Mode,
}

impl App {
    pub(super) fn new(source: String, now: SystemTime) -> Self {
        Self {
            source,
            now,
            is_colored: false,
            link: Link::Live,
            reading: None,
            later: None,
            is_frozen: false,
            notice: None,
            pane: Pane::default(),
            sort: SortBy::default(),
            is_reversed: false,
            span: Span::default(),
            filter: String::new(),
            selected: None,
            cursors: [0; Pane::ALL.len()],
            detail: None,
            mode: Mode::default(),
        }
    }

    pub(super) fn colored(self, is_colored: bool) -> Self {
        Self { is_colored, ..self }
    }

    pub(super) fn is_over(&self) -> bool {
        self.mode == Mode::Over
    }

    pub(super) fn tick(&mut self, now: SystemTime) {
        self.now = now;
    }

    pub(super) fn hear(&mut self, word: Word) {
        match word {
            Word::Reading(reading) => self.read(*reading),
            Word::Away(why) => self.lose(&why),
        }
    }

    pub(super) fn read(&mut self, reading: Reading) {
        let before = self.later.as_ref().or(self.reading.as_ref());
        // A store's time goes on; a program's start does not.
        let is_new = before.is_some_and(|before| before.started != reading.started);
        if is_new && reading.instances.is_none() {
            self.notice = Some(("it began anew".to_owned(), self.now));
        } else if let Link::Away { since, .. } = self.link {
            let gone = self.now.duration_since(since).unwrap_or_default().as_secs();
            self.notice = Some((format!("back after {gone} s"), self.now));
        }
        self.link = Link::Live;
        if self.is_frozen { self.later = Some(reading) } else { self.reading = Some(reading) }
    }

    fn lose(&mut self, why: &str) {
        // Which page it was asked for is no news.
        let rest = why.strip_prefix(&*self.source).and_then(|rest| rest.split_once(": "));
        let why = rest.map_or(why, |(_, rest)| rest).to_owned();
        let since = match self.link {
            Link::Live => self.now,
            Link::Away { since, .. } => since,
        };
        self.link = Link::Away { since, why };
    }

    pub(super) fn freeze(&mut self) {
        self.is_frozen = !self.is_frozen;
        if !self.is_frozen
            && let Some(later) = self.later.take()
        {
            self.reading = Some(later);
        }
    }

    /// What happened lately.
    pub(super) fn notice(&self) -> Option<&str> {
        let (text, at) = self.notice.as_ref()?;
        let age = self.now.duration_since(*at).unwrap_or_default();
        (age < NOTICE).then_some(text)
    }

    /// The panes that there are: only a store has instances, and not every program workers.
    pub(super) fn panes(&self) -> Vec<Pane> {
        let has = |is_there: fn(&Reading) -> bool| self.reading.as_ref().is_some_and(is_there);
        let is_there = |pane: &Pane| match pane {
            Pane::Instances => has(|reading| reading.instances.is_some()),
            Pane::Fleet => has(|reading| reading.workers.is_some()),
            Pane::Operations | Pane::Alerts | Pane::Gauges => true,
        };
        Pane::ALL.into_iter().filter(is_there).collect()
    }

    /// The operations of the pane, as they are shown.
    pub(super) fn rows(&self) -> Vec<Row<'_>> {
        let Some(reading) = &self.reading else { return Vec::new() };
        rows(reading, self.span, &self.filter, (self.sort, self.is_reversed))
    }

    /// Where the selected operation is among rows.
    pub(super) fn position(&self, rows: &[Row<'_>]) -> usize {
        let selected = self.selected.as_deref();
        rows.iter().position(|row| Some(&*row.name) == selected).unwrap_or(0)
    }

    /// How many rows a pane other than that of operations has.
    pub(super) fn length(&self) -> usize {
        let Some(reading) = &self.reading else { return 0 };
        match self.pane {
            Pane::Operations => 0,
            Pane::Alerts => reading.alerts.len(),
            Pane::Gauges => reading.of(Span::All).metrics().len(),
            Pane::Instances => reading.instances.as_ref().map_or(0, Vec::len),
            Pane::Fleet => reading.workers.as_ref().map_or(0, Vec::len),
        }
    }
}
