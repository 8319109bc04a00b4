//! Many who listen and scrape, some of them badly, while a program records at full speed.
//!
//! `cargo test --release -p perf-monitor --features http --test http_load -- --nocapture` prints what
//! calls took meanwhile.

#![cfg(feature = "http")]

use perf_core::Registry;
use perf_monitor::{Monitor, config::Config, http::Http};
use std::{
    hint::black_box,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

const LISTENERS: usize = 200;
const SCRAPES: usize = 1_000;
const TICKS: u64 = 20;
const OPERATIONS: usize = 30;
/// A call that took longer was held up.
const HELD_UP: Duration = Duration::from_micros(10);

/// The registry that is recorded in, and another with the same operations.
fn registries() -> [Registry; 2] {
    [(); 2].map(|()| {
        let registry = Registry::new();
        for at in 0..OPERATIONS {
            for n in 1..200 {
                registry.record(&format!("operation_{at}"), Duration::from_micros(n));
            }
        }
        registry
    })
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The numbers of the ticks that came, until the stream ends.
fn listen(address: SocketAddr, listening: &AtomicUsize) -> Vec<u64> {
    let mut stream = connect(address);
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut ticks = Vec::new();
    let mut is_tick = false;
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        if line.starts_with("event: hello") {
            listening.fetch_add(1, Relaxed);
        } else if line.starts_with("event: ") {
            is_tick = line == "event: tick";
        } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_tick) {
            let tick: serde_json::Value = serde_json::from_str(data).unwrap();
            ticks.push(tick["tick"].as_u64().unwrap());
            is_tick = false;
        }
    }
    ticks
}

/// How many bytes of metrics there were.
fn scrape(address: SocketAddr) -> usize {
    let mut stream = connect(address);
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..80]));
    answer.len()
}

/// Those who say nothing, half of a request, or ask for much and take nothing.
fn bad_clients(address: SocketAddr) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for at in 0..120 {
        let mut stream = connect(address);
        match at % 3 {
            0 => {}
            1 => write!(stream, "GET /metrics HTTP/1.1\r\nHo").unwrap(),
            _ => {
                let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
                stream.write_all(request.repeat(50).as_bytes()).unwrap();
            }
        }
        all.push(stream);
    }
    all
}

/// Calls of a thread until it is told to end: all, and those that were held up.
fn record(registry: &Registry, is_over: &AtomicBool) -> (u64, u64) {
    let names: Vec<_> = (0..OPERATIONS).map(|at| format!("operation_{at}")).collect();
    let (mut all, mut held_up) = (0, 0);
    perf_core::with_registry(registry, || {
        while !is_over.load(Relaxed) {
            for name in &names {
                let start = Instant::now();
                drop(black_box(perf_core::timer(name)));
                held_up += u64::from(start.elapsed() > HELD_UP);
                all += 1;
            }
        }
    });
    (all, held_up)
}

/// Memory of the process in RAM, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or(0, |kb| kb << 10)
}

/// Scrapes and ticks while two threads record in `recorded`; calls a million that were held up.
fn load(monitor: &Monitor, address: SocketAddr, recorded: &Registry) -> f64 {
    let is_over = AtomicBool::new(false);
    let calls = thread::scope(|scope| {
        let recorders = [(); 2].map(|()| scope.spawn(|| record(recorded, &is_over)));
        let scrapers =
            [(); 4].map(|()| scope.spawn(|| (0..SCRAPES / 4).all(|_| scrape(address) > 5_000)));
        for _ in 0..TICKS {
            monitor.tick();
            thread::sleep(Duration::from_millis(20));
        }
        assert!(scrapers.into_iter().all(|scraper| scraper.join().unwrap()));
        is_over.store(true, Relaxed);
        recorders.map(|recorder| recorder.join().unwrap())
    });
    let (all, held_up) = calls.iter().fold((0, 0), |(a, h), (all, held)| (a + all, h + held));
    held_up as f64 * 1e6 / all.max(1) as f64
}

#[test]
fn all_are_served_whoever_else_is_there() {
    let [own, other] = registries();
    let config =
        "interval = \"1h\"\ntick = \"1h\"\nready_made_rules = false\n[system]\nresources = false";
    let config = Config::from_toml(config).unwrap();
    let monitor = Monitor::builder().config(config).registry(&own).start().unwrap();
    let server = Http::new().serve(&monitor).unwrap();
    let address = server.address();
    let bad = bad_clients(address);

    let listening = AtomicUsize::new(0);
    thread::scope(|scope| {
        let listeners: Vec<_> =
            (0..LISTENERS).map(|_| scope.spawn(|| listen(address, &listening))).collect();
        while listening.load(Relaxed) < LISTENERS {
            thread::sleep(Duration::from_millis(5));
        }
        // Whoever serves takes time from whoever records; the other registry says how much.
        let elsewhere = load(&monitor, address, &other);
        let before = resident();
        let here = load(&monitor, address, &own);
        let grown = resident().saturating_sub(before);
        println!(
            "of a million calls over 10 µs: {here:.0} of the registry that is served, {elsewhere:.0} of \
             another; memory {before} bytes, and {grown} more"
        );
        assert!(grown < 32 << 20, "{grown} bytes");

        assert!(monitor.stop().is_empty());
        for listener in listeners {
            let ticks = listener.join().unwrap();
            assert!(ticks.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ticks:?}");
            // One more when the monitor stops.
            assert_eq!(ticks.len() as u64, 2 * TICKS + 1);
        }
    });
    drop(bad);
    drop(server);
}
