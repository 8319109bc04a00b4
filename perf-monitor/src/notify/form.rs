//! An alert in the terms of Prometheus: labels, annotations, times
//! (<https://prometheus.io/docs/alerting/latest/clients/>).

use crate::alert::Alert;
use jiff::Timestamp;
use std::{collections::BTreeMap, time::SystemTime};

pub(super) type Pairs = BTreeMap<String, String>;

/// What Go writes for no time at all, as Alertmanager does.
pub(super) const NEVER: &str = "0001-01-01T00:00:00Z";

/// What people read where there is no number.
pub(super) const NO_DATA: &str = "no data";

/// The alert's labels under legal names, `alertname` and `severity`, and those `given` for all alerts. A
/// name that is taken gets `exported_` in front, as Prometheus does it. Empty ones are none.
pub(super) fn labels(alert: &Alert, given: &Pairs) -> Pairs {
    let mut labels = given.clone();
    labels.insert("alertname".into(), alert.rule.clone());
    labels.insert("severity".into(), alert.severity.as_str().into());
    for (name, value) in &alert.labels {
        let mut name = legal(name);
        while labels.contains_key(&name) {
            name.insert_str(0, "exported_");
        }
        labels.insert(name, value.clone());
    }
    labels.retain(|_, value| !value.is_empty());
    labels
}

/// As the data model has it (<https://prometheus.io/docs/concepts/data_model/>): letters, digits and `_`,
/// no digit first.
pub(super) fn legal(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(legal).collect();
    let is_legal = name.starts_with(|first: char| !first.is_ascii_digit());
    if is_legal { name } else { format!("_{name}") }
}

/// What people read, and what was measured.
pub(super) fn annotations(alert: &Alert) -> Pairs {
    let (value, threshold) = (number(alert.value), alert.threshold.to_string());
    let texts = [("summary", &alert.summary), ("description", &alert.description)];
    let all = texts.into_iter().chain([("value", &value), ("threshold", &threshold)]);
    let said = all.filter(|(_, text)| !text.is_empty());
    said.map(|(name, text)| (name.to_owned(), text.clone())).collect()
}

/// What was measured. Where there was nothing to measure it is not a number.
fn number(value: f64) -> String {
    if value.is_nan() { NO_DATA.to_owned() } else { value.to_string() }
}

/// RFC 3339 in UTC, with milliseconds.
pub(super) fn time(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| NEVER.to_owned(), |time| format!("{time:.3}"))
}

/// The hash that Prometheus knows labels by: FNV-1a of names and values, in 16 hexadecimal digits
/// (<https://github.com/prometheus/common/blob/main/model/signature.go>).
pub(super) fn fingerprint(labels: &Pairs) -> String {
    let separator = [255];
    let bytes = labels.iter().flat_map(|(name, value)| {
        [name.as_bytes(), &separator, value.as_bytes(), &separator].concat()
    });
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Severity, Status};
    use proptest::prelude::*;

    fn pairs(pairs: &[(&str, &str)]) -> Pairs {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    fn alert(labels: &[(&str, &str)]) -> Alert {
        Alert {
            rule: "Slow".into(),
            labels: pairs(labels),
            severity: Severity::High,
            status: Status::Firing,
            value: 1.5,
            threshold: 1.0,
            started: SystemTime::UNIX_EPOCH,
            ended: None,
            summary: "p95 1.5 s".into(),
            description: String::new(),
        }
    }

    #[test]
    fn names_that_are_taken_are_exported() {
        let alert =
            alert(&[("a.b", "1"), ("a-b", "2"), ("severity", "x"), ("job", "y"), ("no", "")]);
        let expected = [
            ("a_b", "2"),
            ("exported_a_b", "1"),
            ("alertname", "Slow"),
            ("severity", "high"),
            ("exported_severity", "x"),
            ("job", "shop"),
            ("exported_job", "y"),
        ];
        assert_eq!(labels(&alert, &pairs(&[("job", "shop")])), pairs(&expected));
    }

    #[test]
    fn annotations_are_what_there_is_to_say() {
        let expected = [("summary", "p95 1.5 s"), ("value", "1.5"), ("threshold", "1")];
        assert_eq!(annotations(&alert(&[])), pairs(&expected));
        let absent = Alert { value: f64::NAN, ..alert(&[]) };
        assert_eq!(annotations(&absent)["value"], "no data");
    }

    #[test]
    fn times_are_in_utc() {
        let instant = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_700_000_000_123);
        assert_eq!(time(instant), "2023-11-14T22:13:20.123Z");
        assert_eq!(time(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn the_fingerprint_of_nothing_is_that_of_prometheus() {
        assert_eq!(fingerprint(&Pairs::new()), "cbf29ce484222325");
    }

    proptest! {
        #[test]
        fn names_become_legal(name: String) {
            let name = legal(&name);
            let mut chars = name.chars();
            prop_assert!(chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_'));
            prop_assert!(chars.all(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
    }
}
