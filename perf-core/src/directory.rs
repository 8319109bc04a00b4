//! The names of all operations of the process, and the dense ids call sites and tables use.

use crate::{local, primitive::heal};
use once_cell::sync::Lazy;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

/// Names beyond this many share one operation, so that a name made from unbounded input cannot
/// take all memory.
pub const MAX_OPERATIONS: usize = 1 << 16;

/// The operation that calls under surplus names are counted in.
pub const OVERFLOW: &str = "(overflow)";

struct Directory {
    ids: HashMap<Arc<str>, u32>,
    /// By id; 0 is no operation.
    names: Vec<Arc<str>>,
}

static DIRECTORY: Lazy<RwLock<Directory>> = Lazy::new(|| {
    let mut directory = Directory { ids: HashMap::new(), names: vec![Arc::from("")] };
    directory.add(OVERFLOW);
    RwLock::new(directory)
});

impl Directory {
    fn add(&mut self, name: &str) -> u32 {
        if self.names.len() >= MAX_OPERATIONS {
            return self.ids[OVERFLOW];
        }
        // At most MAX_OPERATIONS, so it fits.
        let id = self.names.len() as u32;
        let name: Arc<str> = Arc::from(name);
        self.names.push(Arc::clone(&name));
        self.ids.insert(name, id);
        id
    }
}

/// The id of a name, new or known. `None` when called from inside this very function, as a timed
/// global allocator would.
pub(crate) fn intern(name: &str) -> Option<u32> {
    let _busy = local::Busy::enter()?;
    if let Some(id) = heal(DIRECTORY.read()).ids.get(name) {
        return Some(*id);
    }
    let mut directory = heal(DIRECTORY.write());
    // Another thread may have been first.
    let known = directory.ids.get(name).copied();
    Some(known.unwrap_or_else(|| directory.add(name)))
}

/// The name of an operation.
pub(crate) fn name(op: u32) -> Arc<str> {
    Arc::clone(&heal(DIRECTORY.read()).names[op as usize])
}

/// The names of all operations so far, by id.
pub(crate) fn names() -> Vec<Arc<str>> {
    heal(DIRECTORY.read()).names.clone()
}

/// The id of a name, if it has one.
pub(crate) fn find(name: &str) -> Option<u32> {
    let _busy = local::Busy::enter()?;
    heal(DIRECTORY.read()).ids.get(name).copied()
}
