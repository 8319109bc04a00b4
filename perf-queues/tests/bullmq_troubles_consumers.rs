//! What can be wrong with Redis and its queues, on a real one.

mod support;

use perf_core::Registry;
use perf_queues::bullmq::{QueueState, Watch};
use serde_json::json;
use std::time::{Duration, Instant};
use support::{Folder, Node, Redis, small, until, until_queue};

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_wrong_password_is_said_and_not_repeated() {
    let redis = Redis::with("bullmq-password", &["--requirepass", "right"]);
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", redis.port());
    let watching = Watch::new(&url("s3cret")).queue("mail").start().unwrap();
    let queue =
        until_queue(&watching, "mail", |queue| matches!(queue.state, QueueState::Away { .. }));
    let QueueState::Away { error, .. } = queue.state else { unreachable!() };
    assert!(
        error.starts_with("127.0.0.1:") && error.ends_with("wrong user or password"),
        "{error}"
    );
    assert!(!format!("{watching:?}").contains("s3cret"));
    drop(watching);

    // It takes no more than the right to read.
    let rights = ["+@read", "+@connection", "+time"];
    let user = ["ACL", "SETUSER", "eye", "on", ">s3cret", "~bull:*"];
    redis.ask_as(":right@", &[&user[..], &rights].concat()).unwrap();
    let registry = Registry::new();
    let url = format!("redis://eye:s3cret@127.0.0.1:{}", redis.port());
    let watching = Watch::new(&url).queue("mail").all().registry(&registry).start().unwrap();
    until_queue(&watching, "mail", |queue| queue.state == QueueState::Missing);
    small(&redis, &json!({ "queue": "mail", "jobs": 20, "password": "right" }));
    let queue = until_queue(&watching, "mail", |queue| queue.totals.completed == 20);
    assert_eq!(queue.state, QueueState::Connected);
    let denied = redis.ask_as(":right@", &["ACL", "LOG"]).unwrap();
    assert!(!format!("{denied:?}").contains("eye"), "{denied:?}");
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_queue_that_is_not_there_yet_is_counted_from_its_first_job() {
    let redis = Redis::start("bullmq-new");
    let registry = Registry::new();
    // Jobs are gone from Redis as soon as they are done.
    let options = json!({ "queue": "new", "jobs": 150, "remove": true, "ms": 30 });
    let watching =
        Watch::new(&redis.url()).queue("new").by_name().registry(&registry).start().unwrap();
    until_queue(&watching, "new", |queue| queue.state == QueueState::Missing);
    let began = Instant::now();
    let said = small(&redis, &options);
    assert_eq!(said["counts"]["completed"], 0);
    let queue = until_queue(&watching, "new", |queue| queue.totals.completed == 150);
    assert_eq!((queue.totals.gaps, queue.jobs.completed), (0, 0));
    let snapshot = registry.snapshot();
    let labels = [("queue", "new"), ("result", "completed"), ("name", "small")];
    let run = snapshot.get_labelled("queue::run", &labels).unwrap();
    assert_eq!(run.count(), 150);
    // What the worker measured within each attempt, and not much more than what it took in all.
    let mut took: Vec<_> =
        said["took"].as_array().unwrap().iter().map(|ms| ms.as_f64().unwrap()).collect();
    took.sort_by(f64::total_cmp);
    let (ours, theirs) = (run.percentile(50.0).unwrap().as_secs_f64() * 1_000.0, took[75]);
    println!("median {ours:.1} ms, by the worker {theirs:.1} ms");
    assert!(ours > theirs - 2.0 - theirs / 50.0, "{ours} and {theirs}");
    assert!(run.max().unwrap() < began.elapsed());
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn what_was_trimmed_unread_is_counted_exactly() {
    let redis = Redis::start("bullmq-trimmed");
    let registry = Registry::new();
    let watch = || {
        let file = redis.folder().join("position.json");
        Watch::new(&redis.url())
            .queue("short")
            .position_file(file)
            .registry(&registry)
            .start()
            .unwrap()
    };
    let options = json!({ "queue": "short", "jobs": 30 });
    let watching = watch();
    until_queue(&watching, "short", |queue| queue.state.is_connected());
    small(&redis, &options);
    until_queue(&watching, "short", |queue| queue.totals.completed == 30);
    let stopped = watching.stop();
    assert_eq!(stopped.queues[0].totals.gaps, 0);
    let before = redis.stream("short", "entries-added");
    small(&redis, &json!({ "queue": "short", "jobs": 600, "maxLen": 10 }));
    let (added, left) = (redis.stream("short", "entries-added"), redis.stream("short", "length"));
    let watching = watch();
    let queue = until_queue(&watching, "short", |queue| queue.totals.gaps > 0);
    assert_eq!(queue.totals.events_missed, added - before - left);
    assert!(queue.totals.events_missed > 1_000, "{queue:?}");
    let of = [("queue", "short")];
    until("the registry is told", || {
        registry.snapshot().counter("queue_events_missed", &of) == Some(added - before - left)
    });
    // From here on everything is counted again.
    let counted = until_queue(&watching, "short", |queue| queue.jobs.waiting == 0).totals.completed;
    small(&redis, &json!({ "queue": "short", "jobs": 25 }));
    let queue = until_queue(&watching, "short", |queue| queue.totals.completed >= counted + 25);
    assert_eq!((queue.totals.completed, queue.totals.gaps), (counted + 25, 1));
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn all_queues_are_found_the_new_ones_too() {
    let redis = Redis::start("bullmq-all");
    for queue in ["a", "b", "c"] {
        small(&redis, &json!({ "queue": queue, "jobs": 10, "prefix": "[x]*" }));
    }
    small(&redis, &json!({ "queue": "elsewhere", "jobs": 10 }));
    let registry = Registry::new();
    let watching =
        Watch::new(&redis.url()).all().prefix("[x]*").registry(&registry).start().unwrap();
    for queue in ["a", "b", "c"] {
        until_queue(&watching, queue, |queue| queue.jobs.completed == 10);
    }
    small(&redis, &json!({ "queue": "later", "jobs": 10, "prefix": "[x]*" }));
    let later = until_queue(&watching, "later", |queue| queue.totals.completed == 10);
    assert_eq!(later.totals.gaps, 0);
    let names: Vec<_> = watching.status().queues.into_iter().map(|queue| queue.queue).collect();
    assert_eq!(names, ["a", "b", "c", "later"]);
    // What was before the watch is none of its business.
    assert_eq!(watching.status().queue("a").unwrap().totals.completed, 0);
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_redis_that_comes_back_empty_is_a_gap_and_not_the_end() {
    let mut redis = Redis::with("bullmq-empty", &["--appendonly", "no"]);
    let watching =
        Watch::new(&redis.url()).queue("mail").registry(&Registry::new()).start().unwrap();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    small(&redis, &json!({ "queue": "mail", "jobs": 40 }));
    until_queue(&watching, "mail", |queue| queue.totals.completed == 40);
    for times in 1..4 {
        redis.kill();
        until_queue(&watching, "mail", |queue| !queue.state.is_connected());
        redis.up();
        if times < 3 {
            until_queue(&watching, "mail", |queue| queue.totals.gaps == times);
        }
        // The third time there are new jobs at once.
        small(&redis, &json!({ "queue": "mail", "jobs": 10 }));
        let queue =
            until_queue(&watching, "mail", |queue| queue.totals.completed == 40 + times * 10);
        assert_eq!((queue.totals.gaps, queue.totals.events_missed), (times, 0));
    }
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn pauses_rate_limits_and_strange_keys() {
    let redis = Redis::start("bullmq-odd");
    let registry = Registry::new();
    let watching = Watch::new(&redis.url()).all().queue("odd").registry(&registry).start().unwrap();
    small(&redis, &json!({ "queue": "held", "jobs": 7, "pause": true }));
    let held = until_queue(&watching, "held", |queue| queue.is_paused);
    // As BullMQ 6 has it; 5 would say `paused`.
    assert_eq!(held.jobs.waiting + held.jobs.paused, 7);
    assert_eq!(registry.snapshot().gauge("queue_is_paused", &[("queue", "held")]), Some(1.0));
    // Jobs that are handed back for a rate limit have not failed.
    small(&redis, &json!({ "queue": "limited", "jobs": 20, "limits": 5 }));
    let limited = until_queue(&watching, "limited", |queue| queue.totals.completed == 20);
    assert_eq!((limited.totals.retried, limited.totals.failed), (0, 0));
    // What is no queue at all does not hinder the others.
    redis.ask(&["SET", "bull:odd:events", "x"]).unwrap();
    redis.ask(&["RPUSH", "bull:odd:meta", "x"]).unwrap();
    let odd = until_queue(&watching, "odd", |queue| matches!(queue.state, QueueState::Away { .. }));
    let QueueState::Away { error, .. } = odd.state else { unreachable!() };
    assert!(error.contains("WRONGTYPE"), "{error}");
    small(&redis, &json!({ "queue": "limited", "jobs": 5 }));
    until_queue(&watching, "limited", |queue| queue.totals.completed == 25);
    redis.ask(&["DEL", "bull:odd:events", "bull:odd:meta"]).unwrap();
    until_queue(&watching, "odd", |queue| queue.state == QueueState::Missing);
    // Entries by nobody knows whom.
    let odd = ["XADD", "bull:limited:events", "*", "event", "completed", "\u{1}", "x"];
    redis.ask(&odd).unwrap();
    redis.ask(&["XADD", "bull:limited:events", "*", "event", "failed", "jobId", "events"]).unwrap();
    let queue = until_queue(&watching, "limited", |queue| queue.totals.failed == 1);
    assert_eq!(queue.totals.completed, 25);
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn failures_from_before_the_watch_are_none_of_its_own() {
    let redis = Redis::start("bullmq-before");
    Node::start("fail", &redis, &json!({ "queue": "mail", "jobs": 10 })).end();
    let watching =
        Watch::new(&redis.url()).queue("mail").registry(&Registry::new()).start().unwrap();
    until_queue(&watching, "mail", |queue| queue.jobs.delayed == 10);
    let options = json!({ "queue": "mail", "jobs": 10, "limits": 5, "pause": 200 });
    Node::start("resume", &redis, &options).end();
    let queue = until_queue(&watching, "mail", |queue| queue.totals.completed == 10);
    assert_eq!((queue.totals.retried, queue.totals.failed), (0, 0));
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_position_that_cannot_be_saved_is_said() {
    let (redis, folder) = (Redis::start("bullmq-unsaved"), Folder::new("bullmq-unsaved-position"));
    let file = folder.path().join("position.json");
    std::fs::write(&file, "{").unwrap();
    let registry = Registry::new();
    let watch = || {
        let watch = Watch::new(&redis.url()).queue("mail").position_file(&file);
        watch.registry(&registry).start().unwrap()
    };
    let watching = watch();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    let said = || watching.status().position_error;
    assert!(said().is_some_and(|said| said.contains("position.json.damaged")), "{:?}", said());
    std::fs::remove_dir_all(folder.path()).unwrap();
    small(&redis, &json!({ "queue": "mail", "jobs": 10 }));
    until_queue(&watching, "mail", |queue| queue.totals.completed == 10);
    assert!(said().is_some_and(|said| said.contains("No such file")), "{:?}", said());
    // It is tried again, without further news.
    std::fs::create_dir(folder.path()).unwrap();
    until("it is saved", || file.exists() && said().is_none());
    drop(watching);
    let watching = watch();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    assert_eq!(watching.stop().queues[0].totals.completed, 10);
    // What is in the file is counted already.
    let labels = [("queue", "mail"), ("result", "completed")];
    assert_eq!(registry.snapshot().counter("queue_jobs_finished", &labels), Some(10));
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_redis_that_hangs_is_away() {
    let redis = Redis::start("bullmq-hangs");
    let watching =
        Watch::new(&redis.url()).queue("mail").registry(&Registry::new()).start().unwrap();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    redis.signal("STOP");
    let began = Instant::now();
    let away = until_queue(&watching, "mail", |queue| !queue.state.is_connected());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let QueueState::Away { error, .. } = away.state else { unreachable!() };
    assert!(error.ends_with("no answer within 5 s"), "{error}");
    redis.signal("CONT");
    small(&redis, &json!({ "queue": "mail", "jobs": 10 }));
    let queue = until_queue(&watching, "mail", |queue| queue.totals.completed == 10);
    assert_eq!(queue.totals.gaps, 0);
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_worker_that_is_gone_is_no_failure() {
    let redis = Redis::start("bullmq-stalled");
    let watching =
        Watch::new(&redis.url()).queue("mail").registry(&Registry::new()).start().unwrap();
    until_queue(&watching, "mail", |queue| queue.state.is_connected());
    let slow = Node::start("small", &redis, &json!({ "queue": "mail", "jobs": 1, "ms": 600_000 }));
    until_queue(&watching, "mail", |queue| queue.jobs.active == 1);
    drop(slow);
    // Its lock would last half a minute, and so would the pause between two looks.
    let options = json!({ "queue": "mail", "name": "w", "stalledInterval": 300 });
    redis.ask(&["DEL", "bull:mail:1:lock"]).unwrap();
    let _worker = Node::start("work", &redis, &options);
    let queue = until_queue(&watching, "mail", |queue| queue.totals.stalled == 1);
    assert_eq!((queue.totals.retried, queue.totals.failed), (0, 0));
}
