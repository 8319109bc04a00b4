//! One open scope: its operation, what is open around it, and what its children took.

use crate::allocations::{InFrame, Taken};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A scope that ended while scopes opened after it were still open.
pub(crate) const GONE: u32 = u32::MAX;
/// Beside a frame's operation: a `tracing` span opened it.
pub(crate) const SPAN: u64 = 1 << 32;
/// Beside that: the span began with it, so that a timed call directly inside may be the same call.
pub(crate) const FIRST: u64 = 1 << 33;
/// Beside that: a timed call of the same operation ran directly inside, and stands for the span.
pub(crate) const TAKEN: u64 = 1 << 34;

#[derive(Default)]
pub(crate) struct Frame {
    /// The operation in the lower half, marks in the upper.
    pub(crate) op: AtomicU64,
    /// One bit for each operation open here or below, by id modulo 64: no bit, not open.
    pub(crate) open: AtomicU64,
    /// Ticks of the scopes that have ended directly inside this one.
    children: AtomicU64,
    allocations: InFrame,
}

/// What a scope leaves behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Ticks of the calls made from it.
    pub(crate) children: u64,
    pub(crate) allocated: Taken,
}

impl Frame {
    #[inline]
    pub(crate) fn op(&self) -> u32 {
        self.op.load(Relaxed) as u32
    }

    pub(crate) fn has(&self, mark: u64) -> bool {
        self.op.load(Relaxed) & mark != 0
    }

    #[inline]
    pub(crate) fn open(&self, op: u64, open: u64) {
        self.op.store(op, Relaxed);
        self.open.store(open, Relaxed);
        self.children.store(0, Relaxed);
        self.allocations.begin();
    }

    /// Closes it after so many ticks, as a child of the scope below.
    #[inline]
    pub(crate) fn close(&self, below: &Self, ticks: u64) -> Left {
        below.add_child(ticks);
        let children = self.children.load(Relaxed);
        Left { children, allocated: self.allocations.end(&below.allocations) }
    }

    /// Closes it as if it had not been: its children are those of the scope below.
    pub(crate) fn close_for_children(&self, below: &Self) {
        below.add_child(self.children.load(Relaxed));
        self.hand_down_allocations(below);
    }

    /// What its children allocated is what those of the scope below did.
    pub(crate) fn hand_down_allocations(&self, below: &Self) {
        self.allocations.end_for_children(&below.allocations);
    }

    #[inline]
    pub(crate) fn add_child(&self, ticks: u64) {
        self.children.store(self.children.load(Relaxed).saturating_add(ticks), Relaxed);
    }
}
