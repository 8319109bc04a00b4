//! The search for queues nobody has named.

use super::client::Reader;
use redis::RedisError;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Steps of a search at a time.
const STEPS: usize = 5;

/// Between two searches, at least; and so many times as long as one takes.
const PAUSE: Duration = Duration::from_secs(5);
const SHARE: u32 = 20;

/// Goes through all keys step by step, again and again.
pub(super) struct Search {
    cursor: u64,
    began: Instant,
    next: Instant,
    /// Queues beyond the most that are watched.
    pub(super) unwatched: BTreeSet<String>,
    /// Why the last search came to nothing.
    pub(super) error: Option<String>,
}

impl Search {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { cursor: 0, began: now, next: now, unwatched: BTreeSet::new(), error: None }
    }

    /// Goes on for a while; the queues met, some perhaps twice.
    pub(super) fn step(
        &mut self,
        reader: &mut Reader,
        prefix: &str,
    ) -> Result<Vec<String>, RedisError> {
        let mut met = Vec::new();
        if Instant::now() < self.next {
            return Ok(met);
        }
        if self.cursor == 0 {
            self.began = Instant::now();
            self.unwatched.clear();
        }
        for _ in 0..STEPS {
            let (cursor, queues) = reader.scan(prefix, self.cursor)?;
            met.extend(queues);
            self.cursor = cursor;
            if cursor == 0 {
                self.error = None;
                self.next = Instant::now() + PAUSE.max(self.began.elapsed() * SHARE);
                break;
            }
        }
        Ok(met)
    }

    /// It is refused, and tried again later.
    #[allow(clippy::unnecessary_wraps, reason = "who calls it goes on with that")]
    pub(super) fn fail(&mut self, error: String) -> Result<(), RedisError> {
        if self.error.is_none() {
            tracing::warn!(target: "perfkit", "queues cannot be searched for: {error}");
        }
        (self.cursor, self.error) = (0, Some(error));
        self.next = Instant::now() + PAUSE;
        Ok(())
    }
}
