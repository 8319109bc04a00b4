//! A server, and a client that says what it is told to, byte by byte.

use perf_core::Registry;
use perf_monitor::{
    Monitor,
    config::Config,
    health::HealthRegistry,
    http::{Http, Server},
    rules::{Rule, Statistic},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub(crate) const QUIET: &str =
    "interval = \"1h\"\ntick = \"1h\"\nready_made_rules = false\n[system]\nresources = false";

/// A monitor that only ticks when told to, of a registry of its own, and its server.
pub(crate) struct Served {
    pub(crate) registry: Registry,
    pub(crate) monitor: Monitor,
    pub(crate) server: Server,
}

pub(crate) fn served(http: Http) -> Served {
    served_with(http, &HealthRegistry::new())
}

pub(crate) fn served_with(http: Http, health: &HealthRegistry) -> Served {
    let registry = Registry::new();
    let slow = Rule::new("slow", Statistic::Mean).of("job").above(0.5);
    let monitor = Monitor::builder()
        .config(Config::from_toml(QUIET).unwrap())
        .registry(&registry)
        .health(health)
        .rule(slow)
        .start()
        .unwrap();
    let server = http.serve(&monitor).unwrap();
    Served { registry, monitor, server }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What is wrong, of an answer that says so.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// Sends these bytes, and reads until the other side has ended.
pub(crate) fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The server may answer, and close, before it has all of it.
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let all = String::from_utf8_lossy(&all);
    let (head, body) = all.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {all}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.into(), body: body.into() }
}

pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let headers: String = headers
        .iter()
        .fold(String::new(), |all, (name, value)| all + &format!("{name}: {value}\r\n"));
    let host =
        if headers.contains("Host: ") { String::new() } else { format!("Host: {address}\r\n") };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    raw(address, request.as_bytes())
}

pub(crate) fn get(served: &Served, path: &str) -> Answer {
    ask(served.server.address(), "GET", path, &[], "")
}

pub(crate) fn get_as(served: &Served, path: &str, accept: &str) -> Answer {
    ask(served.server.address(), "GET", path, &[("Accept", accept)], "")
}

/// The events of a stream, as they come.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn open(served: &Served, last: Option<u64>) -> Self {
        let address = served.server.address();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\n{last}\r\n").unwrap();
        Self(BufReader::new(stream))
    }

    /// Name, id and data of the next one; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(String, Option<u64>, Value)> {
        let (mut name, mut id) = (String::new(), None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            match line.split_once(": ") {
                Some(("event", of)) => name = of.into(),
                Some(("id", of)) => id = of.parse().ok(),
                Some(("data", data)) => {
                    return Some((name, id, serde_json::from_str(data).unwrap()));
                }
                // The last piece of a body in chunks.
                None if line == "0" => return None,
                _ => {}
            }
        }
    }
}
