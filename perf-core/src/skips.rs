//! Calls of sampled sites that were counted but not timed: one cell for each such site on a lane.

use crate::{
    local::Busy,
    primitive::{boxed_array, heal},
};
use std::sync::{
    Mutex, OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

const CHUNK: usize = 64;
const CHUNKS: usize = 64;

/// The operation of each sampled site, by the site's place.
static SITES: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Gives a sampled site a place, from 1. `None` once all are taken, or inside perfkit's own work:
/// then every call is timed.
pub(crate) fn place_for(op: u32) -> Option<usize> {
    let _busy = Busy::enter()?;
    let mut sites = heal(SITES.lock());
    if sites.len() >= CHUNK * CHUNKS - 1 {
        return None;
    }
    sites.push(op);
    Some(sites.len())
}

#[derive(Default)]
struct Cell {
    /// Calls skipped so far.
    skipped: AtomicU64,
    /// When so many have been, one is timed.
    until: AtomicU64,
}

impl Cell {
    /// Counts a call, and returns whether it is to be timed: the first is, then one in `every`.
    #[inline]
    fn is_due(&self, every: u32) -> bool {
        let skipped = self.skipped.load(Relaxed);
        if skipped == self.until.load(Relaxed) {
            self.until.store(skipped + u64::from(every.saturating_sub(1)), Relaxed);
            return true;
        }
        self.skipped.store(skipped + 1, Relaxed);
        false
    }
}

type Chunk = Box<[Cell; CHUNK]>;

/// Written by the lane's owner; read by whoever holds the ring's consumer lock.
pub(crate) struct Skips {
    chunks: Box<[OnceLock<Chunk>; CHUNKS]>,
}

impl Skips {
    pub(crate) fn new() -> Self {
        Self { chunks: boxed_array(|_| OnceLock::new()) }
    }

    /// Counts a call of the site at a place, and returns whether it is to be timed. Owner only.
    #[inline]
    pub(crate) fn is_due(&self, place: usize, every: u32) -> bool {
        match self.chunks[place / CHUNK % CHUNKS].get() {
            Some(chunk) => chunk[place % CHUNK].is_due(every),
            None => self.is_first_due(place, every),
        }
    }

    /// The same where there is no cell yet. Within perfkit's own work it cannot be had: then the
    /// call is timed.
    #[cold]
    fn is_first_due(&self, place: usize, every: u32) -> bool {
        let Some(_busy) = Busy::enter() else { return true };
        let chunk = &self.chunks[place / CHUNK % CHUNKS];
        let chunk = chunk.get_or_init(|| boxed_array(|_| Cell::default()));
        chunk[place % CHUNK].is_due(every)
    }

    /// Hands what was skipped since the last time to `each`, by operation. `seen` is the reader's.
    pub(crate) fn take(&self, seen: &mut Vec<u64>, mut each: impl FnMut(u32, u64)) {
        if self.chunks.iter().all(|chunk| chunk.get().is_none()) {
            return;
        }
        let sites = heal(SITES.lock()).clone();
        seen.resize(sites.len(), 0);
        for ((place, op), seen) in (1..).zip(sites).zip(seen) {
            let Some(chunk) = self.chunks[place / CHUNK % CHUNKS].get() else { continue };
            let skipped = chunk[place % CHUNK].skipped.load(Relaxed);
            if skipped > *seen {
                each(op, skipped - *seen);
                *seen = skipped;
            }
        }
    }
}
