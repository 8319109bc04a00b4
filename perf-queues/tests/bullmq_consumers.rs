//! Two thousand jobs of a real BullMQ on a real Redis, which is killed in the middle, watched by one watch
//! and then by another.

#![allow(clippy::doc_markdown, reason = "BullMQ is a name")]

mod support;

use perf_core::{Histogram, Registry, Snapshot};
use perf_queues::{
    FinishedJob, JobOutcome,
    bullmq::{Watch, Watching},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};
use support::{Node, Redis, until_queue};

const QUEUE: &str = "accessibility-improvements";
const JOBS: u64 = 2_000;
const SECONDS: u64 = 60;

/// Attempts by job, end and outcome.
type Heard = Arc<Mutex<BTreeMap<(String, SystemTime, JobOutcome), u64>>>;

fn watch(redis: &Redis, registry: &Registry, heard: &Heard) -> Watching {
    let heard = Arc::clone(heard);
    let watch = Watch::new(&redis.url())
        .queue(QUEUE)
        .registry(registry)
        .by_name()
        .position_file(redis.folder().join("position.json"));
    let watch = watch.on_job(move |job: &FinishedJob| {
        assert!(
            job.worker.as_deref().is_some_and(|worker| worker.starts_with("worker-")),
            "{job:?}"
        );
        let attempt = (job.id.clone(), job.at, job.outcome);
        *heard.lock().unwrap().entry(attempt).or_default() += 1;
    });
    watch.start().unwrap()
}

/// What a registry has counted: completed, failed, retried.
fn counted(snapshot: &Snapshot) -> [u64; 3] {
    JobOutcome::ALL.map(|outcome| {
        let labels = [("queue", QUEUE), ("outcome", outcome.as_str())];
        snapshot.counter("queue_jobs_finished", &labels).unwrap()
    })
}

/// The run times of all attempts.
fn runs(snapshot: &Snapshot) -> Histogram {
    let mut all = snapshot.series("queue::run").map(|of| of.histogram().clone());
    let first = all.next().unwrap();
    all.fold(first, |mut all, one| {
        all.merge(&one);
        all
    })
}

/// Redis is killed a third of the way, and the watch changed after two thirds.
fn troubles(redis: &mut Redis, registries: &[Registry; 2], heard: &Heard) -> Watching {
    let began = Instant::now();
    let until_second = |second| {
        sleep(Duration::from_secs(second).saturating_sub(began.elapsed()));
    };
    let first = watch(redis, &registries[0], heard);
    until_second(SECONDS / 3);
    let before = until_queue(&first, QUEUE, |queue| queue.state.is_connected());
    redis.kill();
    let away = until_queue(&first, QUEUE, |queue| !queue.state.is_connected());
    assert!(away.jobs.completed > 0 && away.totals.completed >= before.totals.completed);
    assert_eq!(registries[0].snapshot().gauge("queue_up", &[("queue", QUEUE)]), Some(0.0));
    sleep(Duration::from_secs(2));
    redis.up();
    until_queue(&first, QUEUE, |queue| queue.state.is_connected());
    until_second(SECONDS * 2 / 3);
    let stopped = first.stop();
    let totals = stopped.queues[0].totals;
    let all = counted(&registries[0].snapshot());
    assert_eq!([totals.completed, totals.failed, totals.retried], all);
    // Nobody watches for a while.
    sleep(Duration::from_secs(5));
    watch(redis, &registries[1], heard)
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn two_thousand_jobs_are_counted_as_bullmq_does() {
    let mut redis = Redis::start("bullmq-jobs");
    let worker = |name: &str| json!({ "queue": QUEUE, "name": name });
    let workers = ["worker-1", "worker-2"].map(|name| Node::start("work", &redis, &worker(name)));
    let options = json!({ "queue": QUEUE, "jobs": JOBS, "seconds": SECONDS });
    let registries = [Registry::new(), Registry::new()];
    let heard = Heard::default();
    let producer = Node::start("produce", &redis, &options);
    let watching = troubles(&mut redis, &registries, &heard);

    let truth = producer.end();
    let took = workers.map(Node::end);
    let number = |of: &Value| of.as_u64().unwrap();
    let counts = &truth["counts"];
    let expected =
        [number(&counts["completed"]), number(&counts["failed"]), number(&truth["retried"])];
    println!("completed, failed, retried by BullMQ: {expected:?}, stalled: {}", truth["stalled"]);
    assert_eq!(expected[0] + expected[1], JOBS);
    assert!(expected.iter().all(|count| *count > 100), "{expected:?}");
    until_queue(&watching, QUEUE, |queue| queue.totals.completed >= expected[0]);
    // Whatever is counted twice would be by now.
    sleep(Duration::from_secs(2));
    let status = watching.stop();
    let [first, second] = registries.map(|registry| registry.snapshot());
    let all = counted(&first).iter().zip(counted(&second)).map(|(a, b)| a + b).collect::<Vec<_>>();
    assert_eq!(all, expected);
    let totals = status.queues[0].totals;
    assert_eq!([totals.completed, totals.failed, totals.retried], expected);
    assert_eq!((totals.gaps, totals.events_missed), (0, 0));
    assert_eq!(totals.stalled, number(&truth["stalled"]));
    let heard = heard.lock().unwrap();
    assert!(heard.values().all(|times| *times == 1), "an attempt was heard of twice");
    assert_eq!(heard.len() as u64, expected.iter().sum::<u64>());

    let jobs = status.queues[0].jobs;
    assert_eq!((jobs.completed, jobs.failed), (expected[0], expected[1]));
    for state in ["waiting", "active", "delayed", "prioritized", "waiting_children", "paused"] {
        let labels = [("queue", QUEUE), ("state", state)];
        assert_eq!(second.gauge("queue_jobs", &labels), Some(0.0), "{state}");
    }
    near(&first, &second, &took);
}

/// Our percentiles are those the workers measured.
fn near(first: &Snapshot, second: &Snapshot, took: &[Value]) {
    let mut all = runs(first);
    all.merge(&runs(second));
    let of = |worker: &Value| worker["took"].as_array().unwrap().clone();
    let mut took: Vec<f64> = took.iter().flat_map(of).map(|ms| ms.as_f64().unwrap()).collect();
    took.sort_by(f64::total_cmp);
    for percent in [50.0, 90.0, 99.0] {
        let ours = all.percentile(percent).unwrap().as_secs_f64() * 1_000.0;
        let theirs = took[((took.len() - 1) as f64 * percent / 100.0) as usize];
        println!("p{percent}: {ours:.1} ms, by the workers {theirs:.1} ms");
        assert!((ours - theirs).abs() < 5.0 + theirs / 10.0, "p{percent}: {ours} and {theirs}");
    }
    assert!(second.series("queue::wait").map(perf_core::Operation::count).sum::<u64>() > 100);
}
