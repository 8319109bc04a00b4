//! What a snapshot knows of an operation beside the times of its calls.

use std::sync::Arc;

/// The polls of an async operation that asked for `poll`, and the times a span was entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollTimes {
    /// How many polls the calls that ended took.
    pub polls: u64,
    /// The time inside polls, in nanoseconds: the rest of the operation's time it was idle.
    pub busy_ns: u64,
    /// The longest poll, in nanoseconds.
    pub longest_ns: u64,
}

/// What the calls of an operation allocated on their threads, where the program's allocator counts.
///
/// Of recursive calls, `count` and `bytes` are those of the outermost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// How many allocations, those of the calls made from it included.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many in the operation itself.
    pub self_count: u64,
    /// Their bytes.
    pub self_bytes: u64,
}

/// The running calls of an operation that asked for `in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InFlightCalls {
    /// How many there are.
    pub count: u64,
    /// How long the oldest has been running, in nanoseconds; 0 if there is none.
    pub oldest_ns: u64,
}

/// The calls of an operation from one other operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The caller; `None` for calls from outside any timed operation.
    pub name: Option<Arc<str>>,
    /// How many calls.
    pub calls: u64,
    /// Their time in all, in nanoseconds.
    pub time_ns: u64,
}

impl PollTimes {
    /// All that is added up.
    pub(crate) fn combine(&mut self, other: Self, combine: fn(u64, u64) -> u64) {
        self.polls = combine(self.polls, other.polls);
        self.busy_ns = combine(self.busy_ns, other.busy_ns);
    }
}

impl Allocations {
    pub(crate) fn combine(&mut self, other: Self, combine: fn(u64, u64) -> u64) {
        self.count = combine(self.count, other.count);
        self.bytes = combine(self.bytes, other.bytes);
        self.self_count = combine(self.self_count, other.self_count);
        self.self_bytes = combine(self.self_bytes, other.self_bytes);
    }
}

impl Caller {
    /// Sorted, with the series of one name put together.
    pub(crate) fn by_name(mut callers: Vec<Self>) -> Vec<Self> {
        callers.sort_by(|a, b| a.name.cmp(&b.name));
        callers.dedup_by(|later, first| {
            let same = later.name == first.name;
            if same {
                first.calls = first.calls.saturating_add(later.calls);
                first.time_ns = first.time_ns.saturating_add(later.time_ns);
            }
            same
        });
        callers
    }
}
