//! The states one alert goes through: a plain function of what was, what is seen and how long it is so.
//!
//! ```text
//!           breach             held ≥ hold                 calm ≥ keep_firing, or absent too long
//! inactive ────────► pending ──────────────► firing ──────────────────────────────────► (resolved)
//!     ▲                 │                    ▲    │
//!     └─────────────────┘                    └────┘
//!      anything but a breach             a breach, or not yet clear
//! ```

use super::pace::Step;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What becomes of a firing alert when there is nothing to measure any more: no calls, fewer than the
/// rule's minimum, or the series has vanished. A pending one always goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// It goes on firing for [`ABSENT_KEEP`] that is watched, and is then resolved.
    #[default]
    Keep,
    /// It is resolved at once.
    Resolve,
    /// As `Keep`; and as long as nothing that the rule selects has a value, that is a breach too, as
    /// Prometheus's `absent()` finds it
    /// (<https://prometheus.io/docs/prometheus/latest/querying/functions/#absent>). The alert's value is
    /// then not a number, and its labels are those of the selector.
    Fire,
}

/// How long an alert goes on firing without anything to measure: 15 minutes.
pub const ABSENT_KEEP: Duration = Duration::from_secs(15 * 60);

/// What one evaluation saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Beyond the threshold.
    Breach,
    /// No longer, but not yet at the threshold to clear at.
    NotClear,
    /// At the threshold to clear at, or on its good side.
    Clear,
    /// There is no value.
    Nothing,
}

/// A rule's times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) hold: Duration,
    pub(super) keep_firing: Duration,
    pub(super) absent: Absent,
    /// It is measured by the time, also by that in which nobody watched.
    pub(super) is_of_time: bool,
}

/// Where an alert stands; there is none while it is inactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has been so for that long, as far as was watched.
    Pending { held: Duration },
    /// It fires, and has been clear, or without a value, for that long.
    Firing { calm: Option<Duration>, absent: Option<Duration> },
}

const FIRING: Phase = Phase::Firing { calm: None, absent: None };

impl Phase {
    /// Where it stands after an evaluation; `None` for inactive, or resolved.
    pub(super) fn next(
        before: Option<Self>,
        seen: Seen,
        step: Step,
        timing: Timing,
    ) -> Option<Self> {
        match (before, seen) {
            (None | Some(Self::Pending { .. }), Seen::Breach)
                if step.is_gap && timing.is_of_time =>
            {
                Some(Self::Pending { held: Duration::ZERO })
            }
            (None, Seen::Breach) => Some(Self::held(Duration::ZERO, timing)),
            (Some(Self::Pending { held }), Seen::Breach) => {
                // What was between is not known: it may have been better.
                let held =
                    if step.is_gap { Duration::ZERO } else { held.saturating_add(step.watched) };
                Some(Self::held(held, timing))
            }
            (None | Some(Self::Pending { .. }), _) => None,
            (Some(Self::Firing { .. }), Seen::Breach | Seen::NotClear) => Some(FIRING),
            (Some(Self::Firing { calm, .. }), Seen::Clear) => {
                let calm = longer(calm, step);
                (calm < timing.keep_firing)
                    .then_some(Self::Firing { calm: Some(calm), absent: None })
            }
            (Some(Self::Firing { calm, absent }), Seen::Nothing) => {
                let absent = longer(absent, step);
                let stays = timing.absent != Absent::Resolve && absent < ABSENT_KEEP;
                stays.then_some(Self::Firing { calm, absent: Some(absent) })
            }
        }
    }

    fn held(held: Duration, timing: Timing) -> Self {
        if held >= timing.hold { FIRING } else { Self::Pending { held } }
    }

    pub(super) fn is_firing(self) -> bool {
        matches!(self, Self::Firing { .. })
    }
}

/// It begins with the first evaluation that sees it.
fn longer(so_far: Option<Duration>, step: Step) -> Duration {
    so_far.map_or(Duration::ZERO, |so_far| so_far.saturating_add(step.watched))
}
