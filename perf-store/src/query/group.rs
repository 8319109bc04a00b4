//! Answers.

use perf_core::{Operation, OperationParts};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// What is known of one group in one step.
///
/// ```
/// use perf_store::Group;
/// use std::time::{Duration, SystemTime};
/// let from = SystemTime::UNIX_EPOCH;
/// let to = from + Duration::from_secs(60);
/// let (name, labels) = (Some("hits".into()), Default::default());
/// let group = Group { name, labels, instance: None, host: None, from, to, value: 30_u64 };
/// assert_eq!(group.per_second(), 0.5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Group<T> {
    /// The name, if grouped by it.
    pub name: Option<String>,
    /// The labels that are grouped by.
    pub labels: BTreeMap<String, String>,
    /// The instance's id, if grouped by it.
    pub instance: Option<String>,
    /// The host, if grouped by it or by instance.
    pub host: Option<String>,
    /// The step's beginning.
    pub from: SystemTime,
    /// The step's end.
    pub to: SystemTime,
    /// All of it, merged.
    pub value: T,
}

impl<T> Group<T> {
    /// The value of a label that is grouped by; `None` where a series has no such label.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # let at = SystemTime::UNIX_EPOCH;
    /// # let (name, instance, host) = (None, None, None);
    /// let labels = [("route".to_owned(), "A".to_owned())].into();
    /// let group = perf_store::Group { name, labels, instance, host, from: at, to: at, value: 3_u64 };
    /// assert_eq!((group.label("route"), group.label("user")), (Some("A"), None));
    /// ```
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    fn rate(&self, count: u64) -> f64 {
        let length = self.to.duration_since(self.from).unwrap_or(Duration::ZERO);
        count as f64 / length.as_secs_f64()
    }
}

impl Group<u64> {
    /// How often a second the counter was raised.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.rate(self.value)
    }
}

impl Group<Operation> {
    /// How many calls a second ended.
    ///
    /// ```
    /// # use perf_store::Group;
    /// # use std::time::{Duration, SystemTime};
    /// fn busiest(mut groups: Vec<Group<perf_core::Operation>>) -> Option<Group<perf_core::Operation>> {
    ///     groups.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
    ///     groups.pop()
    /// }
    /// assert!(busiest(Vec::new()).is_none());
    /// ```
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.rate(self.value.count())
    }

    /// Has the operation say what the group does.
    pub(crate) fn name_operation(&mut self) {
        let labels = self.labels.iter().map(|(key, value)| (key.clone(), value.clone()));
        self.value = Operation::from(OperationParts {
            name: self.name.clone().unwrap_or_default(),
            labels: labels.collect(),
            ..OperationParts::from(&self.value)
        });
    }
}
