//! Calls of sampled sites that were counted but not timed: one cell for each such site on a lane.

use crate::{
    local::Busy,
    primitive::{boxed_array, heal},
};
use std::sync::{
    Mutex, OnceLock,
    atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
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
    if sites.len() >= CHUNK * CHUNKS {
        return None;
    }
    sites.push(op);
    Some(sites.len())
}

#[derive(Default)]
struct Cell {
    /// Calls left until one is timed.
    left: AtomicU32,
    /// Calls skipped so far.
    skipped: AtomicU64,
}

/// Written by the lane's owner; read by whoever holds the ring's consumer lock.
pub(crate) struct Skips {
    chunks: Box<[OnceLock<Box<[Cell]>>; CHUNKS]>,
}

impl Skips {
    pub(crate) fn new() -> Self {
        Self { chunks: boxed_array(|_| OnceLock::new()) }
    }

    /// Counts a call, and returns whether it is to be timed: the first is, then one in `every`.
    /// Owner only.
    #[inline]
    pub(crate) fn is_due(&self, place: usize, every: u32) -> bool {
        let (chunk, at) = ((place - 1) / CHUNK, (place - 1) % CHUNK);
        let Some(cell) = self.chunks.get(chunk).and_then(OnceLock::get).and_then(|c| c.get(at))
        else {
            // Within perfkit's own work it cannot be had: then the call is timed.
            return !self.add_chunk(chunk) || self.is_due(place, every);
        };
        let left = cell.left.load(Relaxed);
        if left == 0 {
            cell.left.store(every.saturating_sub(1), Relaxed);
            return true;
        }
        cell.left.store(left - 1, Relaxed);
        cell.skipped.store(cell.skipped.load(Relaxed) + 1, Relaxed);
        false
    }

    /// Whether the chunk is there now.
    #[cold]
    fn add_chunk(&self, chunk: usize) -> bool {
        let (Some(_busy), Some(chunk)) = (Busy::enter(), self.chunks.get(chunk)) else {
            return false;
        };
        chunk.get_or_init(|| (0..CHUNK).map(|_| Cell::default()).collect());
        true
    }

    /// Hands what was skipped since the last time to `each`, by operation. `seen` is the reader's.
    pub(crate) fn take(&self, seen: &mut Vec<u64>, mut each: impl FnMut(u32, u64)) {
        if self.chunks.iter().all(|chunk| chunk.get().is_none()) {
            return;
        }
        let sites = heal(SITES.lock()).clone();
        seen.resize(sites.len(), 0);
        for (place, (op, seen)) in sites.into_iter().zip(seen).enumerate() {
            let chunk = self.chunks.get(place / CHUNK).and_then(OnceLock::get);
            let Some(cell) = chunk.and_then(|chunk| chunk.get(place % CHUNK)) else { continue };
            let skipped = cell.skipped.load(Relaxed);
            if skipped > *seen {
                each(op, skipped - *seen);
                *seen = skipped;
            }
        }
    }
}
