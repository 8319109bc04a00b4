//! Clients that come and go: those that look at pages, those that listen and leave in the middle, and those
//! that connect and say half of what they want.

use std::{
    io::{Read, Result, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

const PAGES: [&str; 6] =
    ["/", "/metrics", "/api/v1/overview", "/api/v1/operations", "/livez", "/api/v1/graph"];

pub(crate) struct Clients {
    is_over: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    pub(crate) fn start(port: u16) -> Self {
        let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let threads = (0..4).map(|seed| {
            let (is_over, asked) = (Arc::clone(&is_over), Arc::clone(&asked));
            spawn(move || {
                for turn in (seed..).step_by(5) {
                    if is_over.load(Relaxed) {
                        return;
                    }
                    // That the server ends a connection that says nothing is as it should be.
                    if visit(port, turn).unwrap_or(false) {
                        asked.fetch_add(1, Relaxed);
                    }
                }
            })
        });
        let threads = threads.collect();
        Self { is_over, asked, threads }
    }

    /// Returns how many pages and streams they got.
    pub(crate) fn stop(self) -> u64 {
        self.is_over.store(true, Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        self.asked.load(Relaxed)
    }
}

/// Whether there was an answer, and a good one.
fn visit(port: u16, turn: usize) -> Result<bool> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    connection.set_read_timeout(Some(Duration::from_secs(2)))?;
    match turn % 4 {
        0 => {
            write!(connection, "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
            listen(&mut connection, Duration::from_millis(200 * (turn as u64 % 10)))
        }
        1 => {
            write!(connection, "GET /metr")?;
            sleep(Duration::from_millis(100));
            Ok(false)
        }
        _ => {
            let page = PAGES[turn % PAGES.len()];
            write!(
                connection,
                "GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )?;
            let mut answer = Vec::new();
            connection.read_to_end(&mut answer)?;
            sleep(Duration::from_millis(20));
            Ok(is_good(&answer))
        }
    }
}

fn listen(connection: &mut TcpStream, how_long: Duration) -> Result<bool> {
    let began = Instant::now();
    let mut some = [0; 4096];
    let first = connection.read(&mut some)?;
    let is_good = is_good(&some[..first]);
    while began.elapsed() < how_long && connection.read(&mut some)? > 0 {}
    Ok(is_good)
}

fn is_good(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 200")
}
