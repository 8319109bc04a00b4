//! What a process uses, as Linux tells in `/proc` (`man 5 proc`).

use std::{
    fmt::{self, Write},
    fs,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{JoinHandle, spawn},
    time::{Duration, Instant},
};

const EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) at: Duration,
    /// Resident.
    pub(crate) kib: u64,
    pub(crate) files: u64,
    pub(crate) threads: u64,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kib, files, threads, .. } = self;
        write!(f, "{:>6.1} MiB {files:>4} files {threads:>4} threads", *kib as f64 / 1024.0)
    }
}

impl Usage {
    /// `None` once the process has ended.
    fn of(pid: u32, began: Instant) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let number = |key| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
        };
        let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64;
        let at = began.elapsed();
        Some(Self { at, kib: number("VmRSS")?, files, threads: number("Threads")? })
    }
}

/// Looks each second.
pub(crate) struct Sampler {
    stop: Sender<()>,
    thread: JoinHandle<Vec<Usage>>,
}

impl Sampler {
    pub(crate) fn start(pid: u32) -> Self {
        let (stop, stopped) = channel();
        let began = Instant::now();
        let thread = spawn(move || {
            let mut all = Vec::new();
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                all.extend(Usage::of(pid, began));
            }
            all
        });
        Self { stop, thread }
    }

    pub(crate) fn stop(self) -> Vec<Usage> {
        drop(self.stop);
        self.thread.join().unwrap()
    }
}

/// Of each figure by itself.
pub(crate) fn median(of: &[Usage]) -> Usage {
    let middle = |figure: fn(&Usage) -> u64| {
        let mut all: Vec<_> = of.iter().map(figure).collect();
        all.sort_unstable();
        all[all.len() / 2]
    };
    let at = of[of.len() / 2].at;
    Usage { at, kib: middle(|u| u.kib), files: middle(|u| u.files), threads: middle(|u| u.threads) }
}

/// Medians of some fifteen stretches.
pub(crate) fn table(usage: &[Usage]) -> String {
    let mut text = String::new();
    for stretch in usage.chunks(usage.len().div_ceil(15).max(1)) {
        let minutes = stretch[0].at.as_secs_f64() / 60.0;
        let _ = writeln!(text, "from minute {minutes:>5.1} {}", median(stretch));
    }
    text
}
