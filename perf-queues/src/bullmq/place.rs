//! How far a stream has been read, and what was lost of it before it could be.
//!
//! A stream counts all entries it ever had (from Redis 7 on), so what was trimmed unread is known exactly. A
//! stream that is gone, or that cannot have had the entries that were read, is another one: Redis has lost
//! it, or somebody has removed the queue. What that one told unread nobody knows.

use super::id::EntryId;
use serde::{Deserialize, Serialize};

/// What Redis says of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) length: u64,
    /// Its first entry's id.
    pub(super) first: Option<EntryId>,
    /// The id of the last entry it ever had.
    pub(super) last: EntryId,
    /// How many entries it ever had. Unknown before Redis 7.
    pub(super) added: Option<u64>,
}

impl Info {
    /// How many entries it has no more.
    fn gone(&self) -> Option<u64> {
        self.added.map(|added| added.saturating_sub(self.length))
    }
}

/// What was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    /// So many entries.
    Trimmed(u64),
    /// Some, for all anybody knows.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The last entry that was read.
    pub(super) last: EntryId,
    /// How many entries there ever were, up to that one.
    pub(super) read: Option<u64>,
    /// Whether the stream has been there.
    pub(super) seen: bool,
}

impl Place {
    /// Whatever is added from then on.
    pub(super) fn new(begin: EntryId) -> Self {
        Self { last: begin, read: None, seen: false }
    }

    /// Looks at the stream just before it is read on.
    pub(super) fn look(&mut self, info: Option<&Info>) -> Gap {
        let Some(info) = info else {
            // Whatever comes is new.
            let was = std::mem::replace(&mut self.seen, false);
            let begin = if was { EntryId::ZERO } else { self.last };
            (self.last, self.read) = (begin, Some(0));
            return if was { Gap::Unknown } else { Gap::None };
        };
        let was_seen = std::mem::replace(&mut self.seen, true);
        if was_seen && self.is_another(info) {
            // By the clock, which made the ids, what is beyond the last one read is new.
            self.last = self.last.min(info.last);
            self.read = match info.first {
                Some(first) if first > self.last => info.gone(),
                _ => info.added.filter(|_| info.last == self.last),
            };
            return Gap::Unknown;
        }
        let gap = self.trimmed(info, was_seen);
        if info.last <= self.last {
            // All is read, so what is not counted was never there to be read.
            let unread =
                info.added.zip(self.read).map_or(0, |(added, read)| added - read.min(added));
            (self.last, self.read) = (info.last, info.added);
            return if unread > 0 {
                Gap::Trimmed(unread.saturating_add(gap.entries()))
            } else {
                gap
            };
        }
        gap
    }

    /// Whether it is not the stream of which so much was read: it ends before that, has had fewer entries, or
    /// has lost none of those that it does not have.
    fn is_another(&self, info: &Info) -> bool {
        let is_shorter = info.added.zip(self.read).is_some_and(|(added, read)| added < read);
        let begins_later = info.first.is_some_and(|first| first > self.last);
        let lacks = info.gone().zip(self.read).is_some_and(|(gone, read)| gone < read);
        info.last < self.last || is_shorter || (begins_later && lacks)
    }

    fn trimmed(&mut self, info: &Info, was_seen: bool) -> Gap {
        let is_beyond = info.first.is_none_or(|first| first > self.last) && info.last > self.last;
        let Some(gone) = info.gone() else {
            return if is_beyond && was_seen { Gap::Unknown } else { Gap::None };
        };
        match self.read {
            Some(read) if gone > read => {
                self.read = Some(gone);
                Gap::Trimmed(gone - read)
            }
            // Some of those that are gone may be older than the watch.
            None if gone > 0 && is_beyond => {
                self.read = Some(gone);
                Gap::Unknown
            }
            None if gone == 0 && is_beyond => {
                self.read = Some(0);
                Gap::None
            }
            _ => Gap::None,
        }
    }

    /// An entry has been read. False if it was before.
    pub(super) fn advance(&mut self, to: EntryId) -> bool {
        let is_new = to > self.last;
        if is_new {
            self.last = to;
            self.read = self.read.map(|read| read.saturating_add(1));
        }
        is_new
    }
}

impl Gap {
    fn entries(self) -> u64 {
        if let Self::Trimmed(entries) = self { entries } else { 0 }
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
