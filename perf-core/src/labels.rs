//! Labels: from the values at a call to the id of their series, through a cache of the thread.

use crate::{directory, local, site::CallSite};
use rustc_hash::FxHasher;
use std::{
    cell::RefCell,
    fmt::{self, Display, Write},
    hash::Hasher,
};

/// A label's value at a call.
#[derive(Clone, Copy)]
pub enum Label<'a> {
    /// Text that is there already.
    Str(&'a str),
    /// Something to be shown.
    Shown(&'a dyn Display),
}

impl Label<'_> {
    /// What it shows. A value that fails to show itself is what it showed so far.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let _ = write!(text, "{self}");
        text
    }
}

impl Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => f.write_str(text),
            Self::Shown(value) => value.fmt(f),
        }
    }
}

impl fmt::Debug for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

/// The keys and values at a call.
pub type At<'a> = &'a [(&'static str, Label<'a>)];

/// Places in a thread's cache. A series that meets another in its place is looked up again.
const PLACES: usize = 1024;

thread_local! {
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache::new()) };
}

/// The operation id of a site's series with these labels; 0 if it cannot be had here and now.
pub(crate) fn series(site: &'static CallSite, labels: At<'_>) -> u32 {
    let cached = |cache: &RefCell<Cache>| {
        // Taken already when a value, as it is shown, times something with labels itself.
        let mut cache = cache.try_borrow_mut().ok()?;
        Some(cache.find(site, labels))
    };
    let found = CACHE.try_with(cached).ok().flatten();
    found.unwrap_or_else(|| look_up(&site.name(), labels))
}

/// The operation id of a name with these labels; 0 if it cannot be had here and now.
#[cold]
pub(crate) fn look_up(name: &str, labels: At<'_>) -> u32 {
    let _own = local::own_work();
    let labels = labels.iter().map(|(key, value)| (*key, value.text()));
    directory::intern_series(name, labels.collect()).unwrap_or(0)
}

/// The operation id of a name with labels that are text; 0 if it cannot be had here and now.
pub(crate) fn series_of(name: &str, labels: &[(&str, &str)]) -> u32 {
    let _own = local::own_work();
    let labels = labels.iter().map(|(key, value)| (*key, (*value).to_owned()));
    directory::intern_series(name, labels.collect()).unwrap_or(0)
}

struct Cache {
    /// Values that had to be shown, behind their lengths, with those around them.
    shown: Vec<u8>,
    /// None at all until the thread's first labelled call.
    places: Vec<Option<Entry>>,
}

/// A series: its site, and each value behind its length. The keys are the site's.
struct Entry {
    site: usize,
    values: Box<[u8]>,
    op: u32,
}

impl Cache {
    const fn new() -> Self {
        Self { shown: Vec::new(), places: Vec::new() }
    }

    fn find(&mut self, site: &'static CallSite, labels: At<'_>) -> u32 {
        let (place, found) = match self.find_texts(site, labels) {
            Some((place, None)) => {
                self.show(labels);
                (place, None)
            }
            Some(found) => found,
            None => self.find_shown(site, labels),
        };
        match found {
            Some(op) => op,
            None => self.learn(place, site, labels),
        }
    }

    /// The place of these values, and the series if it is that which is there. `None` unless all of
    /// them are text.
    fn find_texts(&self, site: &'static CallSite, labels: At<'_>) -> Option<(usize, Option<u32>)> {
        let mut hasher = FxHasher::default();
        hasher.write_usize(address(site));
        for (_, label) in labels {
            let Label::Str(text) = label else { return None };
            hasher.write(text.as_bytes());
        }
        let place = place(&hasher);
        Some((place, self.op_at(place, site, |entry| entry.holds_texts(labels))))
    }

    /// The same for any values, by writing them down first.
    #[inline(never)]
    fn find_shown(&mut self, site: &'static CallSite, labels: At<'_>) -> (usize, Option<u32>) {
        self.show(labels);
        let mut hasher = FxHasher::default();
        hasher.write_usize(address(site));
        hasher.write(&self.shown);
        let place = place(&hasher);
        (place, self.op_at(place, site, |entry| *entry.values == *self.shown))
    }

    /// The series at a place, if it is this site's and holds the values.
    #[inline]
    fn op_at(
        &self,
        place: usize,
        site: &'static CallSite,
        holds: impl FnOnce(&Entry) -> bool,
    ) -> Option<u32> {
        let entry = self.places.get(place)?.as_ref()?;
        (entry.site == address(site) && holds(entry)).then_some(entry.op)
    }

    /// Looks up the values that were written down. They are not shown again: they may have changed.
    #[cold]
    fn learn(&mut self, place: usize, site: &'static CallSite, labels: At<'_>) -> u32 {
        let _own = local::own_work();
        let keys = labels.iter().map(|(key, _)| *key);
        let labels = keys.zip(parts(&self.shown)).collect();
        let op = directory::intern_series(&site.name(), labels).unwrap_or(0);
        if op != 0 {
            local::begin(op);
            self.places.resize_with(PLACES, || None);
            let values = self.shown.as_slice().into();
            self.places[place] = Some(Entry { site: address(site), values, op });
        }
        op
    }

    /// Writes all values down.
    fn show(&mut self, labels: At<'_>) {
        let _own = local::own_work();
        self.shown.clear();
        for (_, label) in labels {
            let at = self.shown.len();
            self.shown.extend_from_slice(&[0; 4]);
            match label {
                Label::Str(text) => self.shown.extend_from_slice(text.as_bytes()),
                // A value that fails to show itself is what it showed so far.
                Label::Shown(value) => drop(write!(Text(&mut self.shown), "{value}")),
            }
            let length = (self.shown.len() - at - 4) as u32;
            self.shown[at..at + 4].copy_from_slice(&length.to_ne_bytes());
        }
    }
}

impl Entry {
    /// Whether its values are these, all of which are text.
    fn holds_texts(&self, labels: At<'_>) -> bool {
        let mut values = &*self.values;
        for (_, label) in labels {
            let (Label::Str(text), Some((length, rest))) = (label, values.split_first_chunk())
            else {
                return false;
            };
            let Some((value, rest)) = rest.split_at_checked(text.len()) else { return false };
            if u32::from_ne_bytes(*length) as usize != text.len() || value != text.as_bytes() {
                return false;
            }
            values = rest;
        }
        values.is_empty()
    }
}

/// The values that [`Cache::show`] wrote.
fn parts(mut values: &[u8]) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let (length, rest) = values.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
        values = rest;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

fn address(site: &'static CallSite) -> usize {
    std::ptr::from_ref(site).addr()
}

fn place(hasher: &FxHasher) -> usize {
    hasher.finish() as usize % PLACES
}

struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
