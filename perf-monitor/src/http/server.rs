//! The server: a thread of its own, which no client can keep busy or hold on to.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    pin::Pin,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::{Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;

/// The most connections at once; further ones wait until one ends.
const CONNECTIONS: usize = 1_024;

/// How long a client may take for the head of a request, and a connection be idle between two.
const HEAD: Duration = Duration::from_secs(20);

/// How long a client may take to take in what it asked for.
const WRITE: Duration = Duration::from_secs(20);

/// How many bytes the head of a request has at most, and how many headers.
const HEAD_BYTES: usize = 64 << 10;
const HEADERS: usize = 64;

/// Threads where answers are computed.
const WORKERS: usize = 4;

/// How long what is under way at the end is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait where a connection cannot be had, as without free file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A server that runs. Stopped or dropped, it takes no more requests, and ends after those under way, at
/// most five seconds later.
#[must_use = "it serves only as long as it lives"]
pub struct Server {
    address: SocketAddr,
    ending: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A server could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// This is not an address, or names a host that is not found.
    Address(String, io::Error),
    /// The address is in use, or not allowed.
    Bind(SocketAddr, io::Error),
    /// There is no thread to be had, or no runtime for it.
    Thread(io::Error),
    /// The monitor of [`serve`](super::serve) could not be started.
    Monitor(Box<crate::StartError>),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address, error) => {
                write!(f, "\"{address}\" is no address such as 127.0.0.1:9464: {error}")
            }
            Self::Bind(address, error) => {
                let busy = if error.kind() == io::ErrorKind::AddrInUse {
                    ": another program, or this one, listens there; choose another port, or 0 for any"
                } else {
                    ""
                };
                write!(f, "cannot listen at {address}: {error}{busy}")
            }
            Self::Thread(error) => write!(f, "cannot start a thread: {error}"),
            Self::Monitor(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

/// Listens at the first of an address' addresses that can be had.
pub(super) fn bind(address: &str) -> Result<TcpListener, ServeError> {
    let unknown = |error| ServeError::Address(address.to_owned(), error);
    let nothing = || unknown(io::Error::new(io::ErrorKind::NotFound, "it names no host"));
    let mut last = None;
    for at in address.to_socket_addrs().map_err(unknown)? {
        let listening = TcpListener::bind(at).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        match listening {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(ServeError::Bind(at, error)),
        }
    }
    Err(last.unwrap_or_else(nothing))
}

impl Server {
    /// Serves these routes until `ending` says it is.
    pub(super) fn start(
        listener: TcpListener,
        router: Router,
        ending: watch::Sender<bool>,
    ) -> Result<Self, ServeError> {
        let address = listener.local_addr().map_err(ServeError::Thread)?;
        let runtime = runtime().map_err(ServeError::Thread)?;
        let told = ending.subscribe();
        let thread = thread::Builder::new().name("perfkit-http".into());
        let thread = thread.spawn(move || run(&runtime, listener, router, told));
        let thread = Some(thread.map_err(ServeError::Thread)?);
        Ok(Self { address, ending, thread })
    }

    /// Where it listens: the port that was given where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub fn stop(self) {}
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.send_replace(true);
        let thread = self.thread.take();
        // A handler that drops it cannot wait for itself.
        let others = thread.filter(|thread| thread.thread().id() != thread::current().id());
        let _ = others.map(JoinHandle::join);
    }
}

fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().max_blocking_threads(WORKERS).thread_name("perfkit-http-worker").build()
}

fn run(
    runtime: &Runtime,
    listener: TcpListener,
    router: Router,
    mut ending: watch::Receiver<bool>,
) {
    runtime.block_on(async {
        let connections = GracefulShutdown::new();
        tokio::select! {
            () = accept(listener, router, &connections) => {}
            _ = ending.wait_for(|is_ending| *is_ending) => {}
        }
        let _ = tokio::time::timeout(PATIENCE, connections.shutdown()).await;
    });
}

async fn accept(listener: TcpListener, router: Router, connections: &GracefulShutdown) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // It is never closed.
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = connections.watch(connection(stream, router.clone()));
                tokio::spawn(async move {
                    // A client that goes away is no error of ours.
                    let _ = connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::debug!(target: "perfkit", "a connection was not accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

type Io = TokioIo<Pin<Box<TimeoutStream<TcpStream>>>>;

fn connection(
    stream: TcpStream,
    router: Router,
) -> http1::Connection<Io, TowerToHyperService<Router>> {
    // Events are small, and are to arrive at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .max_header_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router))
}
