//! A Redis of a test's own, and BullMQ in node.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "not every test uses all of it")]

#[path = "../../../perf-export/tests/support/mod.rs"]
#[allow(unexpected_cfgs, reason = "a feature of perf-export's")]
mod programs;

pub use programs::{Folder, Running, free_port, output};

use perf_queues::bullmq::{QueueStatus, Watching};
use serde_json::Value;
use std::{
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

pub const PATIENCE: Duration = Duration::from_secs(60);

/// On a free port of the loopback interface, with its data in a folder of its own. Ended with the test.
pub struct Redis {
    child: Option<Child>,
    port: u16,
    folder: Folder,
    more: Vec<&'static str>,
}

impl Redis {
    /// One that has everything on its disk before it answers.
    pub fn start(name: &str) -> Self {
        Self::with(name, &["--appendonly", "yes", "--appendfsync", "always"])
    }

    pub fn with(name: &str, more: &[&'static str]) -> Self {
        let (port, folder) = (free_port(), Folder::new(name));
        let mut redis = Self { child: None, port, folder, more: more.to_vec() };
        redis.up();
        redis
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn up(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path()).args(&self.more);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        self.child = Some(child.expect("redis-server is installed"));
        // It answers, be it that it wants a password.
        until("Redis answers", || match self.ask(&["PING"]) {
            Ok(_) => true,
            Err(error) => error.to_string().contains("NOAUTH"),
        });
    }

    /// As a system that runs out of memory does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// `STOP` or `CONT`.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(pid).status();
        assert!(sent.unwrap().success());
    }

    /// Sends a command.
    pub fn ask(&self, command: &[&str]) -> redis::RedisResult<redis::Value> {
        self.ask_as("", command)
    }

    /// With `user:password@`.
    pub fn ask_as(&self, who: &str, command: &[&str]) -> redis::RedisResult<redis::Value> {
        let client = redis::Client::open(format!("redis://{who}127.0.0.1:{}", self.port))?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(1))?;
        let mut sent = redis::cmd(command[0]);
        sent.arg(&command[1..]).query(&mut connection)
    }

    /// Of `XINFO STREAM`.
    pub fn stream(&self, queue: &str, field: &str) -> u64 {
        let key = format!("bull:{queue}:events");
        let redis::Value::Array(all) = self.ask(&["XINFO", "STREAM", &key]).unwrap() else {
            panic!("no such stream")
        };
        let at = all.iter().position(|of| *of == redis::Value::BulkString(field.into())).unwrap();
        let redis::Value::Int(number) = all[at + 1] else { panic!("{field} is no number") };
        number.try_into().unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A node that runs `bullmq.js`. Ended with the test.
pub struct Node(Option<Child>);

impl Node {
    pub fn start(what: &str, redis: &Redis, options: &Value) -> Self {
        let modules = std::env::var_os("PERFKIT_NODE_MODULES")
            .expect("PERFKIT_NODE_MODULES says where npm's packages are");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bullmq.js");
        let mut command = Command::new("node");
        command.arg(script).args([what, &redis.port().to_string(), &options.to_string()]);
        command.env("NODE_PATH", modules).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(Some(command.spawn().expect("node is installed")))
    }

    /// Waits for its end, which the end of its standard input may ask for, and returns what it says.
    pub fn end(mut self) -> Value {
        let child = self.0.as_mut().unwrap();
        drop(child.stdin.take());
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}: {said}");
        serde_json::from_str(said.lines().last().unwrap()).unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs some jobs, and returns what BullMQ says of them.
pub fn small(redis: &Redis, options: &Value) -> Value {
    Node::start("small", redis, options).end()
}

pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it is not so that {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a queue is as it should be.
pub fn until_queue(
    watching: &Watching,
    queue: &str,
    is_so: impl Fn(&QueueStatus) -> bool,
) -> QueueStatus {
    let began = Instant::now();
    loop {
        let status = watching.status();
        let queue = status.queue(queue);
        match queue {
            Some(queue) if is_so(queue) => return queue.clone(),
            _ => assert!(began.elapsed() < PATIENCE, "{queue:?}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}
