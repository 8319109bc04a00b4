//! The names of operations where neither comma nor space may stand.

use std::fmt::Write as _;

/// `name;key=value;…`, as Graphite writes series with tags
/// (<https://graphite.readthedocs.io/en/latest/tags.html>). What would not be told apart, or breaks the
/// line, is percent-encoded.
pub(super) fn of(operation: &perf_core::Operation) -> String {
    let labels = operation.labels().iter();
    let labels = labels.map(|(key, value)| format!(";{}={}", encoded(key), encoded(value)));
    encoded(operation.name()) + &labels.collect::<String>()
}

fn encoded(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | ',' | ';' | '=') || c.is_whitespace() || c.is_control() {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing into a string cannot fail.
                let _ = write!(all, "%{byte:02X}");
            }
        } else {
            all.push(c);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::{Operation, OperationParts};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn tag(name: &str, labels: &[(String, String)]) -> String {
        let (name, labels) = (name.into(), labels.to_vec());
        of(&Operation::from(OperationParts { name, labels, ..Default::default() }))
    }

    /// Characters that matter here, often.
    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop_oneof!["[a-b%,;= \n{}\"]", any::<char>().prop_map(String::from)],
            0..6,
        )
        .prop_map(|all| all.concat())
    }

    proptest! {
        #[test]
        fn series_that_differ_have_tags_that_differ(
            a in (text(), prop::collection::btree_map(text(), text(), 0..3)),
            b in (text(), prop::collection::btree_map(text(), text(), 0..3)),
        ) {
            let of = |(name, labels): &(String, BTreeMap<String, String>)| {
                tag(name, &labels.clone().into_iter().collect::<Vec<_>>())
            };
            prop_assert_eq!(a == b, of(&a) == of(&b));
            prop_assert!(hdrhistogram::serialization::interval_log::Tag::new(&of(&a)).is_some());
        }
    }

    #[test]
    fn names_stay_readable() {
        assert_eq!(tag("db::<impl T>::query", &[]), "db::<impl%20T>::query");
        assert_eq!(tag("a;b", &[("c".into(), "50 %".into())]), "a%3Bb;c=50%20%25");
        assert_eq!(
            tag("abfrage_für", &[("tisch".into(), "a,b=\n".into())]),
            "abfrage_für;tisch=a%2Cb%3D%0A"
        );
    }
}
