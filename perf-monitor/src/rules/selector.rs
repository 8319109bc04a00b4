//! Which operations or metrics a rule is about.

use super::text;
use perf_core::Operation;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, convert::Infallible, fmt, str::FromStr, sync::Arc};

/// A text to be equal to, with `*` for anything, and `!` before it for anything but that.
///
/// ```
/// use perf_monitor::rules::Pattern;
/// assert!(Pattern::from("GET /users/*").matches("GET /users/7"));
/// assert!(Pattern::from("!internal").matches("public"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Whether it is so of a text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self.0.strip_prefix('!') {
            Some(but) => !glob(but, text),
            None => glob(&self.0, text),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Pattern {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = text.strip_prefix(head).and_then(|text| text.strip_suffix(tail));
    let Some(mut inner) = inner else { return false };
    // The first place where a part fits leaves the most for those after it.
    middle.split('*').all(|part| inner.split_once(part).map(|(_, rest)| inner = rest).is_some())
}

/// Operations or metrics by name and labels: all that match.
///
/// A label that is not there counts as empty, as in Prometheus
/// (<https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors>).
/// In files it is the name alone, or `{ name = "…", labels = { key = "…" } }`.
///
/// ```
/// use perf_monitor::rules::Selector;
/// let registry = perf_core::Registry::new();
/// registry.record("GET /users", std::time::Duration::from_millis(2));
/// let get = Selector::from("GET *").with("tenant", "!internal");
/// assert!(get.matches(&registry.get("GET /users").unwrap()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pub(super) name: Pattern,
    pub(super) labels: BTreeMap<String, Pattern>,
}

impl Selector {
    /// Only those of which this label is so.
    #[must_use]
    pub fn with(mut self, label: impl Into<String>, pattern: impl Into<Pattern>) -> Self {
        self.labels.insert(label.into(), pattern.into());
        self
    }

    /// Whether an operation is one of them.
    #[must_use]
    pub fn matches(&self, operation: &Operation) -> bool {
        self.selects(operation.name(), operation.labels())
    }

    pub(super) fn selects(&self, name: &str, labels: &[(Arc<str>, Arc<str>)]) -> bool {
        let value = |key: &str| {
            let label = labels.iter().find(|(known, _)| **known == *key);
            label.map_or("", |(_, value)| &**value)
        };
        self.name.matches(name)
            && self.labels.iter().all(|(key, pattern)| pattern.matches(value(key)))
    }
}

/// All there are.
impl Default for Selector {
    fn default() -> Self {
        Self::from("*")
    }
}

/// Of this name, with any labels.
impl<T: Into<Pattern>> From<T> for Selector {
    fn from(name: T) -> Self {
        Self { name: name.into(), labels: BTreeMap::new() }
    }
}

impl FromStr for Selector {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())?;
        for (at, (key, pattern)) in self.labels.iter().enumerate() {
            write!(f, "{}{key}={:?}", if at == 0 { "{" } else { "," }, pattern.as_str())?;
        }
        f.write_str(if self.labels.is_empty() { "" } else { "}" })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Pattern,
    #[serde(default)]
    labels: BTreeMap<String, Pattern>,
}

impl From<Table> for Selector {
    fn from(Table { name, labels }: Table) -> Self {
        Self { name, labels }
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a name, or { name = \"…\", labels = { key = \"…\" } }";
        text::text_or_table::<D, Self, Table>(deserializer, expected)
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.labels.is_empty() {
            return self.name.serialize(serializer);
        }
        Table { name: self.name.clone(), labels: self.labels.clone() }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns() {
        for (pattern, text, is) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "a", true),
            ("*b", "ab", true),
            ("a*a", "a", false),
            ("a*b*c", "a.b.b.c", true),
            ("a*b*c", "a.c.b", false),
            ("*b*b*", "b", false),
            ("a**b", "ab", true),
            ("!a*", "ab", false),
            ("!a*", "b", true),
            ("", "", true),
            ("é*é", "éxé", true),
        ] {
            assert_eq!(Pattern::from(pattern).matches(text), is, "{pattern} {text}");
        }
    }

    #[test]
    fn labels_that_are_missing_are_empty() {
        let labels = [(Arc::from("table"), Arc::from("users"))];
        let of = |key: &str, pattern: &str| Selector::default().with(key, pattern);
        assert!(of("table", "us*").selects("query", &labels));
        assert!(!of("table", "!users").selects("query", &labels));
        assert!(of("tenant", "!x").selects("query", &labels));
        assert!(of("tenant", "").selects("query", &labels));
        assert!(!of("tenant", "x").selects("query", &labels));
        assert_eq!(of("table", "us*").to_string(), "*{table=\"us*\"}");
    }

    /// By trying everything a star may stand for.
    fn simple(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|from| simple(rest, &text[from..])),
            [first, rest @ ..] => text.first() == Some(first) && simple(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn globs_are_as_by_trying_everything(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            prop_assert_eq!(glob(&pattern, &text), simple(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
