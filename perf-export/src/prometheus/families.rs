//! The metric families of a snapshot: what text, OpenMetrics and protobuf each write in their way.

use super::{histogram::Values, metrics, operations, options::Options};
use perf_core::Snapshot;
use std::{borrow::Cow, rc::Rc};

/// The series of one name.
pub(super) struct Family<'a> {
    /// Of a counter, without `_total`.
    pub(super) name: Cow<'a, str>,
    /// Empty where nothing was said.
    pub(super) help: &'a str,
    /// Its word, which the name ends in. Empty where there is none.
    pub(super) unit: Cow<'a, str>,
    pub(super) kind: Kind,
    /// Upper bounds of a histogram's classic buckets, rising, without the infinite one.
    pub(super) bounds: &'a [f64],
    pub(super) series: Vec<Series<'a>>,
}

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Keys and values.
pub(super) type Labels<'a> = Rc<[(&'a str, &'a str)]>;

/// One set of labels, and its value.
pub(super) struct Series<'a> {
    pub(super) labels: Labels<'a>,
    /// One label more, of calls.
    pub(super) outcome: Option<&'static str>,
    pub(super) value: Value<'a>,
}

pub(super) enum Value<'a> {
    Count(u64),
    Number(f64),
    Values(Values<'a>),
}

impl<'a> Series<'a> {
    /// All its labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let outcome = self.outcome.map(|outcome| ("outcome", outcome));
        self.labels.iter().copied().chain(outcome)
    }
}

/// All families by name, each with its series in the snapshot's order.
pub(super) fn of<'a>(snapshot: &'a Snapshot, options: &'a Options) -> Vec<Family<'a>> {
    let mut families = operations::families(snapshot, options);
    families.extend(metrics::families(snapshot, options));
    families.sort_by(|a, b| a.name.cmp(&b.name));
    families
}
