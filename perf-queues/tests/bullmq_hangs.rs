//! A Redis that does not answer.

mod fake;

use fake::Fake;
use perf_core::Registry;
use perf_queues::bullmq::{QueueState, Watch, Watching};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

fn until(watching: &Watching, is_so: impl Fn(&QueueState) -> bool) -> QueueState {
    let began = Instant::now();
    loop {
        let status = watching.status();
        let state = status.queues[0].state.clone();
        if is_so(&state) {
            return state;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{state:?}");
        sleep(Duration::from_millis(20));
    }
}

/// Jobs have ended, whose hashes are to be read.
fn ends(fake: &Fake) {
    let jobs = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    for (ms, job) in (2_000_000..).zip(jobs) {
        fake.add("mail", ms, &["event", "completed", "jobId", job]);
    }
}

/// It hangs from this command on.
fn hangs_with(command: &'static str) {
    let fake = Fake::start();
    let watching =
        Watch::new(&fake.url()).queue("mail").registry(&Registry::new()).start().unwrap();
    until(&watching, QueueState::is_connected);
    let began = Instant::now();
    fake.told().hangs.insert(command);
    ends(&fake);
    let state = until(&watching, |state| !state.is_connected());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let QueueState::Away { error, .. } = state else { unreachable!("{state:?}") };
    assert!(error.ends_with("no answer within 5 s"), "{error}");
    // It still ends when it is asked to.
    let began = Instant::now();
    drop(watching);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn a_redis_that_hangs_is_away() {
    let commands = ["LLEN", "HMGET", "XREAD", "XINFO"];
    let hangs = commands.map(|command| std::thread::spawn(move || hangs_with(command)));
    hangs.into_iter().for_each(|hang| hang.join().unwrap());
}

#[test]
fn a_listener_that_hangs_does_not_keep_the_watch_from_ending() {
    let fake = Fake::start();
    let watch = Watch::new(&fake.url()).queue("mail").registry(&Registry::new());
    let watching = watch.on_status(|_| sleep(Duration::from_secs(30))).start().unwrap();
    until(&watching, QueueState::is_connected);
    let began = Instant::now();
    assert_eq!(watching.stop().queues.len(), 1);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(5) && took < Duration::from_secs(12), "{took:?}");
}
