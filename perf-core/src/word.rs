//! How an event's operation, parent, outcome and flags share one machine word.

use crate::outcome::Outcome;

/// Operation ids take 24 bits; 0 means "none".
const ID_BITS: u32 = 24;
const ID_MASK: u64 = (1 << ID_BITS) - 1;
const OUTCOME_SHIFT: u32 = 2 * ID_BITS;

/// `flags | outcome (2 bits) | parent (24 bits) | operation (24 bits)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    /// The call ran inside an open call of the same operation.
    pub(crate) const NESTED: u64 = 1 << (OUTCOME_SHIFT + 2);
    /// The scope ended out of order: after a scope it was opened in, or on another thread.
    pub(crate) const OVERLAP: u64 = 1 << (OUTCOME_SHIFT + 3);
    /// Not a call: the polls of one, see [`Event::polls`](crate::ring::Event::polls).
    pub(crate) const POLLS: u64 = 1 << (OUTCOME_SHIFT + 5);
    /// The event has time of children.
    pub(crate) const CHILDREN: u64 = 1 << (OUTCOME_SHIFT + 6);
    /// Not a call: the bytes that one allocated, see [`Event::allocated`](crate::ring::Event::allocated).
    pub(crate) const ALLOCATED_BYTES: u64 = 1 << (OUTCOME_SHIFT + 7);
    /// Not a call: the number of allocations in one.
    pub(crate) const ALLOCATIONS: u64 = 1 << (OUTCOME_SHIFT + 8);
    /// Not a call at all.
    pub(crate) const NO_CALL: u64 = Self::POLLS | Self::ALLOCATED_BYTES | Self::ALLOCATIONS;
    /// The thread was already unwinding when the call began.
    pub(crate) const UNWINDING: u64 = 1 << (OUTCOME_SHIFT + 4);

    #[inline]
    pub(crate) fn new(op: u32, parent: u32, nested: bool, unwinding: bool) -> Self {
        let mut word = u64::from(op) | (u64::from(parent) << ID_BITS);
        if nested {
            word |= Self::NESTED;
        }
        if unwinding {
            word |= Self::UNWINDING;
        }
        Self(word)
    }

    /// The polls of a call: at most 2^24 - 1 of them are told.
    pub(crate) fn polls(op: u32, polls: u64) -> Self {
        let mut word = Self::new(op, polls.min(ID_MASK) as u32, false, false);
        word.0 |= Self::POLLS;
        word
    }

    /// The same call in another operation.
    pub(crate) fn set_op(&mut self, op: u32) {
        self.0 = (self.0 & !ID_MASK) | u64::from(op);
    }

    /// The same call from another parent.
    pub(crate) fn set_parent(&mut self, parent: u32) {
        self.0 = (self.0 & !(ID_MASK << ID_BITS)) | (u64::from(parent) << ID_BITS);
    }

    #[inline]
    pub(crate) fn op(self) -> u32 {
        (self.0 & ID_MASK) as u32
    }

    #[inline]
    pub(crate) fn parent(self) -> u32 {
        ((self.0 >> ID_BITS) & ID_MASK) as u32
    }

    /// The same operation and parent: an `Ok` call without any flag, and without children.
    #[inline]
    pub(crate) fn plain(self) -> Self {
        Self(self.0 & ((1 << OUTCOME_SHIFT) - 1))
    }

    #[inline]
    pub(crate) fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    #[inline]
    pub(crate) fn outcome(self) -> Outcome {
        match (self.0 >> OUTCOME_SHIFT) & 3 {
            0 => Outcome::Ok,
            1 => Outcome::Error,
            2 => Outcome::Panicked,
            _ => Outcome::Cancelled,
        }
    }

    #[inline]
    pub(crate) fn set_outcome(&mut self, outcome: Outcome) {
        self.0 = (self.0 & !(3 << OUTCOME_SHIFT)) | ((outcome as u64) << OUTCOME_SHIFT);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn everything_packed_comes_back() {
        let mut word = Word::new(0x00ab_cdef, 0x0012_3456, true, false);
        for outcome in [Outcome::Error, Outcome::Panicked, Outcome::Cancelled, Outcome::Ok] {
            word.set_outcome(outcome);
            assert_eq!(word.outcome(), outcome);
        }
        assert_eq!((word.op(), word.parent()), (0x00ab_cdef, 0x0012_3456));
        assert!(word.has(Word::NESTED) && !word.has(Word::UNWINDING) && !word.has(Word::OVERLAP));
    }
}
