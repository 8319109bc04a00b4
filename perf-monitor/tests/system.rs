//! What the system says, and probes of this host.

use perf_core::{Operation, Outcome, Registry, Snapshot};
use perf_export::prometheus::Options;
use perf_monitor::system::{Probing, watch};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, SystemTime},
};

const SECOND: Duration = Duration::from_millis(1050);

fn gauge(snapshot: &Snapshot, name: &str) -> f64 {
    snapshot.gauge(name, &[]).unwrap_or_else(|| panic!("no {name}"))
}

/// The real figures are at most one second old: it must pass.
fn refreshed(registry: &Registry) -> Snapshot {
    thread::sleep(SECOND);
    registry.snapshot()
}

#[test]
fn the_figures_are_plausible() {
    let registry = Registry::new();
    let _watch = watch(&registry);
    let snapshot = refreshed(&registry);
    let started = gauge(&snapshot, "process_start_time_seconds");
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((now - 600.0..now + 2.0).contains(&started), "{started} {now}");
    for ratio in ["system_cpu_ratio", "system_memory_used_ratio"] {
        assert!((0.0..=1.0).contains(&gauge(&snapshot, ratio)), "{ratio}");
    }
    assert!(gauge(&snapshot, "system_memory_available_bytes") > 1e6);
    assert!(gauge(&snapshot, "process_max_fds") >= gauge(&snapshot, "process_open_fds"));
    for load in ["system_load1", "system_load5", "system_load15"] {
        assert!(gauge(&snapshot, load) >= 0.0);
    }
    assert!(snapshot.counter("process_cpu_seconds", &[]).is_some());
}

#[test]
fn they_are_refreshed_once_a_second_until_stopped() {
    let registry = Registry::new();
    let watch = watch(&registry);
    let threads = |registry: &Registry| {
        registry.gauge("process_threads", &[]).set(-1.0);
        gauge(&registry.snapshot(), "process_threads")
    };
    assert!(threads(&registry) < 0.0);
    thread::sleep(SECOND);
    assert!(threads(&registry) > 0.0);
    assert!(threads(&registry) < 0.0);
    watch.stop();
    thread::sleep(SECOND);
    assert!(threads(&registry) < 0.0);
}

#[test]
fn prometheus_sees_its_own_names() {
    let registry = Registry::new();
    let _watch = watch(&registry);
    let text = perf_export::prometheus::text(&refreshed(&registry), &Options::default());
    let names = [
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_max_fds",
        "process_virtual_memory_bytes",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_threads",
        "process_cpu_ratio",
        "system_cpu_ratio",
        "system_memory_used_ratio",
        "system_memory_available_bytes",
        "system_load1",
        "system_load5",
        "system_load15",
    ];
    for name in names {
        assert!(text.contains(&format!("\n{name} ")), "{name} in {text}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} in {text}");
    }
    assert!(text.contains("# TYPE process_cpu_seconds_total counter"));
}

fn latency(registry: &Registry, target: &str) -> Option<Operation> {
    registry.snapshot().get_labelled("network_latency", &[("target", target)]).cloned()
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    (listener, target)
}

#[test]
fn a_probe_reaches_who_listens_and_fails_where_nobody_does() {
    let (_listener, open) = listener();
    let (gone, refused) = listener();
    drop(gone);
    let registry = Registry::new();
    Probing::new([&*open, &refused, "no port"]).probe_all(&registry);
    let outcomes = [&*open, &refused, "no port"].map(|target| {
        let latency = latency(&registry, target).unwrap();
        (latency.outcome(Outcome::Ok), latency.outcome(Outcome::Error))
    });
    assert_eq!(outcomes, [(1, 0), (0, 1), (0, 1)]);
}

/// An address where nobody accepts, with what keeps it so.
fn black_hole() -> (SocketAddr, socket2::Socket, Vec<TcpStream>) {
    let hole = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    hole.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    hole.listen(0).unwrap();
    let address = hole.local_addr().unwrap().as_socket().unwrap();
    // Once the queue is full, the system drops what comes.
    let short = Duration::from_millis(100);
    let queue: Vec<_> =
        std::iter::from_fn(|| TcpStream::connect_timeout(&address, short).ok()).take(64).collect();
    assert!(queue.len() < 64);
    (address, hole, queue)
}

#[test]
fn one_that_is_away_holds_no_other_up() {
    let (hole, _socket, _queue) = black_hole();
    let (listener, open) = listener();
    let (registry, hole) = (Registry::new(), hole.to_string());
    let probing = Probing::new([&*hole, &hole, &open]).timeout(Duration::from_secs(20));
    let _probes = probing.start(&registry).unwrap();
    listener.accept().unwrap();
    let given_up = latency(&registry, &hole).map_or(0, |latency| latency.count());
    assert_eq!(given_up, 0);
}

#[test]
fn a_probe_of_a_black_hole_is_given_up() {
    let (address, _socket, _queue) = black_hole();
    let (registry, target) = (Registry::new(), address.to_string());
    let timeout = Duration::from_millis(200);
    Probing::new([&target]).timeout(timeout).probe_all(&registry);
    let latency = latency(&registry, &target).unwrap();
    assert_eq!((latency.count(), latency.errors()), (1, 1));
    assert!(latency.min() >= Some(Duration::from_millis(199)), "{:?}", latency.min());
    assert!(latency.max() < Some(Duration::from_secs(20)), "{:?}", latency.max());
}

#[test]
fn probes_go_on_until_stopped() {
    let (listener, target) = listener();
    let registry = Registry::new();
    let probing = Probing::new([&target]).interval(Duration::from_millis(50));
    let probes = probing.start(&registry).unwrap();
    for _ in 0..3 {
        listener.accept().unwrap();
    }
    probes.stop();
    listener.set_nonblocking(true).unwrap();
    // Some may wait in the queue, and one be under way; going on, ten would come.
    thread::sleep(Duration::from_millis(500));
    let late = std::iter::from_fn(|| listener.accept().ok()).count();
    assert!(late <= 5, "{late}");
    assert!(latency(&registry, &target).unwrap().count() >= 3);
}
