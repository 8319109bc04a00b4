//! What is known at one time: all that a frame shows.

use perf_core::Snapshot;
use std::{collections::HashMap, time::SystemTime};

/// The last steps of something, the newest last; `None` where it was not there, or nobody could ask.
pub(super) type Trend = Vec<Option<f64>>;

/// What a source knew when it was asked last.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) taken: SystemTime,
    /// When what is counted began: a program's start, or its last reset.
    pub(super) started: SystemTime,
    /// The last step.
    pub(super) last: Snapshot,
    /// All steps that trends have.
    pub(super) recent: Snapshot,
    /// Everything since the start. A store does not go back that far.
    pub(super) all: Option<Snapshot>,
    /// Calls a second of operations, by full name.
    pub(super) calls: HashMap<String, Trend>,
    /// Values of gauges, and how much counters rose a second, by full name.
    pub(super) metrics: HashMap<String, Trend>,
    pub(super) alerts: Vec<Alert>,
    /// Who writes to a store; `None` of a program.
    pub(super) instances: Option<Vec<Member>>,
    /// The workers of a fleet; `None` where none is shown.
    pub(super) workers: Option<Vec<Worker>>,
}

/// What part of a reading is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Span {
    Last,
    #[default]
    Recent,
    All,
}

impl Reading {
    /// What there is of a span: where the start is too long ago, what is recent.
    pub(super) fn of(&self, span: Span) -> &Snapshot {
        match span {
            Span::Last => &self.last,
            Span::Recent => &self.recent,
            Span::All => self.all.as_ref().unwrap_or(&self.recent),
        }
    }

    pub(super) fn firing(&self) -> usize {
        self.alerts.iter().filter(|alert| alert.state == State::Firing).count()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alert {
    pub(super) state: State,
    pub(super) severity: String,
    pub(super) rule: String,
    pub(super) summary: String,
    pub(super) started: SystemTime,
    pub(super) ended: Option<SystemTime>,
}

/// In the order they are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Firing,
    Pending,
    Resolved,
}

/// A process of those that share a store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) host: String,
    pub(super) version: String,
    pub(super) started: SystemTime,
    /// Of the recent time.
    pub(super) rate: f64,
    /// How many calls it is known of how they ended.
    pub(super) timed: u64,
    pub(super) errors: u64,
}

/// A worker of a fleet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Worker {
    pub(super) id: String,
    pub(super) domain: String,
    pub(super) status: String,
    /// 0 to 100.
    pub(super) health: Option<f64>,
    /// In percent.
    pub(super) workload: Option<f64>,
    pub(super) queue: u64,
    pub(super) done: u64,
    /// 0 to 1.
    pub(super) errors: Option<f64>,
    pub(super) mean_seconds: Option<f64>,
}
