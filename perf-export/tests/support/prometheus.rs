//! A real Prometheus, and an endpoint that it scrapes each second.

use super::{Folder, Running, start_prometheus};
use perf_core::Registry;
use perf_export::prometheus::{Options, respond};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Labels as Prometheus gives them, `__name__` among them.
pub type Labels = BTreeMap<String, String>;

/// Answers any request for as long as the test runs.
pub struct Endpoint {
    pub port: u16,
    accepts: Arc<Mutex<BTreeSet<String>>>,
}

/// What is answered, and how.
struct Served {
    registry: Registry,
    options: Options,
    /// As if every request had said this.
    accept: Option<&'static str>,
}

impl Endpoint {
    pub fn serve(registry: Registry) -> Self {
        Self::serve_with(registry, Options::default(), None)
    }

    /// With these options, and in the format that `accept` means whatever a request accepts.
    pub fn serve_with(registry: Registry, options: Options, accept: Option<&'static str>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepts = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&accepts);
        let served = Served { registry, options, accept };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who asked may have gone.
                let _ = served.answer(stream, &seen);
            }
        });
        Self { port, accepts }
    }

    /// All that requests said they accept.
    pub fn accepts(&self) -> BTreeSet<String> {
        self.accepts.lock().unwrap().clone()
    }
}

impl Served {
    fn answer(&self, mut stream: TcpStream, seen: &Mutex<BTreeSet<String>>) -> io::Result<()> {
        let mut headers = BTreeMap::new();
        for line in BufReader::new(&stream).lines() {
            let line = line?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
        }
        let of = |name| headers.get(name).map(String::as_str);
        seen.lock().unwrap().extend(of("accept").map(str::to_owned));
        let accept = self.accept.or(of("accept"));
        let snapshot = self.registry.snapshot();
        let response = respond(&snapshot, accept, of("accept-encoding"), &self.options);
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n")?;
        write!(stream, "Content-Type: {}\r\n", response.content_type)?;
        if let Some(encoding) = response.content_encoding {
            write!(stream, "Content-Encoding: {encoding}\r\n")?;
        }
        write!(stream, "Content-Length: {}\r\n\r\n", response.body.len())?;
        stream.write_all(&response.body)
    }
}

/// A Prometheus server, ended with the test.
pub struct Prometheus {
    port: u16,
    // Ended before its folder is removed.
    _running: Running,
    _folder: Folder,
}

impl Prometheus {
    /// One that scrapes this port each second; with native histograms, or without.
    pub fn start(port_of_target: u16, native: bool) -> Self {
        let folder = Folder::new(&format!("prometheus-{port_of_target}-{native}"));
        let settings = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs:\n\
             - job_name: perfkit\n  \
               static_configs: [{{ targets: ['127.0.0.1:{port_of_target}'] }}]\n"
        );
        let (port, running) = start_prometheus(&folder, &settings, native);
        Self { port, _running: running, _folder: folder }
    }

    /// Waits for the first scrape that succeeds.
    pub fn wait_until_up(&self) {
        self.wait_for("up == 1");
    }

    /// Waits until a query has a result.
    pub fn wait_for(&self, query: &str) {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() || self.query(query).is_empty()
        {
            assert!(started.elapsed() < Duration::from_secs(60), "no result: {query}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// The result of an expression: a value for each set of labels.
    pub fn query(&self, expression: &str) -> Vec<(Labels, f64)> {
        let answer = self.api("query", &[("query", expression)]);
        let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let result = |result: Value| {
            let labels = serde_json::from_value(result["metric"].clone()).unwrap();
            let value = result["value"][1].as_str().unwrap_or("NaN").parse().unwrap();
            (labels, value)
        };
        results.into_iter().map(result).collect()
    }

    /// The only value of an expression.
    pub fn value(&self, expression: &str) -> f64 {
        match &self.query(expression)[..] {
            [(_, value)] => *value,
            other => panic!("{expression}: {other:?}"),
        }
    }

    /// The labels of all series that match.
    pub fn series(&self, selector: &str) -> Vec<Labels> {
        let answer = self.api("series", &[("match[]", selector)]);
        serde_json::from_value(answer["data"].clone()).unwrap()
    }

    /// The answer of the HTTP API; before the server is ready, nothing.
    pub fn api(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let pair = |(key, value): &(&str, &str)| format!("{}={}", encoded(key), encoded(value));
        let parameters: Vec<_> = parameters.iter().map(pair).collect();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let parameters = parameters.join("&");
        write!(stream, "GET /api/v1/{path}?{parameters} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        assert_ne!(body["status"], "error", "{parameters}: {body}");
        body
    }
}

/// As a part of a query string.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}
