//! The single-producer single-consumer queue between a thread and whoever aggregates its events.
//!
//! The producer pushes without a lock. The consuming side sits behind a mutex, so that the owner
//! (when half a ring has filled), a snapshot, and thread exit can take turns at it. `N` must be a
//! power of two of at least 2; a drain is due every `N / 2` events, which leaves the owner another
//! `N / 2` slots to go on with while somebody else drains.

use crate::{
    primitive::{AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering, boxed_array, heal, heal_try},
    word::Word,
};

/// What one finished call leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Operation, parent, outcome and flags, packed by [`Word`].
    pub(crate) word: u64,
    /// Clock ticks from its start to its end; above `u64::MAX / 2` if the clock ran backward.
    pub(crate) ticks: u64,
    /// Ticks of the calls made from it.
    pub(crate) children: u64,
}

impl Event {
    /// The polls of a call: how many, their ticks in all, and those of the longest.
    pub(crate) fn polls(op: u32, polls: u64, busy: u64, longest: u64) -> Self {
        Self { word: Word::polls(op, polls).0, ticks: busy, children: longest }
    }

    /// What a call allocated, of which `own` not in the calls made from it: bytes or allocations, as
    /// the mark says.
    #[cfg(feature = "alloc")]
    pub(crate) fn allocated(call: Word, mark: u64, all: u64, own: u64) -> Self {
        Self {
            word: Word::new(call.op(), 0, call.has(Word::NESTED), false).0 | mark,
            ticks: all,
            children: own,
        }
    }
}

/// An event's place in the ring.
pub(crate) struct Slot {
    word: AtomicU64,
    ticks: AtomicU64,
    children: AtomicU64,
}

impl Slot {
    fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self { word: zero(), ticks: zero(), children: zero() }
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn of(event: Event) -> Self {
        let slot = Self::new();
        slot.set(event);
        slot
    }

    #[inline]
    fn set(&self, event: Event) {
        self.word.store(event.word, Ordering::Relaxed);
        self.ticks.store(event.ticks, Ordering::Relaxed);
        self.children.store(event.children, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn word(&self) -> Word {
        Word(self.word.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn event(&self) -> Event {
        let children = self.children.load(Ordering::Relaxed);
        Event { word: self.word().0, ticks: self.ticks(), children }
    }
}

pub(crate) struct Ring<C, const N: usize> {
    /// Events pushed so far; written by the owner alone.
    tail: AtomicUsize,
    /// Events consumed so far; written under the consumer lock alone.
    head: AtomicUsize,
    consumer: Mutex<C>,
    slots: Box<[Slot; N]>,
}

impl<C, const N: usize> Ring<C, N> {
    const HALF: usize = N / 2;

    pub(crate) fn new(consumer: C) -> Self {
        const {
            assert!(N >= 2 && N.is_power_of_two(), "a ring holds a power of two of events");
        };
        Self {
            tail: AtomicUsize::new(0),
            head: AtomicUsize::new(0),
            consumer: Mutex::new(consumer),
            slots: boxed_array(|_| Slot::new()),
        }
    }

    /// Adds an event. Owner only. `make_room` runs once every `N / 2` events and must return
    /// whether the next half of the ring is free; if not, the event is refused.
    #[inline]
    pub(crate) fn push(&self, event: Event, make_room: impl FnOnce() -> bool) -> bool {
        let mut tail = self.tail.load(Ordering::Relaxed);
        if tail.is_multiple_of(Self::HALF) {
            if !make_room() {
                return false;
            }
            // Making room may itself have pushed: it allocates, and an allocator can be timed.
            tail = self.tail.load(Ordering::Relaxed);
        }
        self.slots[tail % N].set(event);
        self.tail.store(tail.wrapping_add(1), Ordering::Release);
        true
    }

    /// Whether half the ring is free. Owner only.
    pub(crate) fn has_room(&self) -> bool {
        let used =
            self.tail.load(Ordering::Relaxed).wrapping_sub(self.head.load(Ordering::Acquire));
        used <= N - Self::HALF
    }

    /// The consuming side, waiting for it.
    pub(crate) fn consumer(&self) -> Consuming<'_, C, N> {
        Consuming { ring: self, state: heal(self.consumer.lock()) }
    }

    /// The consuming side, if nobody else is at it.
    pub(crate) fn try_consumer(&self) -> Option<Consuming<'_, C, N>> {
        let state = heal_try(self.consumer.try_lock())?;
        Some(Consuming { ring: self, state })
    }
}

/// The consuming side of a ring, held.
pub(crate) struct Consuming<'a, C, const N: usize> {
    ring: &'a Ring<C, N>,
    /// The consumer's own state.
    pub(crate) state: MutexGuard<'a, C>,
}

impl<C, const N: usize> Consuming<'_, C, N> {
    /// Hands the events pushed so far to `take`, oldest first, in two parts: the second is empty
    /// unless they go round the ring's end. Then frees their slots: what `take` leaves is dropped.
    pub(crate) fn drain(&mut self, take: impl FnOnce(&mut C, [&[Slot]; 2])) {
        let ring = self.ring;
        let tail = ring.tail.load(Ordering::Acquire);
        let head = ring.head.load(Ordering::Relaxed);
        let (from, count) = (head % N, tail.wrapping_sub(head));
        let first = &ring.slots[from..N.min(from + count)];
        take(&mut self.state, [first, &ring.slots[..count - first.len()]]);
        ring.head.store(tail, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn event(n: u64) -> Event {
        Event { word: n, ticks: n * 10, children: n * 3 }
    }

    fn keep(kept: &mut Vec<Event>, parts: [&[Slot]; 2]) {
        kept.extend(parts.into_iter().flatten().map(Slot::event));
    }

    fn make_room(ring: &Ring<Vec<Event>, 4>) -> bool {
        ring.consumer().drain(keep);
        true
    }

    #[test]
    fn events_come_out_once_and_in_order() {
        let ring = Ring::<Vec<Event>, 4>::new(Vec::new());
        for n in 0..1001 {
            assert!(ring.push(event(n), || make_room(&ring)));
        }
        let mut consumer = ring.consumer();
        consumer.drain(keep);
        assert_eq!(*consumer.state, (0..1001).map(event).collect::<Vec<_>>());
    }

    #[test]
    fn making_room_may_push_itself() {
        let ring = Ring::<Vec<Event>, 4>::new(Vec::new());
        let nested = std::cell::Cell::new(100);
        let make_room = || {
            ring.consumer().drain(keep);
            nested.set(nested.get() + 1);
            ring.push(event(nested.get()), || true)
        };
        (0..10).for_each(|n| assert!(ring.push(event(n), make_room)));
        let mut consumer = ring.consumer();
        consumer.drain(keep);
        let mut seen: Vec<u64> = consumer.state.iter().map(|event| event.word).collect();
        assert_eq!(seen.len(), 10 + nested.get() as usize - 100);
        seen.retain(|word| *word < 100);
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_ring_refuses_rather_than_overwrites() {
        let ring = Ring::<Vec<Event>, 4>::new(Vec::new());
        let accepted: Vec<bool> = (0..6).map(|n| ring.push(event(n), || ring.has_room())).collect();
        assert_eq!(accepted, [true, true, true, true, false, false]);
        let mut consumer = ring.consumer();
        consumer.drain(keep);
        assert_eq!(consumer.state.len(), 4);
    }
}

/// Every interleaving: `RUSTFLAGS="--cfg loom" cargo test -p perf-core --lib --release loom`.
#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::{sync::Arc, thread};

    type Small = Ring<Vec<Event>, 2>;

    fn event(n: u64) -> Event {
        Event { word: n, ticks: n, children: 0 }
    }

    fn keep(kept: &mut Vec<Event>, parts: [&[Slot]; 2]) {
        kept.extend(parts.into_iter().flatten().map(Slot::event));
    }

    /// What the owner does at a boundary: drain, unless somebody else is at it and room is left.
    fn make_room(ring: &Small) -> bool {
        if let Some(mut consumer) = ring.try_consumer() {
            consumer.drain(keep);
        } else if !ring.has_room() {
            ring.consumer().drain(keep);
        }
        true
    }

    fn push(ring: &Small, n: u64) {
        assert!(ring.push(event(n), || make_room(ring)));
    }

    fn expect_all(ring: &Small, events: u64) {
        let mut consumer = ring.consumer();
        consumer.drain(keep);
        assert_eq!(*consumer.state, (0..events).map(event).collect::<Vec<_>>());
    }

    #[test]
    fn a_reader_drains_while_the_owner_pushes_and_wraps() {
        loom::model(|| {
            let ring = Arc::new(Small::new(Vec::new()));
            let reader = {
                let ring = Arc::clone(&ring);
                thread::spawn(move || ring.consumer().drain(keep))
            };
            (0..4).for_each(|n| push(&ring, n));
            reader.join().unwrap();
            expect_all(&ring, 4);
        });
    }

    #[test]
    fn two_readers_and_the_owner_never_take_an_event_twice() {
        loom::model(|| {
            let ring = Arc::new(Small::new(Vec::new()));
            let readers = [0, 1].map(|_| {
                let ring = Arc::clone(&ring);
                thread::spawn(move || ring.consumer().drain(keep))
            });
            (0..2).for_each(|n| push(&ring, n));
            readers.into_iter().for_each(|reader| reader.join().unwrap());
            expect_all(&ring, 2);
        });
    }

    #[test]
    fn a_ring_passes_from_an_exiting_thread_to_the_next() {
        loom::model(|| {
            let ring = Arc::new(Small::new(Vec::new()));
            let free = Arc::new(Mutex::new(false));
            let first = {
                let (ring, free) = (Arc::clone(&ring), Arc::clone(&free));
                thread::spawn(move || {
                    push(&ring, 0);
                    push(&ring, 1);
                    // Thread exit: drain, then hand the ring over.
                    ring.consumer().drain(keep);
                    *free.lock().unwrap() = true;
                })
            };
            let reader = {
                let ring = Arc::clone(&ring);
                thread::spawn(move || ring.consumer().drain(keep))
            };
            let reused = *free.lock().unwrap();
            if reused {
                push(&ring, 2);
            }
            first.join().unwrap();
            reader.join().unwrap();
            expect_all(&ring, if reused { 3 } else { 2 });
        });
    }
}
