//! The server: a thread of its own, which no client can keep busy or hold on to.

use super::app::WORKERS;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{
    collections::VecDeque,
    fmt, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    pin::Pin,
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::watch,
    task::AbortHandle,
};
use tokio_io_timeout::TimeoutStream;

/// How long clients may take, and how many there may be.
#[derive(Clone, Copy)]
struct Limits {
    /// The most connections at once.
    connections: usize,
    /// For the head of a request, and for a connection that is idle between two.
    head: Duration,
    /// To take in a piece of what was asked for.
    write: Duration,
    /// For what is under way at the end.
    patience: Duration,
}

const LIMITS: Limits = Limits {
    connections: 512,
    head: Duration::from_secs(20),
    write: Duration::from_secs(20),
    patience: Duration::from_secs(5),
};

/// How many bytes the head of a request has at most, and how many headers.
const HEAD_BYTES: usize = 64 << 10;
const HEADERS: usize = 64;

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
        Self::start_with(listener, router, ending, LIMITS)
    }

    fn start_with(
        listener: TcpListener,
        router: Router,
        ending: watch::Sender<bool>,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        let address = listener.local_addr().map_err(ServeError::Thread)?;
        let runtime = runtime().map_err(ServeError::Thread)?;
        let told = ending.subscribe();
        let thread = thread::Builder::new().name("perfkit-http".into());
        let thread = thread.spawn(move || run(runtime, listener, router, told, limits));
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
    runtime: Runtime,
    listener: TcpListener,
    router: Router,
    mut ending: watch::Receiver<bool>,
    limits: Limits,
) {
    runtime.block_on(async {
        let connections = GracefulShutdown::new();
        tokio::select! {
            () = accept(listener, router, &connections, limits) => {}
            _ = ending.wait_for(|is_ending| *is_ending) => {}
        }
        let _ = tokio::time::timeout(limits.patience, connections.shutdown()).await;
    });
    // A check that hangs is not waited for.
    runtime.shutdown_background();
}

/// The connections there are, the oldest first.
#[derive(Default)]
struct Open(VecDeque<AbortHandle>);

impl Open {
    /// Where there are too many, the oldest ends: whoever is new is served at once, however many others
    /// hold on to theirs. Who listens to events comes again, and misses nothing.
    fn add(&mut self, connection: AbortHandle, most: usize) {
        self.0.push_back(connection);
        if self.0.len() > most {
            self.0.retain(|connection| !connection.is_finished());
        }
        while self.0.len() > most {
            self.0.pop_front().iter().for_each(AbortHandle::abort);
        }
    }
}

async fn accept(
    listener: TcpListener,
    router: Router,
    connections: &GracefulShutdown,
    limits: Limits,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut open = Open::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = connections.watch(connection(stream, router.clone(), limits));
                // A client that goes away is no error of ours.
                let task = tokio::spawn(async move { _ = connection.await });
                open.add(task.abort_handle(), limits.connections);
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
    limits: Limits,
) -> http1::Connection<Io, TowerToHyperService<Router>> {
    // Events are small, and are to arrive at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .max_header_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::{
        io::{Read, Write},
        sync::Arc,
        time::Instant,
    };

    const SHORT: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_secs(600);

    /// It answers with more than a client has room for that does not read.
    fn server(limits: Limits) -> Server {
        let much = || async { vec![b'x'; 64 << 20] };
        let router = Router::new().route("/", get(async || "here")).route("/much", get(much));
        let listener = bind("127.0.0.1:0").unwrap();
        Server::start_with(listener, router, watch::Sender::new(false), limits).unwrap()
    }

    fn connected(server: &Server) -> std::net::TcpStream {
        let stream = std::net::TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    fn asked(server: &Server, path: &str) -> std::net::TcpStream {
        let mut stream = connected(server);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        stream
    }

    /// What comes until the server ends the connection.
    fn rest(mut stream: std::net::TcpStream) -> usize {
        let mut all = Vec::new();
        // Reset, where the client has sent what nobody read.
        let _ = stream.read_to_end(&mut all);
        all.len()
    }

    #[test]
    fn who_says_nothing_or_half_or_nothing_more_is_left() {
        let server = server(Limits { head: SHORT, write: LONG, ..LIMITS });
        let silent = connected(&server);
        let mut half = connected(&server);
        half.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
        let idle = asked(&server, "/");
        assert_eq!(rest(silent), 0);
        let _ = rest(half);
        assert!(rest(idle) > 0);
    }

    #[test]
    fn who_takes_nothing_in_is_left() {
        let server = server(Limits { head: LONG, write: SHORT, ..LIMITS });
        let slow = asked(&server, "/much");
        thread::sleep(4 * SHORT);
        assert!(rest(slow) < 64 << 20);
    }

    #[test]
    fn a_new_connection_takes_the_place_of_the_oldest() {
        let server = server(Limits { connections: 8, head: LONG, write: LONG, patience: SHORT });
        let held: Vec<_> = (0..30).map(|_| asked(&server, "/much")).collect();
        let mut stream = asked(&server, "/");
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        assert!(rest(held.into_iter().next().unwrap()) < 64 << 20);
    }

    #[test]
    fn the_end_waits_for_no_silent_client_and_no_work_that_hangs() {
        let (sender, hangs) = std::sync::mpsc::channel::<()>();
        let hangs = std::sync::Mutex::new(hangs);
        let hangs = Arc::new(move || _ = hangs.lock().unwrap().recv_timeout(LONG));
        let hanging = get(async move || {
            let hangs = Arc::clone(&hangs);
            let _ = tokio::task::spawn_blocking(move || hangs()).await;
        });
        let router = Router::new().route("/", get(async || "here")).route("/hangs", hanging);
        let limits = Limits { head: LONG, patience: SHORT, ..LIMITS };
        let listener = bind("127.0.0.1:0").unwrap();
        let server = Server::start_with(listener, router, watch::Sender::new(false), limits);
        let server = server.unwrap();
        let clients = [connected(&server), asked(&server, "/"), asked(&server, "/hangs")];
        thread::sleep(SHORT);
        let began = Instant::now();
        server.stop();
        assert!(began.elapsed() < LONG / 2);
        drop((sender, clients));
    }
}
