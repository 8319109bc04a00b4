use super::*;
use proptest::prelude::*;

/// A stream as Redis keeps it.
#[derive(Clone, Debug, Default)]
struct Stream {
    entries: Vec<EntryId>,
    last: EntryId,
    added: u64,
    is_there: bool,
}

impl Stream {
    fn add(&mut self, ms: u64) {
        let next = EntryId { ms: self.last.ms, seq: self.last.seq + 1 };
        self.last = next.max(EntryId::at(ms));
        self.entries.push(self.last);
        self.added += 1;
        self.is_there = true;
    }

    fn trim(&mut self, to: usize) {
        self.entries.drain(..self.entries.len().saturating_sub(to));
    }

    fn info(&self, counts: bool) -> Option<Info> {
        self.is_there.then(|| Info {
            length: self.entries.len() as u64,
            first: self.entries.first().copied(),
            last: self.last,
            added: counts.then_some(self.added),
        })
    }

    fn after(&self, id: EntryId, count: usize) -> Vec<EntryId> {
        self.entries.iter().copied().filter(|at| *at > id).take(count).collect()
    }
}

/// Reads on as a watch does: how many entries, how many are told to be missing, and how many unknown gaps.
fn read(place: &mut Place, stream: &Stream, count: usize) -> (u64, u64, u64) {
    let entries = stream.after(place.last, count);
    let gap = place.look(stream.info(true).as_ref());
    let read = entries.into_iter().filter(|id| place.advance(*id)).count() as u64;
    (read, gap.entries(), u64::from(gap == Gap::Unknown))
}

#[test]
fn nothing_is_missing_of_a_stream_that_is_kept() {
    let mut stream = Stream::default();
    (1..20).for_each(|ms| stream.add(ms));
    stream.trim(5);
    // From then on.
    let mut place = Place::new(EntryId::at(30));
    assert_eq!(read(&mut place, &stream, 9), (0, 0, 0));
    (31..40).for_each(|ms| stream.add(ms));
    assert_eq!(read(&mut place, &stream, 5), (5, 0, 0));
    assert_eq!(read(&mut place, &stream, 5), (4, 0, 0));
    stream.trim(0);
    assert_eq!(read(&mut place, &stream, 5), (0, 0, 0));
}

#[test]
fn a_queue_that_is_not_there_yet_is_read_from_its_beginning() {
    let (mut place, mut stream) = (Place::new(EntryId::at(30)), Stream::default());
    assert_eq!(read(&mut place, &stream, 9), (0, 0, 0));
    (50..60).for_each(|ms| stream.add(ms));
    stream.trim(4);
    assert_eq!(read(&mut place, &stream, 9), (4, 6, 0));
}

#[test]
fn a_stream_that_is_gone_or_another_is_a_gap() {
    let mut stream = Stream::default();
    let mut place = Place::new(EntryId::at(1));
    (2..9).for_each(|ms| stream.add(ms));
    assert_eq!(read(&mut place, &stream, 9), (7, 0, 0));
    // Redis has lost it.
    assert_eq!(read(&mut place, &Stream::default(), 9), (0, 0, 1));
    assert_eq!(read(&mut place, &Stream::default(), 9), (0, 0, 0));
    let mut new = Stream::default();
    // By a clock that is behind.
    (1..4).for_each(|ms| new.add(ms));
    assert_eq!(read(&mut place, &new, 9), (3, 0, 0));
    // And again, with new entries at once.
    let mut new = Stream::default();
    (10..12).for_each(|ms| new.add(ms));
    assert_eq!(read(&mut place, &new, 9), (2, 0, 1));
    (12..14).for_each(|ms| new.add(ms));
    assert_eq!(read(&mut place, &new, 9), (2, 0, 0));
    // And again, with as many new entries as were read.
    let mut new = Stream::default();
    (20..26).for_each(|ms| new.add(ms));
    assert_eq!(read(&mut place, &new, 9), (6, 0, 1));
    new.add(26);
    assert_eq!(read(&mut place, &new, 9), (1, 0, 0));
    // It is back without its last entries.
    let mut old = new.clone();
    old.entries.pop();
    (old.last, old.added) = (EntryId::at(25), old.added - 1);
    assert_eq!(read(&mut place, &old, 9), (0, 0, 1));
    old.add(40);
    assert_eq!(read(&mut place, &old, 9), (1, 0, 0));
}

#[test]
fn before_redis_7_a_gap_is_known_and_not_how_large() {
    let (mut stream, mut place) = (Stream::default(), Place::new(EntryId::at(1)));
    (2..9).for_each(|ms| stream.add(ms));
    assert_eq!(place.look(stream.info(false).as_ref()), Gap::None);
    assert!(stream.after(place.last, 9).into_iter().all(|id| place.advance(id)));
    (9..20).for_each(|ms| stream.add(ms));
    stream.trim(3);
    assert_eq!(place.look(stream.info(false).as_ref()), Gap::Unknown);
}

fn any_id() -> impl Strategy<Value = EntryId> {
    prop_oneof![(0_u64..4, 0_u64..4), any::<(u64, u64)>()].prop_map(|(ms, seq)| EntryId { ms, seq })
}

fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..5, Just(u64::MAX), any::<u64>()]
}

fn any_info() -> impl Strategy<Value = Info> {
    let parts =
        (any_number(), prop::option::of(any_id()), any_id(), prop::option::of(any_number()));
    parts.prop_map(|(length, first, last, added)| Info { length, first, last, added })
}

proptest! {
    #[test]
    fn whatever_redis_says_is_taken(
        steps in prop::collection::vec((prop::option::of(any_info()), any_id()), 0..20), begin in any_id(),
    ) {
        let mut place = Place::new(begin);
        for (info, id) in steps {
            let _ = (place.look(info.as_ref()), place.advance(id));
        }
    }

    /// Whatever was added since the watch began was read or is told to be missing, exactly.
    #[test]
    fn all_entries_are_read_or_missing(
        steps in prop::collection::vec((0_u64..4, 0_usize..12, 0_usize..30, any::<bool>()), 1..60),
        old in 0_u64..20,
    ) {
        let (mut stream, mut now) = (Stream::default(), 1);
        (0..old).for_each(|ms| stream.add(ms));
        let mut place = Place::new(EntryId::at(1_000));
        read(&mut place, &stream, 9);
        let (mut added, mut read_all, mut missing) = (0, 0, 0);
        for (pause, more, keep, is_read) in steps {
            now += pause;
            (0..more).for_each(|_| stream.add(1_000 + now));
            added += more as u64;
            stream.trim(keep);
            if is_read {
                let (read, gone, unknown) = read(&mut place, &stream, 5);
                prop_assert_eq!(unknown, 0);
                (read_all, missing) = (read_all + read, missing + gone);
            }
        }
        for _ in 0..200 {
            let (read, gone, _) = read(&mut place, &stream, 5);
            (read_all, missing) = (read_all + read, missing + gone);
        }
        prop_assert_eq!(read_all + missing, added);
    }
}
