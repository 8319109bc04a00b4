//! The spans that are open, by id.
//!
//! Not in the extensions of `tracing-subscriber`'s registry: to get at those takes two locks, a look-up
//! by type and a block of memory for each span, which cost more than all else the layer does.

use perf_core::__bridge::heal;
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{Mutex, MutexGuard},
};
use tracing::span::Id;

/// So many parts that threads seldom want the same.
const SHARDS: usize = 64;

/// Something about each open span.
pub(crate) struct OpenSpans<T>(Box<[Shard<T>]>);

/// On cache lines of its own.
#[repr(align(128))]
struct Shard<T>(Mutex<HashMap<u64, T, BuildHasherDefault<IdHasher>>>);

impl<T> OpenSpans<T> {
    pub(crate) fn new() -> Self {
        Self((0..SHARDS).map(|_| Shard(Mutex::default())).collect())
    }

    pub(crate) fn insert(&self, id: &Id, span: T) {
        self.shard(id).insert(id.into_u64(), span);
    }

    /// Does something with what is known of a span, if it is. It must not ask for another span.
    pub(crate) fn with<R>(&self, id: &Id, then: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.shard(id).get_mut(&id.into_u64()).map(then)
    }

    pub(crate) fn remove(&self, id: &Id) -> Option<T> {
        self.shard(id).remove(&id.into_u64())
    }

    fn shard(&self, id: &Id) -> MutexGuard<'_, HashMap<u64, T, BuildHasherDefault<IdHasher>>> {
        let shard = mixed(id.into_u64()) >> (u64::BITS - SHARDS.ilog2());
        heal(self.0[shard as usize % SHARDS].0.lock())
    }
}

/// Ids are made of a place and the thread it belongs to: all bits are to matter.
fn mixed(id: u64) -> u64 {
    // 2^64 divided by the golden ratio, as in Knuth's multiplicative hashing.
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write_u64(&mut self, id: u64) {
        // The shard is the upper bits: these are the same for all in one.
        self.0 = mixed(id).rotate_left(32);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = mixed(self.0 ^ u64::from(*byte)));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
