//! How long it takes to reach other hosts.

use perf_core::Registry;
use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

/// The operation, with the label `target`.
const OPERATION: &str = "network_latency";
/// Targets beyond so many are not probed.
const MOST: usize = 64;
/// So many are under way at once, so that a few hosts that are away hold the others up for no longer than
/// one of them does.
const AT_ONCE: usize = 16;
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Which addresses to connect to, and how often.
///
/// ```
/// use perf_monitor::system::Probing;
/// use std::time::Duration;
///
/// let probing = Probing::new(["db.example:5432", "10.0.0.7:6379"])
///     .interval(Duration::from_secs(30))
///     .timeout(Duration::from_millis(500));
/// ```
#[derive(Clone, Debug)]
pub struct Probing {
    targets: Vec<String>,
    interval: Duration,
    timeout: Duration,
}

impl Probing {
    /// Probes of these targets, each `host:port` or `[IPv6]:port`, at most the first 64. They are made
    /// every 15 s, and given up after 1 s.
    pub fn new(targets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            targets: targets.into_iter().take(MOST).map(Into::into).collect(),
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(1),
        }
    }

    /// How often they are made: each 1 ms to 1 year. A round that takes longer delays the next.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval: interval.clamp(SHORTEST, LONGEST), ..self }
    }

    /// When each is given up: after 1 ms to 1 year.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.clamp(SHORTEST, LONGEST), ..self }
    }

    /// Begins on a thread of its own, with a probe of each target now.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(self, registry: &Registry) -> io::Result<Probes> {
        let (alive, ended) = mpsc::channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let (registry, is_stopped) = (registry.clone(), Arc::clone(&is_over));
        let run = move || {
            let mut due = Instant::now();
            let wait = |due: Instant| due.saturating_duration_since(Instant::now());
            while ended.recv_timeout(wait(due)) == Err(RecvTimeoutError::Timeout) {
                self.round(&registry, &is_stopped);
                due = Instant::now().max(due + self.interval);
            }
        };
        thread::Builder::new().name("perfkit-probes".to_owned()).spawn(run)?;
        Ok(Probes { is_over, _alive: alive })
    }

    /// Probes each target once, 16 at a time, and waits for the last.
    ///
    /// ```
    /// use perf_monitor::system::Probing;
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let target = listener.local_addr()?.to_string();
    /// let registry = perf_core::Registry::new();
    /// Probing::new([&target]).probe_all(&registry);
    /// let snapshot = registry.snapshot();
    /// let latency = snapshot.get_labelled("network_latency", &[("target", &target)]).unwrap();
    /// assert_eq!((latency.count(), latency.errors()), (1, 0));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn probe_all(&self, registry: &Registry) {
        self.round(registry, &AtomicBool::new(false));
    }

    fn round(&self, registry: &Registry, is_over: &AtomicBool) {
        let next = AtomicUsize::new(0);
        let work = || {
            while !is_over.load(Relaxed)
                && let Some(target) = self.targets.get(next.fetch_add(1, Relaxed))
            {
                // Whoever is told of calls may panic; it has been told, and probes go on.
                let _ = catch_unwind(AssertUnwindSafe(|| self.probe(target, registry)));
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.targets.len().min(AT_ONCE) {
                // If there is no other thread to be had, those there are make them all.
                let thread = thread::Builder::new().name("perfkit-probe".to_owned());
                let _ = thread.spawn_scoped(scope, work);
            }
            work();
        });
    }

    fn probe(&self, target: &str, registry: &Registry) {
        // Names are looked up before the time begins: it is the network's.
        let addresses = target.to_socket_addrs().map(Vec::from_iter);
        let mut timer = registry.timer_labelled(OPERATION, &[("target", target)]);
        let is_reached = addresses.is_ok_and(|addresses| self.reaches(&addresses));
        if !is_reached {
            timer.fail();
        }
    }

    /// Whether one of a target's addresses answers, all of them together within the timeout.
    fn reaches(&self, addresses: &[SocketAddr]) -> bool {
        let began = Instant::now();
        addresses.iter().any(|address| {
            let left = self.timeout.saturating_sub(began.elapsed());
            !left.is_zero() && TcpStream::connect_timeout(address, left).is_ok()
        })
    }
}

/// Probes that are being made. Stopped or dropped, none is begun any more; it does not wait for those under
/// way.
///
/// Each is a call of the operation `network_latency` with the label `target`, from the first packet to an
/// accepted connection. Refused, given up or of an unknown name, its outcome is an error.
#[derive(Debug)]
#[must_use = "probes are made only as long as it lives"]
pub struct Probes {
    is_over: Arc<AtomicBool>,
    _alive: Sender<()>,
}

impl Probes {
    /// Ends them.
    pub fn stop(self) {}
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
    }
}
