//! Processes that write to a real PostgreSQL, which is stopped and killed, as one of them is.

mod support;

use perf_store::{Retention, Writer, WriterBuilder, open};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::{Folder, MINUTE, calls, instance, operation, server::Server, snapshot, start};

/// Tells a process that it is a child of the test: the URL, its name, and the folder it works in.
const URL: &str = "PERFKIT_TEST_STORE";
const NAME: &str = "PERFKIT_TEST_NAME";
const FOLDER: &str = "PERFKIT_TEST_FOLDER";

const PATIENCE: Duration = Duration::from_secs(120);
/// Calls of an interval.
const CALLS: u64 = 6;

/// A process that writes until a file named `stop` is there. What it has written it says in a file.
struct Process {
    child: Child,
    folder: PathBuf,
    name: String,
}

impl Process {
    fn start(name: &str, url: &str, folder: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "a_process", "--nocapture"])
            .envs([(URL, url), (NAME, name)])
            .env(FOLDER, folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder: folder.to_owned(), name: name.to_owned() }
    }

    /// Intervals it has handed over, by its own account.
    fn written(&self) -> u64 {
        fs::metadata(self.folder.join(&self.name)).map_or(0, |said| said.len())
    }

    fn kill(mut self) -> u64 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.written()
    }

    fn end(mut self) -> u64 {
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "{} does not end", self.name);
            thread::sleep(Duration::from_millis(50));
        }
        assert!(self.child.wait().unwrap().success(), "{} failed", self.name);
        self.written()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn writer(url: &str, name: &str, folder: &Path) -> Writer {
    let pauses = (Duration::from_millis(50), Duration::from_millis(500));
    WriterBuilder::new(url, folder.join("spool"))
        .pauses(pauses.0, pauses.1)
        .upkeep_every(Duration::from_secs(2))
        .retention(Retention::days(36_500))
        .start(instance(name, "host"))
        .unwrap()
}

/// What a child does. Run by itself it has nothing to do.
#[test]
#[ignore = "is a child of another test"]
fn a_process() {
    let said = [URL, NAME].map(|key| std::env::var(key).ok());
    let ([Some(url), Some(name)], Some(folder)) = (said, std::env::var_os(FOLDER)) else { return };
    let folder = PathBuf::from(folder);
    let mut writer = writer(&url, &name, &folder);
    let mut account = File::create(folder.join(&name)).unwrap();
    let mut at = 0;
    while !folder.join("stop").exists() {
        at += 1;
        let operations = ["read", "write"].map(|name| operation(name, &[1_000 * at, 70_000, at]));
        let taken = start() + MINUTE * u32::try_from(at).unwrap();
        writer.write(snapshot(taken, operations.to_vec()), Vec::new(), Vec::new()).unwrap();
        account.write_all(b".").unwrap();
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(writer.stop(PATIENCE).waiting, 0);
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn what_processes_say_they_wrote_is_in_the_store() {
    let server = Server::start("pg-processes");
    let folders: Vec<_> = (0..5).map(|n| Folder::new(&format!("process-{n}"))).collect();
    let start = |n: usize, name: String| Process::start(&name, &server.url(), folders[n].path());
    let mut processes: Vec<_> = (0..5).map(|n| start(n, format!("p{n}"))).collect();
    let began = Instant::now();
    let until =
        |seconds| thread::sleep(Duration::from_secs(seconds).saturating_sub(began.elapsed()));
    until(10);
    for (at, is_killed) in [(10, false), (30, true), (45, false)] {
        until(at);
        let stop = if is_killed { Server::kill } else { Server::down };
        stop(&server);
        if at == 30 {
            // With the server away something waits in its spool.
            until(33);
            let written = processes.remove(2).kill();
            assert!(written > 100, "{written}");
            processes.push(start(2, "p2-again".into()));
        }
        until(at + 5);
        server.up();
    }
    until(60);
    folders.iter().for_each(|folder| fs::write(folder.path().join("stop"), "").unwrap());
    let killed = fs::metadata(folders[2].path().join("p2")).unwrap().len();
    let names: Vec<_> = processes.iter().map(|process| process.name.clone()).collect();
    let written: Vec<_> = processes.into_iter().map(Process::end).collect();
    let store = open(&server.url()).unwrap();
    let stored = |name: &str| calls(&*store, &[name.to_owned()]) / CALLS;
    for (name, written) in names.iter().zip(&written) {
        assert_eq!(stored(name), *written, "{name}");
    }
    // It may have been killed between writing an interval and saying so.
    assert!([killed, killed + 1].contains(&stored("p2")), "{} of {killed}", stored("p2"));
    let twice = "SELECT COUNT(*) FROM (SELECT 1 FROM perfkit_interval GROUP BY instance_id, level, \
                 sequence HAVING COUNT(*) > 1) d";
    assert_eq!(server.sql(twice), "0");
    println!(
        "{} intervals of 5 processes, and {killed} of the killed one",
        written.iter().sum::<u64>()
    );
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn ten_processes_start_on_an_empty_database() {
    let server = Server::start("pg-ten-processes");
    let folders: Vec<_> = (0..10).map(|n| Folder::new(&format!("ten-{n}"))).collect();
    // As soon as they have written once, they end.
    let start = |(n, folder): (usize, &Folder)| {
        Process::start(&format!("p{n}"), &server.url(), folder.path())
    };
    let processes: Vec<_> = folders.iter().enumerate().map(start).collect();
    thread::sleep(Duration::from_secs(2));
    folders.iter().for_each(|folder| fs::write(folder.path().join("stop"), "").unwrap());
    let written: u64 = processes.into_iter().map(Process::end).sum();
    let store = open(&server.url()).unwrap();
    assert_eq!((store.instances().unwrap().len(), calls(&*store, &[])), (10, CALLS * written));
    assert_eq!(server.sql("SELECT string_agg(version::text, ',') FROM perfkit_schema"), "1");
    let error = server.log().lines().find(|line| line.contains("ERROR")).map(str::to_owned);
    assert_eq!(error, None);
}
