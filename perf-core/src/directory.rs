//! The names of all operations of the process, with their labels, and the dense ids call sites and
//! tables use.

use crate::{distinct::Distinct, local, primitive::heal};
use once_cell::sync::Lazy;
use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{
        Arc, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// Operations beyond this many share one, so that names made from unbounded input cannot take all
/// memory.
pub const MAX_OPERATIONS: usize = 1 << 16;

/// The operation that calls under surplus names are counted in.
pub const OVERFLOW: &str = "(overflow)";

/// Its id: it is the first there is.
pub(crate) const OVERFLOW_ID: u32 = 1;

/// The labels of an operation: keys and values, sorted by key.
pub type Labels = Arc<[(Arc<str>, Arc<str>)]>;

/// What an id stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Series {
    pub(crate) name: Arc<str>,
    pub(crate) labels: Labels,
}

impl Series {
    /// Of labels in any order; of those with one key the first counts.
    pub(crate) fn new(name: String, mut labels: Vec<(String, String)>) -> Self {
        labels.sort_by(|(a, _), (b, _)| a.cmp(b));
        labels.dedup_by(|(later, _), (first, _)| later == first);
        let labels = labels.into_iter().map(|(key, value)| (Arc::from(key), Arc::from(value)));
        Self { name: Arc::from(name), labels: labels.collect() }
    }

    /// Whether its labels are these, in any order.
    pub(crate) fn has_exactly(&self, labels: &[(&str, &str)]) -> bool {
        let has = |(key, value): &(&str, &str)| {
            self.labels.iter().any(|(known, of)| **known == **key && **of == **value)
        };
        self.labels.len() == labels.len() && labels.iter().all(has)
    }

    /// Whether it stands for the label sets beyond the cap.
    pub(crate) fn is_overflow(&self) -> bool {
        matches!(&*self.labels, [(key, value)] if &**key == "overflow" && &**value == "true")
    }
}

impl fmt::Display for Series {
    /// `name`, or `name{key="value",…}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (at, (key, value)) in self.labels.iter().enumerate() {
            write!(f, "{}{key}={value:?}", if at == 0 { "{" } else { "," })?;
        }
        f.write_str(if self.labels.is_empty() { "" } else { "}" })
    }
}

#[derive(Default)]
struct Directory {
    plain: HashMap<Arc<str>, u32>,
    /// By name.
    labelled: HashMap<Arc<str>, Family>,
    /// By id; 0 is no operation.
    series: Vec<Series>,
    /// Those that `timer!` has named.
    scopes: HashSet<u32>,
}

/// The label sets of one name.
#[derive(Default)]
struct Family {
    ids: HashMap<Labels, u32>,
    /// Where label sets beyond the cap go.
    overflow: u32,
    folded: Distinct,
}

static DIRECTORY: Lazy<RwLock<Directory>> = Lazy::new(|| {
    let mut directory = Directory::default();
    directory.push(Arc::from(""), Arc::default());
    directory.add(OVERFLOW);
    RwLock::new(directory)
});

static LABEL_CAP: AtomicUsize = AtomicUsize::new(2_000);

/// Sets how many label sets an operation name may have: 2,000 unless set. Calls with further ones
/// are counted together, in a series labelled `overflow="true"`.
///
/// ```
/// perf_core::set_label_cap(500);
/// ```
pub fn set_label_cap(series: usize) {
    LABEL_CAP.store(series, Relaxed);
}

impl Directory {
    fn push(&mut self, name: Arc<str>, labels: Labels) -> u32 {
        if self.series.len() >= MAX_OPERATIONS {
            return OVERFLOW_ID;
        }
        self.series.push(Series { name, labels });
        // At most MAX_OPERATIONS, so it fits.
        (self.series.len() - 1) as u32
    }

    fn add(&mut self, name: &str) -> u32 {
        let name: Arc<str> = Arc::from(name);
        let id = self.push(Arc::clone(&name), Arc::default());
        if self.series.len() < MAX_OPERATIONS {
            self.plain.insert(name, id);
        }
        id
    }

    /// The cap is seen to before anything of a label set is kept.
    fn add_series(&mut self, name: &str, labels: &[(&str, String)]) -> u32 {
        // Neither is a name kept, once no more series are.
        if self.series.len() >= MAX_OPERATIONS && !self.labelled.contains_key(name) {
            return OVERFLOW_ID;
        }
        let name = match self.labelled.get_key_value(name) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(name),
        };
        let family = self.labelled.entry(Arc::clone(&name)).or_default();
        if family.ids.len() < LABEL_CAP.load(Relaxed) {
            let labels = kept(labels);
            let id = self.push(Arc::clone(&name), Arc::clone(&labels));
            self.labelled.entry(name).or_default().ids.insert(labels, id);
            return id;
        }
        family.folded.add(labels);
        if family.overflow == 0 {
            let overflow = [(Arc::from("overflow"), Arc::from("true"))];
            let id = self.push(Arc::clone(&name), Arc::new(overflow));
            self.labelled.entry(name).or_default().overflow = id;
            return id;
        }
        family.overflow
    }

    fn find_series(&self, name: &str, labels: &[(&str, String)]) -> Option<u32> {
        let family = self.labelled.get(name)?;
        // Built for the look-up alone: this is not the timed path.
        let labels = kept(labels);
        family.ids.get(&labels).copied()
    }
}

/// Labels as they are kept.
fn kept(labels: &[(&str, String)]) -> Labels {
    labels.iter().map(|(key, value)| (Arc::from(*key), Arc::from(&**value))).collect()
}

/// The id of a name, new or known. `None` when called from inside this very function, as a timed
/// global allocator would.
pub(crate) fn intern(name: &str) -> Option<u32> {
    let _busy = local::Busy::enter()?;
    if let Some(id) = heal(DIRECTORY.read()).plain.get(name) {
        return Some(*id);
    }
    let mut directory = heal(DIRECTORY.write());
    // Another thread may have been first.
    let known = directory.plain.get(name).copied();
    Some(known.unwrap_or_else(|| directory.add(name)))
}

/// Notes that an operation is a scope, timed by a guard that has to be kept.
pub(crate) fn mark_scope(op: u32) {
    if let Some(_busy) = local::Busy::enter() {
        heal(DIRECTORY.write()).scopes.insert(op);
    }
}

/// Whether an operation is a scope.
pub(crate) fn is_scope(op: u32) -> bool {
    heal(DIRECTORY.read()).scopes.contains(&op)
}

/// The id of a name with labels, of which the last of one key counts. `None` as for [`intern`].
pub(crate) fn intern_series(name: &str, mut labels: Vec<(&str, String)>) -> Option<u32> {
    labels.reverse();
    labels.sort_by_key(|(key, _)| *key);
    labels.dedup_by_key(|(key, _)| *key);
    if labels.is_empty() {
        return intern(name);
    }
    let _busy = local::Busy::enter()?;
    if let Some(id) = heal(DIRECTORY.read()).find_series(name, &labels) {
        return Some(id);
    }
    let mut directory = heal(DIRECTORY.write());
    let known = directory.find_series(name, &labels);
    Some(known.unwrap_or_else(|| directory.add_series(name, &labels)))
}

/// The series of an operation with one label more.
pub(crate) fn with_label(op: u32, key: &str, value: String) -> Option<u32> {
    let series = series(op);
    let labels = series.labels.iter().map(|(key, value)| (&**key, value.to_string()));
    intern_series(&series.name, labels.chain([(key, value)]).collect())
}

/// The id of a name without labels, if it has one.
pub(crate) fn find(name: &str) -> Option<u32> {
    let _busy = local::Busy::enter()?;
    heal(DIRECTORY.read()).plain.get(name).copied()
}

/// What an operation's id stands for.
pub(crate) fn series(op: u32) -> Series {
    heal(DIRECTORY.read()).series[op as usize].clone()
}

/// Whether an operation has labels.
pub(crate) fn is_labelled(op: u32) -> bool {
    heal(DIRECTORY.read()).series.get(op as usize).is_some_and(|series| !series.labels.is_empty())
}

/// What the ids so far stand for.
pub(crate) fn all() -> Vec<Series> {
    heal(DIRECTORY.read()).series.clone()
}

/// About how many label sets the overflow series of a name stands for.
pub(crate) fn folded(name: &str) -> u64 {
    heal(DIRECTORY.read()).labelled.get(name).map_or(0, |family| family.folded.estimate())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn labels_in_any_order_are_one_series_and_the_last_of_a_key_counts() {
        let series = |labels: &[(&'static str, &str)]| {
            intern_series("directory", labels.iter().map(|(k, v)| (*k, (*v).to_owned())).collect())
        };
        let ab = series(&[("a", "1"), ("b", "2")]);
        assert_eq!(series(&[("b", "2"), ("a", "1")]), ab);
        assert_eq!(series(&[("a", "0"), ("b", "2"), ("a", "1")]), ab);
        assert_ne!(series(&[("a", "2"), ("b", "1")]), ab);
        assert_eq!(series(&[]), intern("directory"));
        assert_eq!(with_label(series(&[("a", "1")]).unwrap(), "b", "2".into()), ab);
    }
}
