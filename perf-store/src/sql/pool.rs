//! Connections: as many as are worked with at a time, up to a few that read, or one that writes.

use crate::error::Result;
use perf_core::__bridge::heal;
use std::{
    fmt,
    sync::{Condvar, Mutex, MutexGuard},
};

/// The most connections that read at a time; more readers wait for one another.
pub(crate) const MOST_READERS: usize = 4;

pub(crate) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
    /// The most connections at a time.
    most: usize,
}

struct State<C> {
    idle: Vec<C>,
    /// How many are used, or idle.
    open: usize,
}

/// What becomes of a connection once it was used.
pub(crate) enum After<C> {
    Keep(C),
    Close,
}

impl<C> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("open", &self.state().open).finish_non_exhaustive()
    }
}

/// A place in the pool, given back when it is dropped, however the work ended.
struct Lent<'a, C> {
    pool: &'a Pool<C>,
    after: Option<C>,
}

impl<C> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        match self.after.take() {
            Some(connection) => state.idle.push(connection),
            None => state.open -= 1,
        }
        drop(state);
        self.pool.freed.notify_one();
    }
}

impl<C> Pool<C> {
    pub(crate) fn new(most: usize) -> Self {
        let state = State { idle: Vec::new(), open: 0 };
        Self { state: Mutex::new(state), freed: Condvar::new(), most }
    }

    /// Whoever writes waits for who does.
    pub(crate) fn writer() -> Self {
        Self::new(1)
    }

    pub(crate) fn readers() -> Self {
        Self::new(MOST_READERS)
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        heal(self.state.lock())
    }

    /// Leaves none, to be closed by whoever takes them.
    #[cfg(feature = "postgres")]
    pub(crate) fn take_idle(&mut self) -> Vec<C> {
        let mut state = self.state();
        state.open -= state.idle.len();
        std::mem::take(&mut state.idle)
    }

    /// Works with a connection that is idle, or with a new one.
    pub(crate) fn with<T>(
        &self,
        connect: impl FnOnce() -> Result<C>,
        work: impl FnOnce(C) -> (After<C>, Result<T>),
    ) -> Result<T> {
        let (idle, mut lent) = self.lend();
        let connection = idle.map_or_else(connect, Ok)?;
        let (after, done) = work(connection);
        if let After::Keep(connection) = after {
            lent.after = Some(connection);
        }
        done
    }

    fn lend(&self) -> (Option<C>, Lent<'_, C>) {
        let mut state = self.state();
        while state.idle.is_empty() && state.open >= self.most {
            state = heal(self.freed.wait(state));
        }
        let idle = state.idle.pop();
        if idle.is_none() {
            state.open += 1;
        }
        (idle, Lent { pool: self, after: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StoreError;
    use std::{
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        thread,
        time::Duration,
    };

    #[test]
    fn no_more_than_a_few_are_open_and_all_are_served() {
        let (pool, made, used, most) =
            (Pool::readers(), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let connect = || Ok(made.fetch_add(1, Relaxed));
        let work = |n| {
            most.fetch_max(used.fetch_add(1, Relaxed) + 1, Relaxed);
            thread::sleep(Duration::from_millis(1));
            used.fetch_sub(1, Relaxed);
            (After::Keep(n), Ok(()))
        };
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..10).for_each(|_| pool.with(connect, work).unwrap()));
            }
        });
        assert!(most.into_inner() <= MOST_READERS);
        assert!(made.into_inner() <= MOST_READERS);
    }

    #[test]
    fn a_place_is_given_back_whatever_happens() {
        let pool = Pool::<()>::readers();
        for _ in 0..3 * MOST_READERS {
            let away = || Err(StoreError::Unavailable("away".into()));
            assert!(pool.with(away, |()| (After::Close, Ok(()))).is_err());
            assert!(pool.with(|| Ok(()), |()| (After::Close, Ok(()))).is_ok());
            let panics = || pool.with(|| Ok(()), |()| -> (After<()>, Result<()>) { panic!("!") });
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        }
        pool.with(|| Ok(()), |()| (After::Keep(()), Ok(()))).unwrap();
        assert_eq!(pool.state().open, 1);
    }
}
