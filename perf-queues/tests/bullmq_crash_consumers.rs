//! Watches in processes of their own, killed again and again.

mod support;

use perf_core::Registry;
use perf_queues::bullmq::Watch;
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};
use support::{Node, Redis, until_queue};

const JOBS: u64 = 800;

/// A process that runs one test of this program. Ended with the test.
struct Process(Child);

impl Process {
    fn of(test: &str, url: &str, folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", test]).env("WATCHED", url).env("FOLDER", folder);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test: what `Process` runs.
#[test]
#[ignore = "is run by the next one"]
fn watches_until_it_is_killed() {
    let (Ok(url), Ok(folder)) = (std::env::var("WATCHED"), std::env::var("FOLDER")) else { return };
    let folder = Path::new(&folder);
    let told = File::options().append(true).create(true).open(folder.join("told")).unwrap();
    let watch = Watch::new(&url).queue("mail").position_file(folder.join("position.json"));
    let watch = watch.registry(&Registry::new()).on_job(move |job| {
        let line = format!("{} {:?} {}\n", job.id, job.at, job.outcome);
        (&told).write_all(line.as_bytes()).unwrap();
    });
    let _watching = watch.start().unwrap();
    sleep(Duration::from_secs(600));
}

#[test]
#[ignore = "needs redis-server and BullMQ: cargo xtask ci"]
fn a_watch_that_is_killed_loses_and_doubles_nothing() {
    let redis = Redis::start("bullmq-crash");
    let watch = || Process::of("watches_until_it_is_killed", &redis.url(), redis.folder());
    let position = redis.folder().join("position.json");
    let mut process = watch();
    support::until("the watch has begun", || position.exists());
    let worker = Node::start("work", &redis, &json!({ "queue": "mail", "name": "w" }));
    let options = json!({ "queue": "mail", "jobs": JOBS, "seconds": 15 });
    let producer = Node::start("produce", &redis, &options);
    let mut kills = 0;
    for _ in 0..20 {
        sleep(Duration::from_millis(fastrand::u64(300..1_200)));
        drop(process);
        kills += 1;
        process = watch();
    }
    let truth = producer.end();
    drop(worker);
    drop(process);

    // What nobody has counted yet is counted now.
    let watch = Watch::new(&redis.url()).queue("mail").position_file(&position);
    let watching = watch.registry(&Registry::new()).start().unwrap();
    let is_done = |all: u64| all == JOBS;
    until_queue(&watching, "mail", |of| is_done(of.totals.completed + of.totals.failed));
    let totals = watching.stop().queues[0].totals;
    let number = |of: &serde_json::Value| of.as_u64().unwrap();
    let counts = &truth["counts"];
    let expected = [&counts["completed"], &counts["failed"], &truth["retried"]].map(number);
    assert_eq!([totals.completed, totals.failed, totals.retried], expected);
    assert_eq!(totals.gaps, 0);

    let told = fs::read_to_string(redis.folder().join("told")).unwrap();
    let once: BTreeSet<_> = told.lines().collect();
    assert_eq!(once.len(), told.lines().count(), "something was told twice");
    let all = expected.iter().sum::<u64>();
    println!("{kills} kills, {} of {all} attempts told by the killed", once.len());
    assert!(once.len() as u64 <= all && once.len() > 500);
}
