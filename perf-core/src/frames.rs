//! The scopes open on a lane, innermost last: who called whom, and whether a call is recursive.
//!
//! Two loads and two stores at the start of a call, hidden behind the clock read, buy an exact
//! caller for every event. Self time, the call graph and recursion-aware totals follow from that
//! in the aggregation, without any order between events.

use crate::{
    frame::{FIRST, Frame, GONE, Left, SPAN, TAKEN},
    local::Busy,
    primitive::boxed_array,
};
use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Frames that are always there. Deeper ones come in chunks, when a thread first gets there: as
/// many as there are already, each time.
const SHALLOW: usize = 128;
/// Enough for any stack.
const CHUNKS: usize = 24;
/// So many frames may be gone and still in the way before timers get none.
const MOST_GONE: usize = 64;
/// The depth of a scope without a frame.
const NO_FRAME: u32 = u32::MAX;

/// Written by the owning thread; any thread may bury a frame.
pub(crate) struct Frames {
    depth: AtomicUsize,
    /// How many frames are marked as gone and still below others.
    gone: AtomicUsize,
    /// `shallow[0]` is the bottom: no operation, nothing open.
    shallow: Box<[Frame; SHALLOW]>,
    deep: [OnceLock<Box<[Frame]>>; CHUNKS],
}

/// What entering a scope found, and what leaving it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    /// The depth before this scope.
    pub(crate) depth: u32,
    /// The operation this scope was opened in; 0 for none.
    pub(crate) parent: u32,
    /// Whether the same operation is already open below.
    pub(crate) nested: bool,
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self {
            depth: AtomicUsize::new(0),
            gone: AtomicUsize::new(0),
            shallow: boxed_array(|_| Frame::default()),
            deep: [const { OnceLock::new() }; CHUNKS],
        }
    }

    pub(crate) fn clear(&self) {
        self.depth.store(0, Relaxed);
        self.gone.store(0, Relaxed);
    }

    /// Opens a scope. Owner only.
    #[inline]
    pub(crate) fn enter(&self, op: u32) -> Entered {
        let depth = self.depth.load(Relaxed);
        match (self.shallow.get(depth), self.shallow.get(depth + 1)) {
            (Some(below), Some(frame)) => self.open(op, depth, below, frame),
            _ => self.enter_deep(op, depth),
        }
    }

    #[inline]
    fn open(&self, op: u32, depth: usize, below: &Frame, frame: &Frame) -> Entered {
        let parent = below.op();
        if parent == GONE {
            return self.enter_above_gone(op, depth);
        }
        let open = below.open.load(Relaxed);
        let bit = 1 << (op % 64);
        let (parent, nested) =
            if open & bit == 0 { (parent, false) } else { self.found_again(op, depth, parent) };
        frame.open(u64::from(op), open | bit);
        self.depth.store(depth + 1, Relaxed);
        Entered { depth: depth as u32, parent, nested }
    }

    /// The caller of a scope whose operation may be open already, and whether it is. A span of the
    /// same operation directly around it is the same call: the scope takes its place.
    #[cold]
    fn found_again(&self, op: u32, depth: usize, parent: u32) -> (u32, bool) {
        let Some(below) = self.frame(depth) else { return (0, false) };
        if parent == op && below.has(FIRST) {
            below.op.fetch_or(TAKEN, Relaxed);
            let (around, parent) = self.around(depth);
            return (parent, self.is_open(op, around));
        }
        (parent, self.is_open(op, depth))
    }

    /// The depth and the operation of the scope around the one at `depth`, which is open and not the
    /// bottom. Any thread may bury a frame meanwhile: each is looked at once.
    fn around(&self, depth: usize) -> (usize, u32) {
        let mut below =
            (0..depth).rev().map(|depth| (depth, self.frame(depth).map_or(0, Frame::op)));
        below.find(|(_, op)| *op != GONE).unwrap_or((0, 0))
    }

    /// The innermost scope's operation; 0 for none.
    pub(crate) fn innermost(&self) -> u32 {
        let top = self.frame(self.depth.load(Relaxed)).map_or(0, Frame::op);
        if top == GONE { 0 } else { top }
    }

    /// Opens a span's scope. Owner only. `None` where the span begins directly inside a timed call of
    /// the same operation: that is the same call, and stands for the span.
    pub(crate) fn enter_span(&self, op: u32, is_first: bool) -> Option<Entered> {
        self.pop_gone(self.depth.load(Relaxed));
        let depth = self.depth.load(Relaxed);
        let below = self.frame(depth).filter(|_| !self.is_crowded());
        let (Some(below), Some(frame)) = (below, self.new_frame(depth + 1)) else {
            return Some(self.enter_without_frame());
        };
        let found = below.op.load(Relaxed);
        let parent = found as u32;
        if parent == GONE {
            return self.enter_span(op, is_first);
        }
        if is_first && parent == op && found & SPAN == 0 {
            return None;
        }
        let open = below.open.load(Relaxed);
        let bit = 1 << (op % 64);
        let nested = open & bit != 0 && self.is_open(op, depth);
        let marks = if is_first { SPAN | FIRST } else { SPAN };
        frame.open(u64::from(op) | marks, open | bit);
        self.depth.store(depth + 1, Relaxed);
        Some(Entered { depth: depth as u32, parent, nested })
    }

    /// Whether a timed call stands for the span whose scope this is.
    pub(crate) fn is_taken(&self, entered_at: u32) -> bool {
        self.frame(above(entered_at)).is_some_and(|frame| frame.has(TAKEN))
    }

    /// Closes a scope as if it had not been: its children are those of the scope around it. Owner only.
    #[cold]
    pub(crate) fn leave_out(&self, entered_at: u32, op: u32) {
        if self.is_innermost(entered_at, op) {
            self.depth.store(entered_at as usize, Relaxed);
            let (below, frame) = (self.frame(entered_at as usize), self.frame(above(entered_at)));
            if let (Some(below), Some(frame)) = (below, frame) {
                frame.close_for_children(below);
                // A span it stood for stands for itself again.
                if below.op() == op {
                    below.op.fetch_and(!TAKEN, Relaxed);
                }
            }
        } else {
            self.bury(entered_at, op);
        }
    }

    /// Opens a scope that may be held too long. Owner only. Where many have been, it gets no frame:
    /// it is timed, but is nobody's caller.
    #[inline]
    pub(crate) fn enter_loosely(&self, op: u32) -> Entered {
        if self.is_crowded() {
            return self.enter_without_frame();
        }
        self.enter(op)
    }

    #[inline]
    fn is_crowded(&self) -> bool {
        self.gone.load(Relaxed) > MOST_GONE && self.are_many_gone()
    }

    /// Whether so many frames are gone and still in the way. Frames that were left in bulk were not
    /// counted down: counted anew.
    #[cold]
    fn are_many_gone(&self) -> bool {
        let depth = self.depth.load(Relaxed);
        let gone = (1..=depth).filter(|at| self.frame(*at).is_some_and(|f| f.op() == GONE)).count();
        self.gone.store(gone, Relaxed);
        gone > MOST_GONE
    }

    /// Leaves a scope that cannot have outlived its callers, whatever it left open, after so many
    /// ticks. Owner only.
    #[inline]
    pub(crate) fn leave(&self, entered_at: u32, ticks: u64) -> Left {
        let depth = entered_at as usize;
        self.depth.store(depth, Relaxed);
        match (self.shallow.get(depth), self.shallow.get(depth + 1)) {
            (Some(below), Some(frame)) => frame.close(below, ticks),
            _ => self.leave_deep(depth, ticks),
        }
    }

    #[cold]
    fn leave_deep(&self, depth: usize, ticks: u64) -> Left {
        match (self.frame(depth), self.frame(depth + 1)) {
            (Some(below), Some(frame)) => frame.close(below, ticks),
            (below, _) => {
                below.into_iter().for_each(|below| below.add_child(ticks));
                Left::default()
            }
        }
    }

    /// Leaves a scope that may have been held too long. Owner only. Nothing if it was not the innermost
    /// one, as it should be.
    #[inline]
    pub(crate) fn leave_checked(&self, entered_at: u32, op: u32, ticks: u64) -> Option<Left> {
        if self.is_innermost(entered_at, op) {
            return Some(self.leave(entered_at, ticks));
        }
        self.bury(entered_at, op);
        None
    }

    #[inline]
    fn is_innermost(&self, entered_at: u32, op: u32) -> bool {
        let depth = self.depth.load(Relaxed);
        let top = self.frame(depth).map_or(op, Frame::op);
        if top == GONE {
            self.pop_gone(depth);
            return self.is_innermost(entered_at, op);
        }
        depth == above(entered_at) && top == op
    }

    /// Ends one poll of a future, which left whatever it likes open. Owner only.
    #[inline]
    pub(crate) fn suspend(&self, entered_at: u32) -> Left {
        self.leave(entered_at, 0)
    }

    /// Adds ticks to those of the innermost scope's children, if it is of this operation. Owner
    /// only.
    #[inline]
    pub(crate) fn charge(&self, caller: u32, ticks: u64) {
        let depth = self.depth.load(Relaxed);
        let Some(top) = self.frame(depth) else { return };
        if top.op() == caller {
            top.add_child(ticks);
        } else if top.has(TAKEN) {
            // The call stood for the span it was made in.
            let (around, op) = self.around(depth);
            if let Some(around) = self.frame(around).filter(|_| op == caller) {
                around.add_child(ticks);
            }
        }
    }

    /// Marks a scope as ended while others opened above it go on. Any thread.
    #[cold]
    pub(crate) fn bury(&self, entered_at: u32, op: u32) {
        if let Some(frame) = self.frame(above(entered_at)) {
            // Refused if another scope has taken the frame since; that one stays.
            let bury = |found| (found as u32 == op).then_some(u64::from(GONE));
            if frame.op.fetch_update(Relaxed, Relaxed, bury).is_ok() {
                self.gone.fetch_add(1, Relaxed);
            }
        }
    }

    #[cold]
    fn enter_without_frame(&self) -> Entered {
        let depth = self.depth.load(Relaxed);
        if self.frame(depth).is_some_and(|top| top.op() == GONE) {
            self.pop_gone(depth);
        }
        Entered { depth: NO_FRAME, parent: 0, nested: false }
    }

    /// Takes the frames that are gone off the top.
    #[cold]
    fn pop_gone(&self, mut depth: usize) {
        while self.frame(depth).is_some_and(|frame| frame.op() == GONE) {
            // What was called from it is no child of the scope below: that ran beside it. But what that
            // allocated was allocated there.
            if let (Some(below), Some(frame)) = (self.frame(depth - 1), self.frame(depth)) {
                frame.hand_down_allocations(below);
            }
            depth -= 1;
            // Not below zero, though a frame that was left in bulk was never counted down.
            let _ = self.gone.fetch_update(Relaxed, Relaxed, |gone| gone.checked_sub(1));
        }
        self.depth.store(depth, Relaxed);
        if depth == 0 {
            self.gone.store(0, Relaxed);
        }
    }

    #[cold]
    fn enter_above_gone(&self, op: u32, depth: usize) -> Entered {
        self.pop_gone(depth);
        self.enter(op)
    }

    #[cold]
    fn enter_deep(&self, op: u32, depth: usize) -> Entered {
        if let (Some(below), Some(frame)) = (self.frame(depth), self.new_frame(depth + 1)) {
            return self.open(op, depth, below, frame);
        }
        self.depth.store(depth + 1, Relaxed);
        Entered { depth: depth as u32, parent: 0, nested: self.is_open(op, depth) }
    }

    fn frame(&self, depth: usize) -> Option<&Frame> {
        self.shallow.get(depth).or_else(|| {
            let (chunk, at) = deep(depth);
            self.deep.get(chunk)?.get()?.get(at)
        })
    }

    /// The frame at a depth, made if need be. `None` inside perfkit's own work, where nothing
    /// more is allocated.
    fn new_frame(&self, depth: usize) -> Option<&Frame> {
        self.frame(depth).or_else(|| {
            let _busy = Busy::enter()?;
            let (chunk, at) = deep(depth);
            let frames = || (0..SHALLOW << chunk).map(|_| Frame::default()).collect();
            self.deep.get(chunk)?.get_or_init(frames).get(at)
        })
    }

    /// Looks from the innermost scope outward: a recursive call finds itself at once.
    #[cold]
    fn is_open(&self, op: u32, depth: usize) -> bool {
        let frames = (0..=depth).rev().map_while(|depth| self.frame(depth));
        frames.into_iter().any(|frame| frame.op() == op)
    }
}

/// The depth inside a scope; none has that of one without a frame.
#[inline]
fn above(entered_at: u32) -> usize {
    entered_at as usize + 1
}

/// Chunk `k` holds the `SHALLOW << k` frames from depth `SHALLOW << k` on.
fn deep(depth: usize) -> (usize, usize) {
    let chunk = (depth / SHALLOW).max(1).ilog2() as usize;
    (chunk, depth - (SHALLOW << chunk))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn children(left: Option<Left>) -> Option<u64> {
        left.map(|left| left.children)
    }

    #[test]
    fn callers_and_recursion() {
        let frames = Frames::new();
        let main = frames.enter(1);
        assert_eq!(main, Entered { depth: 0, parent: 0, nested: false });
        let child = frames.enter(2);
        assert_eq!((child.parent, child.nested), (1, false));
        let mutual = frames.enter(1);
        assert_eq!((mutual.parent, mutual.nested), (2, true));
        assert_eq!(frames.leave(mutual.depth, 5).children, 0);
        assert_eq!(frames.leave(child.depth, 7).children, 5);
        assert!(!frames.enter(65).nested, "65 shares a bit with 1, and is not open");
    }

    #[test]
    fn a_scope_that_ends_out_of_order_is_no_longer_a_caller() {
        let frames = Frames::new();
        let first = frames.enter(1);
        let second = frames.enter(2);
        assert_eq!(children(frames.leave_checked(first.depth, 1, 10)), None);
        assert_eq!(frames.enter(3).parent, 2);
        frames.leave(2, 4);
        assert_eq!(children(frames.leave_checked(second.depth, 2, 20)), Some(4));
        assert_eq!(frames.enter(4), Entered { depth: 0, parent: 0, nested: false });
    }

    #[test]
    fn scopes_around_one_that_ended_out_of_order_are_innermost_in_their_turn() {
        let frames = Frames::new();
        let outer = frames.enter(1);
        let held = frames.enter(2);
        let inner = frames.enter(3);
        assert_eq!(children(frames.leave_checked(held.depth, 2, 1)), None);
        assert_eq!(children(frames.leave_checked(inner.depth, 3, 1)), Some(0));
        assert!(frames.leave_checked(outer.depth, 1, 1).is_some());
    }

    #[test]
    fn scopes_that_never_all_end_do_not_pile_up() {
        let frames = Frames::new();
        let mut open = frames.enter_loosely(1);
        for n in 0..10_000 {
            let next = frames.enter_loosely(n % 7 + 1);
            frames.leave_checked(open.depth, n.checked_sub(1).map_or(1, |n| n % 7 + 1), 1);
            open = next;
        }
        assert!(frames.depth.load(Relaxed) <= 2 * MOST_GONE, "{}", frames.depth.load(Relaxed));
    }

    #[test]
    fn deep_recursion_keeps_counting_and_comes_back() {
        let frames = Frames::new();
        let entered: Vec<_> = (0..1000).map(|n| frames.enter(n % 2 + 1)).collect();
        assert!(!entered[0].nested && !entered[1].nested);
        for (n, e) in (2..).zip(&entered[2..]) {
            assert_eq!((e.depth, e.nested, e.parent), (n, true, (n + 1) % 2 + 1));
        }
        for e in entered.iter().rev() {
            let left = frames.leave_checked(e.depth, e.depth % 2 + 1, 1);
            assert_eq!(children(left), Some(u64::from(e.depth < 999)));
        }
        assert_eq!(frames.enter(8).parent, 0);
    }
}
