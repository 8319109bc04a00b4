//! The handle of a watch.

use super::status::Status;
use perf_core::__bridge::heal;
use std::{
    fmt,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How long the thread may take to end: more than Redis is waited for.
const PATIENCE: Duration = Duration::from_secs(6);

/// A watch under way. It ends when this is dropped.
///
/// ```no_run
/// # fn main() -> Result<(), perf_queues::WatchError> {
/// let watching = perf_queues::bullmq::Watch::new("redis://127.0.0.1:6379").queue("mail").start()?;
/// // …
/// let last = watching.stop();
/// println!("{:?}", last.queues);
/// # Ok(())
/// # }
/// ```
#[must_use = "the watch ends when this is dropped"]
pub struct Watching {
    status: Arc<Mutex<Status>>,
    /// Gone when the thread is to end.
    stop: Option<Sender<()>>,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    pub(super) fn new(
        status: Arc<Mutex<Status>>,
        stop: Sender<()>,
        ended: Receiver<()>,
        thread: JoinHandle<()>,
    ) -> Self {
        Self { status, stop: Some(stop), ended, thread: Some(thread) }
    }

    /// How the queues are doing, as of the last look at them.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watching = Watch::new("redis://127.0.0.1:1").queue("mail").start()?;
    /// assert!(!watching.status().queue("mail").unwrap().state.is_connected());
    /// # Ok::<(), perf_queues::WatchError>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> Status {
        heal(self.status.lock()).clone()
    }

    /// Ends it, once all that has been read is counted and the position is saved, and returns the last
    /// status. That takes half a second, or until Redis answers. After 6 s, be it that a listener hangs, the
    /// thread is left to itself: it still ends as soon as it can, and saves and counts until then.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watching = Watch::new("redis://127.0.0.1:1").queue("mail").start()?;
    /// assert_eq!(watching.stop().queues.len(), 1);
    /// # Ok::<(), perf_queues::WatchError>(())
    /// ```
    #[allow(clippy::must_use_candidate, reason = "it is called to end it")]
    pub fn stop(mut self) -> Status {
        self.end();
        self.status()
    }

    fn end(&mut self) {
        self.stop = None;
        let Some(thread) = self.thread.take() else { return };
        if self.ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(target: "perfkit", "the watch of queues does not end, and is left to itself");
            return;
        }
        // It catches others' panics, and has none of its own.
        let _ = thread.join();
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").field("status", &self.status()).finish_non_exhaustive()
    }
}
