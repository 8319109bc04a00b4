//! Two thousand jobs of a real BullMQ on a real Redis, which is killed in the middle, watched by one watch
//! and then by another.

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
        let labels = [("queue", QUEUE), ("result", outcome.as_str())];
        snapshot.counter("queue_jobs_finished", &labels).unwrap()
    })
}

/// The run times in two registries of attempts that ended so.
fn runs(snapshots: [&Snapshot; 2], outcomes: &[JobOutcome]) -> Histogram {
    let mut all = Histogram::new(2);
    for run in snapshots.iter().flat_map(|snapshot| snapshot.series("queue::run")) {
        let outcome = run.label("result").unwrap();
        if outcomes.iter().any(|of| of.as_str() == outcome) {
            all.merge(run.histogram());
        }
    }
    all
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
        let gauge = second.gauge(&format!("queue_jobs_{state}"), &[("queue", QUEUE)]);
        assert_eq!(gauge, Some(0.0), "{state}");
    }
    let snapshots = [&first, &second];
    assert!(second.series("queue::wait").map(perf_core::Operation::count).sum::<u64>() > 100);
    // What the workers wrote down of each job's last attempt.
    let ended = runs(snapshots, &JobOutcome::ALL[..2]);
    compare(&ended, numbers(&truth["run"]), |ours, theirs| {
        (ours - theirs).abs() < 1.0 + theirs / 50.0
    });
    // What they measured around each attempt, without what BullMQ takes before and after.
    let all = runs(snapshots, &JobOutcome::ALL);
    let took = took.iter().flat_map(|worker| numbers(&worker["took"])).collect();
    compare(&all, took, |ours, theirs| ours > theirs - 2.0 - theirs / 50.0);
}

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Percentiles of ours and of theirs, in milliseconds.
fn compare(ours: &Histogram, mut theirs: Vec<f64>, is_near: impl Fn(f64, f64) -> bool) {
    theirs.sort_by(f64::total_cmp);
    for percent in [50.0, 90.0, 99.0] {
        let of = ours.percentile(percent).unwrap().as_secs_f64() * 1_000.0;
        let at = (theirs.len() as f64 * percent / 100.0).ceil() as usize - 1;
        println!("p{percent}: {of:.1} ms, by the workers {:.1} ms", theirs[at]);
        assert!(is_near(of, theirs[at]), "p{percent}: {of} and {}", theirs[at]);
    }
}
