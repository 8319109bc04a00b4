//! The scopes open on a lane, innermost last: who called whom, and whether a call is recursive.
//!
//! Two loads and two stores at the start of a call, hidden behind the clock read, buy an exact
//! caller for every event. Self time, the call graph and recursion-aware totals follow from that
//! in the aggregation, without any order between events.

use crate::local::Busy;
use std::sync::{
    OnceLock,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

/// Frames that are always there. Deeper ones come in chunks, when a thread first gets there: as
/// many as there are already, each time.
const SHALLOW: usize = 128;
/// Enough for any stack.
const CHUNKS: usize = 24;
/// A scope that ended while scopes opened after it were still open.
const GONE: u32 = u32::MAX;

#[derive(Default)]
struct Frame {
    op: AtomicU32,
    /// One bit for each operation open here or below, by id modulo 64: no bit, not open.
    open: AtomicU64,
}

/// Written by the owning thread; any thread may bury a frame.
pub(crate) struct Frames {
    depth: AtomicUsize,
    /// `shallow[0]` is the bottom: no operation, nothing open.
    shallow: [Frame; SHALLOW],
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
            shallow: std::array::from_fn(|_| Frame::default()),
            deep: [const { OnceLock::new() }; CHUNKS],
        }
    }

    pub(crate) fn clear(&self) {
        self.depth.store(0, Relaxed);
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
        let parent = below.op.load(Relaxed);
        if parent == GONE {
            return self.enter_above_gone(op, depth);
        }
        let open = below.open.load(Relaxed);
        let bit = 1 << (op % 64);
        let nested = open & bit != 0 && self.is_open(op, depth);
        frame.op.store(op, Relaxed);
        frame.open.store(open | bit, Relaxed);
        self.depth.store(depth + 1, Relaxed);
        Entered { depth: depth as u32, parent, nested }
    }

    /// Leaves a scope that cannot have outlived its callers, whatever it left open. Owner only.
    #[inline]
    pub(crate) fn leave(&self, entered_at: u32) {
        self.depth.store(entered_at as usize, Relaxed);
    }

    /// Leaves a scope that may have been held too long. Owner only. Returns whether it was the
    /// innermost one, as it should be.
    #[inline]
    pub(crate) fn leave_checked(&self, entered_at: u32, op: u32) -> bool {
        let depth = self.depth.load(Relaxed);
        let innermost = depth == entered_at as usize + 1
            && self.frame(depth).is_none_or(|frame| frame.op.load(Relaxed) == op);
        if innermost {
            self.depth.store(depth - 1, Relaxed);
        } else {
            self.bury(entered_at, op);
        }
        innermost
    }

    /// Marks a scope as ended while others opened above it go on. Any thread.
    #[cold]
    pub(crate) fn bury(&self, entered_at: u32, op: u32) {
        if let Some(frame) = self.frame(entered_at as usize + 1) {
            // Refused if another scope has taken the frame since; that one stays.
            let _ = frame.op.compare_exchange(op, GONE, Relaxed, Relaxed);
        }
    }

    #[cold]
    fn enter_above_gone(&self, op: u32, mut depth: usize) -> Entered {
        while self.frame(depth).is_some_and(|frame| frame.op.load(Relaxed) == GONE) {
            depth -= 1;
        }
        self.depth.store(depth, Relaxed);
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
        frames.into_iter().any(|frame| frame.op.load(Relaxed) == op)
    }
}

/// Chunk `k` holds the `SHALLOW << k` frames from depth `SHALLOW << k` on.
fn deep(depth: usize) -> (usize, usize) {
    let chunk = (depth / SHALLOW).max(1).ilog2() as usize;
    (chunk, depth - (SHALLOW << chunk))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn callers_and_recursion() {
        let frames = Frames::new();
        let main = frames.enter(1);
        assert_eq!(main, Entered { depth: 0, parent: 0, nested: false });
        let child = frames.enter(2);
        assert_eq!((child.parent, child.nested), (1, false));
        let mutual = frames.enter(1);
        assert_eq!((mutual.parent, mutual.nested), (2, true));
        frames.leave(mutual.depth);
        frames.leave(child.depth);
        assert!(!frames.enter(65).nested, "65 shares a bit with 1, and is not open");
    }

    #[test]
    fn a_scope_that_ends_out_of_order_is_no_longer_a_caller() {
        let frames = Frames::new();
        let first = frames.enter(1);
        let second = frames.enter(2);
        assert!(!frames.leave_checked(first.depth, 1));
        assert_eq!(frames.enter(3).parent, 2);
        frames.leave(2);
        assert!(frames.leave_checked(second.depth, 2));
        assert_eq!(frames.enter(4), Entered { depth: 0, parent: 0, nested: false });
    }

    #[test]
    fn deep_recursion_keeps_counting_and_comes_back() {
        let frames = Frames::new();
        let entered: Vec<_> = (0..1000).map(|_| frames.enter(7)).collect();
        assert!(entered[1..].iter().all(|e| e.nested && e.parent == 7));
        assert!(entered.iter().rev().all(|e| frames.leave_checked(e.depth, 7)));
        assert_eq!(frames.enter(8).parent, 0);
    }
}
