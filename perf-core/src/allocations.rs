//! How much the calls of an operation allocate, where a counting allocator tells.
//!
//! The thread's own totals only rise. A frame notes them when its scope begins and sees by how much
//! they have risen when it ends: so depth costs nothing, and an allocation two additions. Without the
//! feature `alloc` all of this is of no size and does nothing.

pub(crate) use imp::{InFrame, Taken};

#[cfg(feature = "alloc")]
pub use imp::count;

#[cfg(feature = "alloc")]
mod imp {
    use crate::{local, ring::Event, word::Word};
    use std::{
        cell::Cell,
        sync::atomic::{AtomicU64, Ordering::Relaxed},
    };

    /// Allocations, and their bytes.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct Amount {
        count: u64,
        bytes: u64,
    }

    thread_local! {
        /// All so far on this thread. Without a destructor, as the allocator needs it.
        static TOTAL: Cell<Amount> = const { Cell::new(Amount { count: 0, bytes: 0 }) };
    }

    /// Counts an allocation of this thread, unless it is perfkit's own.
    #[inline]
    pub fn count(bytes: usize) {
        if local::is_own_work() {
            return;
        }
        let Amount { count, bytes: before } = TOTAL.get();
        TOTAL.set(Amount { count: count + 1, bytes: before.wrapping_add(bytes as u64) });
    }

    /// An amount that the owner of a lane writes.
    #[derive(Debug, Default)]
    struct Noted {
        count: AtomicU64,
        bytes: AtomicU64,
    }

    impl Noted {
        #[inline]
        fn set(&self, amount: Amount) {
            self.count.store(amount.count, Relaxed);
            self.bytes.store(amount.bytes, Relaxed);
        }

        #[inline]
        fn get(&self) -> Amount {
            Amount { count: self.count.load(Relaxed), bytes: self.bytes.load(Relaxed) }
        }
    }

    impl Amount {
        #[inline]
        fn plus(self, other: Self) -> Self {
            Self {
                count: self.count.wrapping_add(other.count),
                bytes: self.bytes.wrapping_add(other.bytes),
            }
        }

        #[inline]
        fn minus(self, other: Self) -> Self {
            Self {
                count: self.count.wrapping_sub(other.count),
                bytes: self.bytes.wrapping_sub(other.bytes),
            }
        }
    }

    /// What a frame knows.
    #[derive(Debug, Default)]
    pub(crate) struct InFrame {
        /// The thread's total when its scope began.
        begun: Noted,
        /// What the scopes allocated that have ended directly inside.
        children: Noted,
    }

    impl InFrame {
        #[inline]
        pub(crate) fn begin(&self) {
            self.begun.set(TOTAL.get());
            self.children.set(Amount::default());
        }

        /// What was allocated since the scope began; it is its caller's children's now.
        #[inline]
        pub(crate) fn end(&self, below: &Self) -> Taken {
            let all = TOTAL.get().minus(self.begun.get());
            below.children.set(below.children.get().plus(all));
            Taken { all, own: all.minus(self.children.get()) }
        }

        /// The scope stands for nothing: its children are its caller's.
        pub(crate) fn end_for_children(&self, below: &Self) {
            let children = self.children.get();
            below.children.set(below.children.get().plus(children));
        }
    }

    /// What a call has allocated, with and without the calls made from it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Taken {
        all: Amount,
        own: Amount,
    }

    impl Taken {
        pub(crate) fn add(&mut self, more: Self) {
            self.all = self.all.plus(more.all);
            self.own = self.own.plus(more.own);
        }

        /// Hands it to `record`, in two events, if there is any.
        #[inline]
        pub(crate) fn record(self, call: Word, record: impl Fn(Event)) {
            if self.all.count > 0 {
                self.record_some(call, record);
            }
        }

        #[cold]
        fn record_some(self, call: Word, record: impl Fn(Event)) {
            let Self { all, own } = self;
            record(Event::allocated(call, Word::ALLOCATED_BYTES, all.bytes, own.bytes));
            record(Event::allocated(call, Word::ALLOCATIONS, all.count, own.count));
        }
    }
}

#[cfg(not(feature = "alloc"))]
#[allow(clippy::unused_self, reason = "they stand for those that do something")]
mod imp {
    use crate::{ring::Event, word::Word};

    #[derive(Debug, Default)]
    pub(crate) struct InFrame(());

    impl InFrame {
        #[inline]
        pub(crate) fn begin(&self) {}

        #[inline]
        pub(crate) fn end(&self, _: &Self) -> Taken {
            Taken(())
        }

        pub(crate) fn end_for_children(&self, _: &Self) {}
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Taken(());

    impl Taken {
        #[inline]
        pub(crate) fn add(&mut self, _: Self) {}

        #[inline]
        pub(crate) fn record(self, _: Word, _: impl Fn(Event)) {}
    }
}
