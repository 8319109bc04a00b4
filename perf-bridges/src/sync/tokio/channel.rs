//! tokio's channels.

use crate::sync::Site;
use tokio::sync::{
    broadcast, mpsc,
    mpsc::{Permit, error::SendError},
    watch,
};

/// Sending to a bounded channel, timed.
pub trait SenderExt<T> {
    /// [`mpsc::Sender::send`], timed.
    ///
    /// # Errors
    /// As `send`: the receiver is gone or closed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::SenderExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let (jobs, worker) = tokio::sync::mpsc::channel(1);
    /// assert!(jobs.send_timed("job", site!("jobs")).await.is_ok());
    /// drop(worker);
    /// assert!(jobs.send_timed("job", site!("jobs")).await.is_err());
    /// # });
    /// let snapshot = perf_core::snapshot();
    /// let sent = snapshot.get_labelled("jobs", &[("phase", "send")]).unwrap();
    /// assert_eq!((sent.count(), sent.errors()), (2, 1));
    /// ```
    fn send_timed(
        &self,
        value: T,
        site: &'static Site,
    ) -> impl Future<Output = Result<(), SendError<T>>>;

    /// [`mpsc::Sender::reserve`], timed as sending.
    ///
    /// # Errors
    /// As `reserve`: the receiver is gone or closed.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::SenderExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let (jobs, mut worker) = tokio::sync::mpsc::channel(1);
    /// jobs.reserve_timed(site!("jobs")).await.unwrap().send("job");
    /// assert_eq!(worker.recv().await, Some("job"));
    /// # });
    /// ```
    fn reserve_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Result<Permit<'a, T>, SendError<()>>>
    where
        T: 'a;
}

/// Receiving from a channel, timed.
pub trait ReceiverExt {
    /// What `recv` returns.
    type Received;

    /// `recv` of [`mpsc::Receiver`], [`mpsc::UnboundedReceiver`] or [`broadcast::Receiver`], timed.
    /// `None`, as all senders are gone, counts as an error like any `Err`.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::ReceiverExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let (jobs, mut worker) = tokio::sync::mpsc::channel(1);
    /// jobs.send("job").await.unwrap();
    /// assert_eq!(worker.recv_timed(site!("jobs")).await, Some("job"));
    /// drop(jobs);
    /// assert_eq!(worker.recv_timed(site!("jobs")).await, None);
    /// # });
    /// let snapshot = perf_core::snapshot();
    /// let received = snapshot.get_labelled("jobs", &[("phase", "recv")]).unwrap();
    /// assert_eq!((received.count(), received.errors()), (2, 1));
    /// ```
    fn recv_timed(&mut self, site: &'static Site) -> impl Future<Output = Self::Received>;
}

/// Waiting for a value to change, timed.
pub trait WatchReceiverExt {
    /// [`watch::Receiver::changed`], timed as receiving.
    ///
    /// # Errors
    /// As `changed`: all senders are gone.
    ///
    /// ```
    /// use perf_bridges::sync::{site, tokio::WatchReceiverExt as _};
    ///
    /// # futures::executor::block_on(async {
    /// let (settings, mut watcher) = tokio::sync::watch::channel(1);
    /// settings.send(2).unwrap();
    /// assert!(watcher.changed_timed(site!("settings")).await.is_ok());
    /// # });
    /// ```
    fn changed_timed(
        &mut self,
        site: &'static Site,
    ) -> impl Future<Output = Result<(), watch::error::RecvError>>;
}

impl<T> SenderExt<T> for mpsc::Sender<T> {
    fn send_timed(
        &self,
        value: T,
        site: &'static Site,
    ) -> impl Future<Output = Result<(), SendError<T>>> {
        site.send.wait(self.send(value), Result::is_err)
    }

    fn reserve_timed<'a>(
        &'a self,
        site: &'static Site,
    ) -> impl Future<Output = Result<Permit<'a, T>, SendError<()>>>
    where
        T: 'a,
    {
        site.send.wait(self.reserve(), Result::is_err)
    }
}

impl<T> ReceiverExt for mpsc::Receiver<T> {
    type Received = Option<T>;

    fn recv_timed(&mut self, site: &'static Site) -> impl Future<Output = Option<T>> {
        site.recv.wait(self.recv(), Option::is_none)
    }
}

impl<T> ReceiverExt for mpsc::UnboundedReceiver<T> {
    type Received = Option<T>;

    fn recv_timed(&mut self, site: &'static Site) -> impl Future<Output = Option<T>> {
        site.recv.wait(self.recv(), Option::is_none)
    }
}

impl<T: Clone> ReceiverExt for broadcast::Receiver<T> {
    type Received = Result<T, broadcast::error::RecvError>;

    fn recv_timed(&mut self, site: &'static Site) -> impl Future<Output = Self::Received> {
        site.recv.wait(self.recv(), Result::is_err)
    }
}

impl<T> WatchReceiverExt for watch::Receiver<T> {
    fn changed_timed(
        &mut self,
        site: &'static Site,
    ) -> impl Future<Output = Result<(), watch::error::RecvError>> {
        site.recv.wait(self.changed(), Result::is_err)
    }
}
