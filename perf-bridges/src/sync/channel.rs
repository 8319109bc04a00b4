//! The standard library's channels.

use super::Site;
use std::{
    sync::mpsc::{Receiver, RecvError, RecvTimeoutError, SendError, SyncSender},
    time::Duration,
};

/// Sending to a bounded channel, timed.
pub trait SyncSenderExt<T> {
    /// [`SyncSender::send`], timed.
    ///
    /// # Errors
    /// As `send`: the receiver is gone.
    ///
    /// ```
    /// use perf_bridges::sync::{SyncSenderExt as _, site};
    ///
    /// let (jobs, worker) = std::sync::mpsc::sync_channel(1);
    /// assert!(jobs.send_timed("job", site!("jobs")).is_ok());
    /// drop(worker);
    /// assert!(jobs.send_timed("job", site!("jobs")).is_err());
    ///
    /// let snapshot = perf_core::snapshot();
    /// let sent = snapshot.get_labelled("jobs", &[("phase", "send")]).unwrap();
    /// assert_eq!((sent.count(), sent.errors()), (2, 1));
    /// ```
    fn send_timed(&self, value: T, site: &'static Site) -> Result<(), SendError<T>>;
}

/// Receiving from a channel, timed.
pub trait ReceiverExt<T> {
    /// [`Receiver::recv`], timed.
    ///
    /// # Errors
    /// As `recv`: the channel is empty and all senders are gone.
    ///
    /// ```
    /// use perf_bridges::sync::{ReceiverExt as _, site};
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// std::thread::spawn(move || sender.send(7));
    /// assert_eq!(receiver.recv_timed(site!("sevens")), Ok(7));
    /// ```
    fn recv_timed(&self, site: &'static Site) -> Result<T, RecvError>;

    /// [`Receiver::recv_timeout`], timed.
    ///
    /// # Errors
    /// As `recv_timeout`: nothing came in time, or all senders are gone.
    ///
    /// ```
    /// use perf_bridges::sync::{ReceiverExt as _, site};
    /// use std::time::Duration;
    ///
    /// let (_sender, receiver) = std::sync::mpsc::channel::<u32>();
    /// assert!(receiver.recv_timeout_timed(Duration::ZERO, site!("late")).is_err());
    ///
    /// let snapshot = perf_core::snapshot();
    /// assert_eq!(snapshot.get_labelled("late", &[("phase", "recv")]).unwrap().errors(), 1);
    /// ```
    fn recv_timeout_timed(
        &self,
        timeout: Duration,
        site: &'static Site,
    ) -> Result<T, RecvTimeoutError>;
}

impl<T> SyncSenderExt<T> for SyncSender<T> {
    fn send_timed(&self, value: T, site: &'static Site) -> Result<(), SendError<T>> {
        site.send.block(|| self.send(value), Result::is_err)
    }
}

impl<T> ReceiverExt<T> for Receiver<T> {
    fn recv_timed(&self, site: &'static Site) -> Result<T, RecvError> {
        site.recv.block(|| self.recv(), Result::is_err)
    }

    fn recv_timeout_timed(
        &self,
        timeout: Duration,
        site: &'static Site,
    ) -> Result<T, RecvTimeoutError> {
        site.recv.block(|| self.recv_timeout(timeout), Result::is_err)
    }
}
