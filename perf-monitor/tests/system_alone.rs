//! What the process uses, in a process with no other test that uses something.

use perf_core::{Registry, Snapshot};
use perf_monitor::system::watch;
use std::{
    fs::File,
    hint::black_box,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

fn gauge(snapshot: &Snapshot, name: &str) -> f64 {
    snapshot.gauge(name, &[]).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn the_process_uses_what_it_takes() {
    let registry = Registry::new();
    let _watch = watch(&registry);
    let before = registry.snapshot();
    assert_eq!(before.gauge("process_cpu_ratio", &[]), None);
    let memory = black_box(vec![1_u8; 50 << 20]);
    let files: Vec<_> = (0..20).map(|_| File::open("/proc/self/stat").unwrap()).collect();
    let (alive, ended) = mpsc::channel::<()>();
    let ended = Arc::new(Mutex::new(ended));
    let threads: Vec<_> = (0..7)
        .map(|_| {
            let ended = ended.clone();
            thread::spawn(move || drop(ended.lock().map(|ended| ended.recv())))
        })
        .collect();
    let busy_until = Instant::now() + Duration::from_millis(1500);
    while Instant::now() < busy_until {
        black_box(memory.len());
    }
    let after = registry.snapshot();
    let risen = |name| gauge(&after, name) - gauge(&before, name);
    let rss = risen("process_resident_memory_bytes");
    assert!((50e6..80e6).contains(&rss), "{rss}");
    assert!(risen("process_virtual_memory_bytes") >= 50e6);
    assert!((20.0..24.0).contains(&risen("process_open_fds")), "{}", risen("process_open_fds"));
    assert!((7.0..9.0).contains(&risen("process_threads")), "{}", risen("process_threads"));
    let cpus = thread::available_parallelism().unwrap().get() as f64;
    let busy = gauge(&after, "process_cpu_ratio");
    assert!(busy > 0.05 && busy <= cpus + 0.1, "{busy}");
    drop((alive, files));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    thread::sleep(Duration::from_millis(1050));
    let ended = registry.snapshot();
    assert!(gauge(&ended, "process_threads") < gauge(&after, "process_threads"));
    assert!(gauge(&ended, "process_open_fds") < gauge(&after, "process_open_fds"));
}
