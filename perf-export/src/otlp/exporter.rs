//! The handle of the thread that pushes.

use super::{
    PushError, StartError,
    builder::Builder,
    endpoint::Endpoint,
    post::Client,
    push::{Pusher, Wanted},
};
use std::{
    sync::mpsc::{self, RecvTimeoutError, Sender, SyncSender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How much longer than its own time the thread is waited for.
const GRACE: Duration = Duration::from_millis(500);

/// Pushes what a registry holds to an OpenTelemetry collector, every minute unless set otherwise, from a
/// thread of its own: hold it in `main`. It needs no async runtime.
///
/// Where the collector is away or asks for patience (HTTP 429, 502, 503, 504, with its `Retry-After`) a
/// push is tried again, with exponential back-off and jitter, until the next one is due. As each has
/// everything since the registry began, nothing is lost meanwhile. The log says once that pushes begin to
/// fail, and once that they arrive again.
///
/// Dropping it pushes a last time, as [`stop`](Self::stop) does, and logs if that fails. A program that
/// forks (to become a daemon, say) starts it afterwards: threads stay behind.
///
/// Requests go through the proxy of `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, if there is one, but those
/// to the hosts of `NO_PROXY`.
///
/// ```no_run
/// use perf_export::otlp::{Exporter, Resource};
///
/// let exporter = Exporter::builder()
///     .endpoint("http://collector:4318/v1/metrics")
///     .resource(Resource::detect().service("shop").version("1.4.2"))
///     .start()?;
/// // … the rest of `main`
/// exporter.stop()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "it stops when this is dropped: keep it, as in `let _otlp = …`"]
pub struct Exporter {
    endpoint: Endpoint,
    export_timeout: Duration,
    stop_timeout: Duration,
    wanted: Sender<Wanted>,
    /// That of the thread.
    process: u32,
    /// Until it is stopped.
    thread: Option<JoinHandle<()>>,
}

impl Exporter {
    /// Its settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn begin(builder: &Builder) -> Result<Self, StartError> {
        let client = Client::new(builder)?;
        let endpoint = client.endpoint.clone();
        let (wanted, wishes) = mpsc::channel();
        let pusher = Pusher::new(builder, client, wishes);
        let thread = thread::Builder::new().name("perfkit-otlp".into()).spawn(|| pusher.run());
        Ok(Self {
            endpoint,
            export_timeout: builder.export_timeout,
            stop_timeout: builder.stop_timeout,
            wanted,
            process: std::process::id(),
            thread: Some(thread.map_err(StartError::Thread)?),
        })
    }

    /// Pushes now, and waits until that is over, about as long as the
    /// [export timeout](Builder::export_timeout) at most. It is tried again if the collector asks for that, but
    /// not if nobody answers.
    ///
    /// # Errors
    ///
    /// [`PushError`] if the collector is not known to have accepted it.
    pub fn flush(&self) -> Result<(), PushError> {
        self.push(self.export_timeout, false)
    }

    /// Pushes a last time and ends the thread, about the [stop timeout](Builder::stop_timeout) later at most.
    /// If a request to a collector that does not answer takes longer, the thread is left to end with it.
    ///
    /// # Errors
    ///
    /// [`PushError`] if the collector is not known to have accepted it.
    pub fn stop(mut self) -> Result<(), PushError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), PushError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let pushed = self.push(self.stop_timeout, true);
        // Else it waits in a request; or, in a process that was forked, is not there.
        if !matches!(pushed, Err(PushError::Late | PushError::Ended)) || thread.is_finished() {
            let _ = thread.join();
        }
        pushed
    }

    fn push(&self, timeout: Duration, is_last: bool) -> Result<(), PushError> {
        let end = Instant::now() + timeout;
        let (done, result): (SyncSender<_>, _) = mpsc::sync_channel(1);
        let wanted = Wanted { end, is_last, done };
        if self.process != std::process::id() || self.wanted.send(wanted).is_err() {
            return Err(PushError::Ended);
        }
        // The thread gives up by itself at the end, and then says why.
        result.recv_timeout(timeout + GRACE).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(PushError::Late),
            RecvTimeoutError::Disconnected => Err(PushError::Ended),
        })
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            let endpoint = &self.endpoint;
            tracing::warn!(target: "perfkit", "the last push of OTLP to {endpoint} failed: {error}");
        }
    }
}
