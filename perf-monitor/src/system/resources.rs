//! What the system says of the process and itself.

use perf_core::Registry;
use std::time::{Duration, Instant};
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

/// Name, unit, text.
const DESCRIPTIONS: [(&str, Option<&str>, &str); 14] = [
    ("process_cpu_seconds", Some("s"), "CPU time of the process, in whole seconds."),
    ("process_cpu_ratio", Some("1"), "CPUs the process keeps busy."),
    ("process_resident_memory_bytes", Some("By"), "Memory of the process in RAM."),
    ("process_virtual_memory_bytes", Some("By"), "Address space of the process."),
    ("process_open_fds", None, "Open files and sockets of the process."),
    ("process_max_fds", None, "How many open files and sockets the process may have."),
    ("process_threads", None, "Threads of the process."),
    ("process_start_time_seconds", Some("s"), "When the process began, since 1970."),
    ("system_cpu_ratio", Some("1"), "Share of all CPUs that is busy."),
    ("system_memory_used_ratio", Some("1"), "Share of memory that is not available."),
    ("system_memory_available_bytes", Some("By"), "Memory that programs can still get."),
    ("system_load1", None, "Threads that run or wait to, on average over 1 minute."),
    ("system_load5", None, "Threads that run or wait to, on average over 5 minutes."),
    ("system_load15", None, "Threads that run or wait to, on average over 15 minutes."),
];

pub(super) struct Resources {
    system: System,
    pid: Option<Pid>,
    /// CPU time of the process, and when it was that. Ratios come from two of them.
    cpu_time: Option<(Instant, Duration)>,
}

impl Resources {
    pub(super) fn new() -> Self {
        Self { system: System::new(), pid: sysinfo::get_current_pid().ok(), cpu_time: None }
    }

    /// Sets the gauges to what is so now.
    pub(super) fn refresh(&mut self, registry: &Registry) {
        let before = self.cpu_time;
        self.refresh_process(registry);
        self.system.refresh_cpu_usage();
        if let (Some(before), Some(now)) = (before, self.cpu_time)
            && let Some(ratio) = busy(before, now)
        {
            set(registry, "process_cpu_ratio", ratio);
            set(registry, "system_cpu_ratio", f64::from(self.system.global_cpu_usage()) / 100.0);
        }
        self.refresh_memory(registry);
        if cfg!(unix) {
            let load = System::load_average();
            set(registry, "system_load1", load.one);
            set(registry, "system_load5", load.five);
            set(registry, "system_load15", load.fifteen);
        }
    }

    fn refresh_process(&mut self, registry: &Registry) {
        let Some(pid) = self.pid else { return };
        let wanted = ProcessRefreshKind::nothing().with_cpu().with_memory();
        let only = [pid];
        let only = ProcessesToUpdate::Some(&only);
        self.system.refresh_processes_specifics(only, true, wanted);
        let Some(process) = self.system.process(pid) else { return };
        let cpu_time = Duration::from_millis(process.accumulated_cpu_time());
        self.cpu_time = Some((Instant::now(), cpu_time));
        registry.counter("process_cpu_seconds", &[]).raise_to(cpu_time.as_secs());
        set_process(registry, process);
    }

    fn refresh_memory(&mut self, registry: &Registry) {
        self.system.refresh_memory();
        let (mut total, mut available) =
            (self.system.total_memory(), self.system.available_memory());
        if total == 0 {
            return;
        }
        if let Some(group) = self.system.cgroup_limits().filter(|group| group.total_memory < total)
        {
            total = group.total_memory.max(1);
            // What it has of the files' cache can be had back.
            available = available.min(total.saturating_sub(group.rss));
        }
        set(registry, "system_memory_available_bytes", available as f64);
        set(registry, "system_memory_used_ratio", 1.0 - available as f64 / total as f64);
    }
}

/// Says what the figures stand for.
pub(super) fn describe(registry: &Registry) {
    for (name, unit, text) in DESCRIPTIONS {
        registry.describe(name, unit, text);
    }
}

fn set_process(registry: &Registry, process: &Process) {
    let set_count = |name, count: Option<usize>| {
        if let Some(count) = count {
            set(registry, name, count as f64);
        }
    };
    set(registry, "process_resident_memory_bytes", process.memory() as f64);
    set(registry, "process_virtual_memory_bytes", process.virtual_memory() as f64);
    set(registry, "process_start_time_seconds", process.start_time() as f64);
    set_count("process_open_fds", process.open_files());
    set_count("process_max_fds", process.open_files_limit());
    set_count("process_threads", threads());
}

fn set(registry: &Registry, name: &str, value: f64) {
    registry.gauge(name, &[]).set(value);
}

/// sysinfo would keep an entry for each thread that ever was.
fn threads() -> Option<usize> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    std::fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

/// How many CPUs were busy between two readings of CPU time; `None` if they were taken at once.
fn busy(before: (Instant, Duration), now: (Instant, Duration)) -> Option<f64> {
    let wall = now.0.saturating_duration_since(before.0);
    let cpu = now.1.saturating_sub(before.1);
    (!wall.is_zero()).then(|| cpu.as_secs_f64() / wall.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_cpus_are_cpu_time_by_time() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let later = start + ms(2_000);
        assert_eq!(busy((start, ms(10)), (later, ms(3_010))), Some(1.5));
        assert_eq!(busy((start, ms(10)), (start, ms(10))), None);
        // The kernel's figures may step back a little.
        assert_eq!(busy((start, ms(10)), (later, ms(0))), Some(0.0));
    }
}
