//! The names of families: ours, and what others' names become.

use super::families::Kind;
use perf_core::Metric;
use std::{borrow::Cow, collections::HashSet, fmt::Write};

/// Calls, by `outcome`.
pub(crate) const CALLS: &str = "perfkit_operation_calls";
/// The histogram of durations.
pub(crate) const DURATION: &str = "perfkit_operation_duration_seconds";
/// Time in the operation itself.
pub(crate) const SELF_SECONDS: &str = "perfkit_operation_self_seconds";
/// Calls that run.
pub(crate) const IN_FLIGHT: &str = "perfkit_operation_in_flight";
/// For how long the oldest of them has.
pub(crate) const IN_FLIGHT_OLDEST: &str = "perfkit_operation_in_flight_oldest_seconds";
/// Polls of futures.
pub(crate) const POLLS: &str = "perfkit_operation_polls";
/// Time in polls.
pub(crate) const BUSY_SECONDS: &str = "perfkit_operation_busy_seconds";
/// Allocations, those of the operations called from it included.
pub(crate) const ALLOCATIONS: &str = "perfkit_operation_allocations";
/// Their bytes.
pub(crate) const ALLOCATED_BYTES: &str = "perfkit_operation_allocated_bytes";
/// Allocations of the operation itself.
pub(crate) const SELF_ALLOCATIONS: &str = "perfkit_operation_self_allocations";
/// Their bytes.
pub(crate) const SELF_ALLOCATED_BYTES: &str = "perfkit_operation_self_allocated_bytes";
/// Label sets that an overflow series stands for.
pub(crate) const FOLDED_SERIES: &str = "perfkit_operation_folded_series";
/// Calls that could not be kept.
pub(crate) const LOST_CALLS: &str = "perfkit_lost_calls";
/// The version of perfkit.
pub(crate) const BUILD_INFO: &str = "perfkit_build_info";

/// All of them, whether or not a snapshot has something to say of each: nobody else's name may come
/// to depend on that.
const OURS: [(&str, Kind); 14] = [
    (CALLS, Kind::Counter),
    (DURATION, Kind::Histogram),
    (SELF_SECONDS, Kind::Counter),
    (IN_FLIGHT, Kind::Gauge),
    (IN_FLIGHT_OLDEST, Kind::Gauge),
    (POLLS, Kind::Counter),
    (BUSY_SECONDS, Kind::Counter),
    (ALLOCATIONS, Kind::Counter),
    (ALLOCATED_BYTES, Kind::Counter),
    (SELF_ALLOCATIONS, Kind::Counter),
    (SELF_ALLOCATED_BYTES, Kind::Counter),
    (FOLDED_SERIES, Kind::Gauge),
    (LOST_CALLS, Kind::Counter),
    (BUILD_INFO, Kind::Gauge),
];

/// Names that are taken, of families and of their samples: `x_sum` may be a gauge, or a part of `x`.
pub(super) struct Taken(HashSet<String>);

impl Taken {
    pub(super) fn ours() -> Self {
        let mut taken = Self(HashSet::new());
        for (name, kind) in OURS {
            taken.take(name, kind);
        }
        taken
    }

    /// The name of a metric's family, without `_total`: the first one that is free.
    pub(super) fn claim(&mut self, metric: &Metric, kind: Kind, unit: &str) -> String {
        let name = metric.name();
        let legal = sanitised(name);
        let plain = if kind == Kind::Counter { without(&legal, "_total") } else { &legal };
        let escaped = escaped(name);
        let kinds = (0..).map(|times| format!("{escaped}{}", kind.suffix().repeat(times)));
        let names = std::iter::once(plain.to_owned()).chain(kinds);
        let mut names = names.map(|name| with_unit(name, unit));
        // There is no end to them.
        names.find(|name| self.take(name, kind)).unwrap_or_default()
    }

    /// Takes all that a family's samples are called, if none of it is taken yet.
    fn take(&mut self, name: &str, kind: Kind) -> bool {
        let all = || kind.samples().iter().map(|suffix| format!("{name}{suffix}"));
        let free = !all().any(|name| self.0.contains(&name));
        if free {
            self.0.extend(all());
        }
        free
    }
}

impl Kind {
    fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_counter",
            Self::Gauge => "_gauge",
            Self::Histogram => "_histogram",
        }
    }

    /// What its samples' names have after the family's, and nothing, for the family's own.
    fn samples(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Gauge => &[""],
            Self::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
        }
    }
}

/// Whether a name may stand as it is, as a metric's if with colons, else as a label's key:
/// <https://prometheus.io/docs/concepts/data_model/>.
fn is_legal(name: &str, colons: bool) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(part)
}

pub(super) fn is_legal_metric(name: &str) -> bool {
    is_legal(name, true)
}

pub(super) fn is_legal_key(key: &str) -> bool {
    is_legal(key, false)
}

/// With `_` for each character that may not be there, and before a digit at the beginning.
fn legalised(name: &str, is_legal: fn(&str) -> bool) -> Cow<'_, str> {
    if is_legal(name) {
        return Cow::Borrowed(name);
    }
    let starts_legal = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    let start = if starts_legal { "" } else { "_" };
    let mut whole = start.to_owned();
    let legal = |c: char| is_legal(c.encode_utf8(&mut [0; 4])) || c.is_ascii_digit();
    whole.extend(name.chars().map(|c| if legal(c) { c } else { '_' }));
    Cow::Owned(whole)
}

fn sanitised(name: &str) -> Cow<'_, str> {
    legalised(name, is_legal_metric)
}

pub(super) fn sanitised_key(key: &str) -> Cow<'_, str> {
    legalised(key, is_legal_key)
}

/// In Prometheus' escaping scheme `values`, <https://prometheus.io/docs/guides/utf8/>: no two names
/// become the same.
fn escaped(name: &str) -> Cow<'_, str> {
    if is_legal_metric(name) {
        return Cow::Borrowed(name);
    }
    let mut escaped = "U__".to_owned();
    for (at, c) in name.chars().enumerate() {
        let legal = c.is_ascii_alphabetic() || c == ':' || (c.is_ascii_digit() && at > 0);
        let _ = match c {
            '_' => escaped.write_str("__"),
            c if legal => escaped.write_char(c),
            c => write!(escaped, "_{:x}_", u32::from(c)),
        };
    }
    Cow::Owned(escaped)
}

fn without<'a>(name: &'a str, suffix: &str) -> &'a str {
    name.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

fn with_unit(mut name: String, unit: &str) -> String {
    let has_it = name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
    if !unit.is_empty() && !has_it {
        name.push('_');
        name.push_str(unit);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_become_legal(name in any::<String>()) {
            prop_assert!(is_legal_metric(&sanitised(&name)));
            prop_assert!(is_legal_key(&sanitised_key(&name)));
            prop_assert!(is_legal_metric(&escaped(&name)));
        }
    }

    #[test]
    fn names_are_escaped_as_prometheus_does() {
        // As in the tests of https://github.com/prometheus/common, model/metric_test.go.
        for (name, value) in [
            ("no:escaping_required", "no:escaping_required"),
            ("mysystem.prod.west.cpu.load", "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load"),
            ("http.status:sum", "U__http_2e_status:sum"),
            ("label with 😱", "U__label_20_with_20__1f631_"),
            ("花火", "U___82b1__706b_"),
            ("cpu.load_total", "U__cpu_2e_load__total"),
        ] {
            assert_eq!(escaped(name), value);
        }
    }
}
