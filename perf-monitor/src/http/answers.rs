//! What was answered since the last tick: nothing in it changes until the next one, however many ask.

use axum::body::Bytes;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::OnceCell;

/// How many are kept, and how long all of them are at most.
const MOST: usize = 128;
const BYTES: usize = 16 << 20;

/// Where an answer comes, for all that wait for it.
pub(super) type Place = Arc<OnceCell<Bytes>>;

#[derive(Default)]
pub(super) struct Answers {
    tick: u64,
    all: HashMap<String, Place>,
}

impl Answers {
    /// The place of an answer at this tick. Where there are too many, or a newer tick has come meanwhile, it
    /// is that of the one who asks.
    pub(super) fn place(&mut self, tick: u64, key: &str) -> Place {
        if self.tick < tick {
            *self = Self { tick, ..Self::default() };
        }
        if let Some(place) = self.all.get(key).filter(|_| self.tick == tick) {
            return Arc::clone(place);
        }
        let place = Place::default();
        if self.tick == tick && self.all.len() < MOST {
            self.all.insert(key.to_owned(), Arc::clone(&place));
        }
        place
    }

    /// Forgets an answer that there is none of, or no room for.
    pub(super) fn settle(&mut self, tick: u64, key: &str) {
        let is_none = |place: &Place| place.get().is_none();
        let is_over = || self.bytes() > BYTES;
        if self.tick == tick && self.all.get(key).is_some_and(|of| is_none(of) || is_over()) {
            self.all.remove(key);
        }
    }

    fn bytes(&self) -> usize {
        let answers =
            self.all.iter().map(|(key, place)| key.len() + place.get().map_or(0, Bytes::len));
        answers.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(answers: &mut Answers, tick: u64, key: &str, bytes: usize) -> Place {
        let place = answers.place(tick, key);
        let _ = place.set(vec![0; bytes].into());
        answers.settle(tick, key);
        place
    }

    #[test]
    fn an_answer_is_shared_until_the_next_tick() {
        let mut answers = Answers::default();
        let place = answer(&mut answers, 1, "a", 1);
        assert!(Arc::ptr_eq(&place, &answers.place(1, "a")));
        assert!(!Arc::ptr_eq(&place, &answers.place(1, "b")));
        assert!(!Arc::ptr_eq(&place, &answers.place(2, "a")));
        // Somebody was slow.
        let late = answer(&mut answers, 1, "a", 1);
        assert!(!Arc::ptr_eq(&late, &answers.place(2, "a")) && answers.tick == 2);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut answers = Answers::default();
        answers.place(0, "failed");
        answers.settle(0, "failed");
        assert!(answers.all.is_empty());
        (0..10).for_each(|n| _ = answer(&mut answers, 0, &n.to_string(), BYTES / 4));
        assert_eq!(answers.all.len(), 3);
        (0..2 * MOST).for_each(|n| _ = answer(&mut answers, 1, &n.to_string(), 1));
        assert_eq!(answers.all.len(), MOST);
    }
}
