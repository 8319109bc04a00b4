//! Labels: from the values at a call to the id of their series, through a cache of the thread.

use crate::{directory, site::CallSite};
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
        write!(f, "{:?}", self.to_string())
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
    let labels = labels.iter().map(|(key, value)| (*key, value.to_string()));
    directory::intern_series(name, labels.collect()).unwrap_or(0)
}

struct Cache {
    /// The key being looked for.
    key: Vec<u8>,
    /// None at all until the thread's first labelled call.
    places: Vec<Option<Entry>>,
}

struct Entry {
    key: Box<[u8]>,
    op: u32,
}

impl Cache {
    const fn new() -> Self {
        Self { key: Vec::new(), places: Vec::new() }
    }

    fn find(&mut self, site: &'static CallSite, labels: At<'_>) -> u32 {
        self.set_key(site, labels);
        let mut hasher = FxHasher::default();
        hasher.write(&self.key);
        let place = hasher.finish() as usize % PLACES;
        if let Some(Some(entry)) = self.places.get(place)
            && *entry.key == *self.key
        {
            return entry.op;
        }
        let op = look_up(&site.name(), labels);
        if op != 0 {
            self.places.resize_with(PLACES, || None);
            self.places[place] = Some(Entry { key: self.key.as_slice().into(), op });
        }
        op
    }

    /// The site, then each value behind its length: its keys are the site's.
    fn set_key(&mut self, site: &'static CallSite, labels: At<'_>) {
        self.key.clear();
        self.key.extend_from_slice(&std::ptr::from_ref(site).addr().to_ne_bytes());
        for (_, label) in labels {
            let at = self.key.len();
            self.key.extend_from_slice(&[0; 4]);
            match label {
                Label::Str(text) => self.key.extend_from_slice(text.as_bytes()),
                // A value that fails to show itself is what it showed so far.
                Label::Shown(value) => drop(write!(Text(&mut self.key), "{value}")),
            }
            let length = (self.key.len() - at - 4) as u32;
            self.key[at..at + 4].copy_from_slice(&length.to_ne_bytes());
        }
    }
}

struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
