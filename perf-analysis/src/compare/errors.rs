//! How failures changed.

use super::shares;
use perf_core::Operation;
use serde::Serialize;
use std::fmt;

/// What is said of an operation's share of failed calls.
///
/// ```
/// use perf_analysis::compare::ErrorVerdict;
/// assert_eq!(ErrorVerdict::Rose.to_string(), "more errors");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorVerdict {
    /// More failed, beyond chance and by at least the least effect.
    Rose,
    /// Fewer failed, beyond chance and by at least the least effect.
    Fell,
    /// No difference that chance would not make as well.
    Same,
    /// No calls on a side.
    TooFewSamples,
}

impl fmt::Display for ErrorVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rose => "more errors",
            Self::Fell => "fewer errors",
            Self::Same => "same",
            Self::TooFewSamples => "too few samples",
        })
    }
}

/// How the share of failed calls (errors and panics) changed.
///
/// ```
/// use perf_analysis::compare::{Comparison, ErrorVerdict};
/// use perf_core::{Outcome, Registry};
/// use std::time::Duration;
/// let (before, after) = (Registry::new(), Registry::new());
/// for n in 0..200 {
///     before.record("pay", Duration::from_millis(1));
///     let outcome = if n % 10 == 0 { Outcome::Error } else { Outcome::Ok };
///     after.record_outcome("pay", Duration::from_millis(1), outcome);
/// }
/// let report = Comparison::new().of_snapshots(&before.snapshot(), &after.snapshot());
/// let errors = &report.operations[0].errors;
/// assert_eq!((errors.verdict, errors.after), (ErrorVerdict::Rose, Some(0.1)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorChange {
    /// How many failed before.
    pub failed_before: u64,
    /// How many failed after.
    pub failed_after: u64,
    /// Their share before, 0 to 1; `None` without a sample.
    pub before: Option<f64>,
    /// Their share after.
    pub after: Option<f64>,
    /// The chance of such a difference where nothing changed; `None` where nothing, or everything, failed
    /// on both sides, for then there is nothing to test.
    pub p: Option<f64>,
    /// The same, adjusted for all tests of the report (Holm).
    pub p_adjusted: Option<f64>,
    /// What to say of it.
    pub verdict: ErrorVerdict,
}

/// How failures changed, with a p-value that is not adjusted yet.
pub(super) fn errors(before: &Operation, after: &Operation) -> ErrorChange {
    let counts = |of: &Operation| (of.errors().min(of.timed()), of.timed());
    let share = |(failed, all): (u64, u64)| (all > 0).then(|| failed as f64 / all as f64);
    let (before, after) = (counts(before), counts(after));
    let p = shares::p_value(before, after);
    ErrorChange {
        failed_before: before.0,
        failed_after: after.0,
        before: share(before),
        after: share(after),
        p,
        p_adjusted: p,
        verdict: ErrorVerdict::TooFewSamples,
    }
}
