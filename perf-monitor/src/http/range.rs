//! The time an answer is about.

use super::{model::WindowView, problem::Problem};
use crate::{duration::written, view::Known};
use perf_core::Snapshot;
use std::{borrow::Cow, time::Duration};

/// The window of everything since the start.
pub(super) const START: &str = "start";

/// The window unless one is asked for.
const DEFAULT: &str = "5m";

/// What happened in a window.
pub(super) struct Range<'w> {
    pub(super) window: WindowView,
    /// Its operations are what it is asked for: of a window that is known, gauges are not in it.
    pub(super) snapshot: Cow<'w, Snapshot>,
    /// What it is merged from, as far as that is kept; the oldest first.
    pub(super) intervals: Vec<&'w Snapshot>,
    /// Everything since the start.
    pub(super) total: &'w Snapshot,
}

impl<'w> Range<'w> {
    /// By its name: a duration up to the longest window, or `start`.
    pub(super) fn named(name: Option<&str>, known: &'w Known) -> Result<Self, Problem> {
        let windows = &known.windows;
        let name = name.unwrap_or(DEFAULT);
        let total = windows.total().ok_or_else(|| Problem::not_found("nothing is known yet"))?;
        let length = (name != START).then(|| length(name, known)).transpose()?;
        let over = |length| {
            let known = windows.known(length).map(Cow::Borrowed);
            known.or_else(|| windows.over(length).map(Cow::Owned))
        };
        let snapshot = length.and_then(over).unwrap_or(Cow::Borrowed(total));
        let mut intervals: Vec<_> = windows.intervals(length.unwrap_or(Duration::MAX)).collect();
        if let [first, second, ..] = &*intervals
            && first.elapsed() * 2 < second.elapsed()
            && first.operations().iter().all(|operation| operation.count() == 0)
        {
            // What was before the monitor began.
            intervals.remove(0);
        }
        Ok(Self { window: WindowView::of(name, &snapshot), snapshot, intervals, total })
    }
}

fn length(name: &str, known: &Known) -> Result<Duration, Problem> {
    let longest = known.windows.lengths().last().copied().unwrap_or_default();
    let parsed = humantime::parse_duration(name).ok();
    parsed.filter(|length| !length.is_zero() && *length <= longest).ok_or_else(|| {
        let (all, longest) = (names(known).join(", "), written(longest));
        Problem::bad_request(format!(
            "no such window: expected one of {all}, or a duration up to {longest}"
        ))
    })
}

/// The windows that people choose from.
pub(super) fn names(known: &Known) -> Vec<String> {
    known.shown.iter().map(|length| written(*length)).chain([START.to_owned()]).collect()
}
