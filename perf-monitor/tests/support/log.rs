//! What is logged while a test runs, by all threads.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, OnceLock},
};
use tracing_subscriber::filter::LevelFilter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap()
}

/// Begins to keep what is logged in this process by `tracing`, at all levels. What others tell `log` is not
/// ours: with ureq's, at TRACE, there would be the requests.
pub fn keep() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let lines = tracing_subscriber::fmt().with_writer(|| Lines).with_ansi(false);
        let lines = lines.with_max_level(LevelFilter::TRACE).finish();
        tracing::subscriber::set_global_default(lines).unwrap();
    });
}

/// All of it.
pub fn text() -> String {
    String::from_utf8(lock().clone()).unwrap()
}

/// The lines that hold this.
pub fn lines(part: &str) -> Vec<String> {
    text().lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
}
