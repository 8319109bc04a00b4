//! The orchestrator for as long as one likes, while its PostgreSQL is killed again and again, its Slack is
//! away for a third of the time, and clients come and go: `cargo xtask soak --minutes N`.
//!
//! In the end all counts must be equal, which the program says itself by its exit code, and its memory, file
//! handles and threads must be what they were.
#![cfg(target_os = "linux")]

mod clients;
mod usage;

#[path = "../../perf-store/tests/support/server.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is made for other tests")]
mod server;
#[path = "../../perf-export/tests/support/mod.rs"]
#[allow(unused_imports, reason = "not every part of it is needed")]
mod support;

use clients::Clients;
use server::Server;
use std::{
    env,
    io::Read,
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use support::{Folder, free_port};
use usage::{Sampler, Usage};

const MINUTE: Duration = Duration::from_secs(60);

/// Ends with the test, however that ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    fn start(store: &str, spool: &Folder, lasts: Duration, port: u16) -> Self {
        let program = env::var_os("PERFKIT_SOAK_PROGRAM").expect("PERFKIT_SOAK_PROGRAM is set");
        let child = Command::new(program)
            .args([lasts.as_secs().to_string(), format!("127.0.0.1:{port}")])
            .env("PERFKIT_STORE", store)
            .env("PERFKIT_SPOOL", spool.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let program = Self(child);
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < MINUTE, "the program does not listen");
            sleep(Duration::from_millis(50));
        }
        program
    }

    /// Waits for its end, and returns what it printed.
    fn end(mut self) -> String {
        let mut text = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        let status = self.0.wait().unwrap();
        println!("{text}");
        assert!(status.success(), "the program failed: {status}");
        text
    }
}

/// Kills the server each half minute, for five seconds, until there are but 20 seconds left.
fn kill_again_and_again(server: &Server, until: Instant) -> u32 {
    let mut kills = 0;
    while until.saturating_duration_since(Instant::now()) > Duration::from_secs(35) {
        sleep(Duration::from_secs(10));
        server.kill();
        kills += 1;
        sleep(Duration::from_secs(5));
        server.up();
        sleep(Duration::from_secs(15).min(until.saturating_duration_since(Instant::now())));
    }
    kills
}

#[test]
#[ignore = "needs PostgreSQL, the program, and time"]
fn the_orchestrator_keeps_all_and_grows_by_nothing() {
    let minutes = env::var("PERFKIT_SOAK_MINUTES").map_or(1, |text| text.parse().unwrap());
    let (server, spool, port) = (Server::start("soak"), Folder::new("soak-spool"), free_port());
    let lasts = MINUTE * minutes;
    let until = Instant::now() + lasts;
    let program = Program::start(&server.url(), &spool, lasts, port);
    let sampler = Sampler::start(program.0.id());
    let clients = Clients::start(port);

    let kills = kill_again_and_again(&server, until);
    let asked = clients.stop();
    sleep(until.saturating_duration_since(Instant::now()));
    let usage = sampler.stop();
    let printed = program.end();

    println!("PostgreSQL killed {kills} times, {asked} good answers to clients");
    println!("{}", usage::table(&usage));
    let [ok, failed, given_up] = counts(&printed, "the clients");
    assert!(ok > 0 && failed > 0 && given_up > 0, "there was no load");
    assert_eq!(counts(&printed, "the store"), [ok, failed, given_up]);
    assert!(kills > 0 && asked > 0);
    is_flat(&usage);
}

/// The counts in a line of the program's.
fn counts(printed: &str, who: &str) -> [u64; 3] {
    let line = printed.lines().find_map(|line| line.strip_prefix(who)).unwrap();
    let numbers: Vec<u64> = line.split_whitespace().map(|text| text.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// The last quarter beside the second: before that, windows fill.
fn is_flat(usage: &[Usage]) {
    let quarter = usage.len() / 4;
    assert!(quarter > 0, "there are no samples");
    let [before, after] = [&usage[quarter..2 * quarter], &usage[3 * quarter..]].map(usage::median);
    println!("second quarter: {before}\nlast quarter:   {after}");
    assert!(after.files <= before.files + 2, "file handles grow");
    assert!(after.threads <= before.threads + 2, "threads grow");
    assert!(after.kib <= before.kib + before.kib / 10, "memory grows");
}
