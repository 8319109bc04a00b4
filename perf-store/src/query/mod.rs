//! What is asked of a store, and what it answers.

mod group;
mod segments;

pub use group::Group;
pub(crate) use segments::segments;

use std::time::{Duration, SystemTime};

/// What answers are grouped by. What is not named is merged.
///
/// ```
/// use perf_store::{By, Query};
/// use std::time::SystemTime;
/// let now = SystemTime::now();
/// let by_table = Query::new(now, now).by([By::Name, By::Label("table".into())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The operation's or metric's name.
    Name,
    /// The value of one label.
    Label(String),
    /// All labels: each series for itself.
    Labels,
    /// The instance.
    Instance,
    /// The host.
    Host,
}

/// What is asked: a range of time, what to select, what to group by. An interval belongs to the range, and
/// to the step, that it ends in: after the beginning, and up to the end.
///
/// Where hours and days have been merged and the minutes are forgotten, an hour or a day counts like an
/// interval. Steps of whole hours or days (UTC) are read from those, which is quick.
///
/// ```
/// use perf_store::{By, Query};
/// use std::time::{Duration, SystemTime};
///
/// let now = SystemTime::now();
/// let query = Query::new(now - Duration::from_secs(86_400), now)
///     .every(Duration::from_secs(3_600))
///     .name("shop::pay")
///     .label("method", "card")
///     .by([By::Host]);
/// assert_eq!(query.names, ["shop::pay"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The beginning of the range.
    pub from: SystemTime,
    /// Its end.
    pub to: SystemTime,
    /// The length of the steps it is cut into, from its beginning on; zero for a single one.
    pub step: Duration,
    /// The names to select; all if empty.
    pub names: Vec<String>,
    /// Labels that must have these values.
    pub labels: Vec<(String, String)>,
    /// The ids of the instances to select; all if empty.
    pub instances: Vec<String>,
    /// The hosts to select; all if empty.
    pub hosts: Vec<String>,
    /// What to group by.
    pub by: Vec<By>,
}

impl Query {
    /// Everything in a range, in one step, each name and its labels for itself.
    #[must_use]
    pub fn new(from: SystemTime, to: SystemTime) -> Self {
        Self {
            from,
            to,
            step: Duration::ZERO,
            names: Vec::new(),
            labels: Vec::new(),
            instances: Vec::new(),
            hosts: Vec::new(),
            by: vec![By::Name, By::Labels],
        }
    }

    /// The same of the last so much time up to `to`, as far as there is such a time: not before 1970.
    ///
    /// ```
    /// use perf_store::Query;
    /// use std::time::{Duration, SystemTime};
    ///
    /// let (day, now) = (Duration::from_secs(86_400), SystemTime::now());
    /// assert_eq!(Query::last(day, now), Query::new(now - day, now));
    /// assert_eq!(Query::last(Duration::MAX, now).from, SystemTime::UNIX_EPOCH);
    /// ```
    #[must_use]
    pub fn last(length: Duration, to: SystemTime) -> Self {
        let epoch = SystemTime::UNIX_EPOCH;
        Self::new(to.checked_sub(length).map_or(epoch, |from| from.max(epoch)), to)
    }

    /// In steps of this length.
    #[must_use]
    pub fn every(mut self, step: Duration) -> Self {
        self.step = step;
        self
    }

    /// This name, too.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    /// Only with this label.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.push((key.to_owned(), value.to_owned()));
        self
    }

    /// This instance, too.
    #[must_use]
    pub fn instance(mut self, id: &str) -> Self {
        self.instances.push(id.to_owned());
        self
    }

    /// This host, too.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.hosts.push(host.to_owned());
        self
    }

    /// Grouped by these, and no others.
    #[must_use]
    pub fn by(mut self, by: impl IntoIterator<Item = By>) -> Self {
        self.by = by.into_iter().collect();
        self
    }
}
