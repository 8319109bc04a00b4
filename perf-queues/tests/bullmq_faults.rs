//! What can go wrong around a watch, by something that answers as Redis does.

mod fake;

use fake::Fake;
use perf_core::Registry;
use perf_queues::bullmq::{QueueState, QueueStatus, Watch, Watching};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::sleep,
    time::{Duration, Instant},
};

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not so that {what}");
        sleep(Duration::from_millis(10));
    }
}

fn until_queue(watching: &Watching, queue: &str, is_so: impl Fn(&QueueStatus) -> bool) {
    let status = || watching.status().queue(queue).cloned();
    until(&format!("{queue} is as it should be: {:?}", watching.status()), || {
        status().is_some_and(|queue| is_so(&queue))
    });
}

fn file(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("perfkit-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder.join("position.json")
}

#[test]
fn a_gauge_is_down_when_nobody_looks_any_more() {
    let (fake, registry) = (Fake::start(), Registry::new());
    let up = || registry.snapshot().gauge("queue_up", &[("queue", "mail")]);
    for is_dropped in [false, true] {
        let watching = Watch::new(&fake.url()).queue("mail").registry(&registry).start().unwrap();
        until_queue(&watching, "mail", |queue| queue.state.is_connected());
        assert_eq!(up(), Some(1.0));
        if is_dropped {
            drop(watching);
        } else {
            assert_eq!(watching.stop().queues[0].state, QueueState::Missing);
        }
        assert_eq!(up(), Some(0.0));
    }
}

#[test]
fn a_clock_that_was_set_back_makes_no_news_of_what_is_old() {
    let fake = Fake::start();
    // The stream is ahead of the clock, which says 1,000 s.
    for ms in 0..50 {
        fake.add("mail", 5_000_000 + ms, &["event", "completed", "jobId", "old"]);
    }
    let watching =
        Watch::new(&fake.url()).queue("mail").registry(&Registry::new()).start().unwrap();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    assert_eq!(watching.status().queues[0].totals.completed, 0);
    fake.add("mail", 5_000_050, &["event", "completed", "jobId", "new"]);
    until_queue(&watching, "mail", |queue| queue.totals.completed == 1);
    assert_eq!(watching.stop().queues[0].totals.gaps, 0);
}

#[test]
fn without_the_right_to_search_named_queues_are_watched() {
    let fake = Fake::start();
    fake.told().refuses.insert("SCAN");
    fake.told().queues.insert("found".to_owned());
    let watch = Watch::new(&fake.url()).queue("mail").all().registry(&Registry::new());
    let watching = watch.start().unwrap();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    fake.add("mail", 2_000_000, &["event", "completed", "jobId", "1"]);
    until_queue(&watching, "mail", |queue| queue.totals.completed == 1);
    let error = watching.status().search_error;
    assert!(error.as_ref().is_some_and(|error| error.contains("permission")), "{error:?}");
    assert!(watching.status().queue("found").is_none());
    // It is tried again.
    fake.told().refuses.clear();
    until_queue(&watching, "found", |queue| queue.state == QueueState::Connected);
    assert_eq!(watching.status().search_error, None);
}

#[test]
fn who_wants_the_status_is_told_when_there_is_one() {
    let fake = Fake::start();
    let told: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    let times = Arc::clone(&told);
    let watch = Watch::new(&fake.url()).queue("busy").queue("idle").registry(&Registry::new());
    let watch = watch.every(Duration::from_secs(600)).on_status(move |queue| {
        *times.lock().unwrap().entry(queue.queue.clone()).or_default() += 1;
    });
    let watching = watch.start().unwrap();
    until_queue(&watching, "idle", |queue| queue.state.is_connected());
    until_queue(&watching, "busy", |queue| queue.state.is_connected());
    for ms in 2_000_000..2_000_010 {
        fake.add("busy", ms, &["event", "completed", "jobId", "1"]);
        until_queue(&watching, "busy", |queue| queue.totals.completed == ms - 1_999_999);
    }
    // Each was looked at once, and one of them was not missing any more.
    let expected = [("busy".to_owned(), 2), ("idle".to_owned(), 1)].into();
    assert_eq!(*told.lock().unwrap(), expected);
}

/// What a process that is killed in a listener has saved and not told is bounded.
#[test]
fn what_is_saved_is_told_before_much_more_is_read() {
    let (fake, file) = (Fake::start(), file("bounded"));
    let told = Arc::new(AtomicU64::new(0));
    let ahead = Arc::new(AtomicU64::new(0));
    let (count, most, path) = (Arc::clone(&told), Arc::clone(&ahead), file.clone());
    let mut watch = Watch::new(&fake.url()).position_file(&file).registry(&Registry::new());
    watch = watch.every(Duration::from_secs(600)).on_job(move |_| {
        let position: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let queues = position["queues"].as_object().unwrap().values();
        let saved: u64 = queues.map(|queue| queue["totals"]["completed"].as_u64().unwrap()).sum();
        most.fetch_max(saved - count.fetch_add(1, Relaxed), Relaxed);
    });
    let queues = ["a", "b", "c"];
    for queue in queues {
        watch = watch.queue(queue);
    }
    let watching = watch.start().unwrap();
    until_queue(&watching, "c", |queue| queue.state.is_connected());
    {
        let mut all = fake.told();
        for queue in queues {
            let fields = ["event", "completed", "jobId", "1"];
            let entries = (2_000_000..2_000_900).map(|ms| (ms, fields.to_vec()));
            all.streams.insert(queue.to_owned(), entries.collect());
        }
    }
    until("all is told", || told.load(Relaxed) == 2_700);
    let most = ahead.load(Relaxed);
    assert!((500..700).contains(&most), "{most}");
    drop(watching);
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
