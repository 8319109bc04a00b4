//! Labels as attributes.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use perf_core::Operation;
use std::sync::Arc;

const OVERFLOW: &str = "otel.metric.overflow";

/// Keys of the attributes that operations have beside their labels.
const OF_OPERATIONS: [&str; 5] =
    ["operation", "outcome", "error.type", "code.function.name", OVERFLOW];

pub(super) fn text(key: impl Into<String>, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

pub(super) fn attribute(key: impl Into<String>, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// What all series of an operation have.
pub(super) fn of_operation(operation: &Operation) -> Vec<KeyValue> {
    let name = operation.name();
    let mut all = vec![text("operation", name)];
    // <https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/>
    if !operation.is_scope() && name.contains("::") {
        all.push(text("code.function.name", name));
    }
    all.extend(of_labels(operation.labels(), &OF_OPERATIONS));
    all
}

/// What a counter, gauge or distribution has.
pub(super) fn of_metric(labels: &[(Arc<str>, Arc<str>)]) -> Vec<KeyValue> {
    of_labels(labels, &[OVERFLOW])
}

fn of_labels(labels: &[(Arc<str>, Arc<str>)], ours: &[&str]) -> Vec<KeyValue> {
    // <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute>
    match labels {
        [(key, value)] if &**key == "overflow" && &**value == "true" => {
            vec![attribute(OVERFLOW, Value::BoolValue(true))]
        }
        _ => labels.iter().map(|(label, value)| text(key(label, ours), &**value)).collect(),
    }
}

/// A key that is none of ours, and that no other label gets.
fn key(label: &str, ours: &[&str]) -> String {
    const APART: &str = "label.";
    let bare = label.trim_start_matches(APART);
    if bare.is_empty() || ours.contains(&bare) { format!("{APART}{label}") } else { label.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_label_never_takes_the_place_of_our_own() {
        let key = |label| key(label, &OF_OPERATIONS);
        assert_eq!(key("table"), "table");
        assert_eq!(key("label.table"), "label.table");
        assert_eq!(key("operation"), "label.operation");
        assert_eq!(key("label.operation"), "label.label.operation");
        assert_eq!(key(""), "label.");
    }

    proptest! {
        #[test]
        fn keys_stay_apart(a in "(label\\.){0,2}(operation|outcome|x|)", b in "(label\\.){0,2}(operation|x|)") {
            let of = |label: &str| key(label, &OF_OPERATIONS);
            prop_assert_eq!(of(&a) == of(&b), a == b);
            prop_assert!(!OF_OPERATIONS.contains(&&*of(&a)) && !of(&a).is_empty());
        }
    }
}
