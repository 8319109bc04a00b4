//! All that is answered over HTTP, asked of a real server.

#![cfg(feature = "http")]

use perf_core::{Outcome, Registry};
use perf_monitor::{
    Monitor,
    config::Config,
    health::{Check, CheckResult, HealthRegistry},
    http::{Http, ServeError, Server},
    rules::{Rule, Statistic},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const QUIET: &str = "interval = \"1h\"\nready_made_rules = false\n[system]\nresources = false";

/// A monitor that only ticks when told to, of a registry of its own, and its server.
struct Served {
    registry: Registry,
    monitor: Monitor,
    server: Server,
}

fn served(http: Http) -> Served {
    served_with(http, &HealthRegistry::new())
}

fn served_with(http: Http, health: &HealthRegistry) -> Served {
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
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What is wrong, of an answer that says so.
    fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// Sends these bytes, and reads until the other side has ended.
fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
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

fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let host =
        if headers.contains("Host: ") { String::new() } else { format!("Host: {address}\r\n") };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    raw(address, request.as_bytes())
}

fn get(served: &Served, path: &str) -> Answer {
    ask(served.server.address(), "GET", path, &[], "")
}

fn get_as(served: &Served, path: &str, accept: &str) -> Answer {
    ask(served.server.address(), "GET", path, &[("Accept", accept)], "")
}

#[test]
fn the_figures_of_operations_are_those_of_the_window() {
    let served = served(Http::new());
    let _ = get(&served, "/api/v1/overview");
    for millis in 1..=100 {
        served.registry.record("job", Duration::from_millis(millis));
    }
    served.registry.record_outcome("a/b {c}?%", Duration::from_secs(1), Outcome::Error);
    perf_core::with_registry(&served.registry, || {
        let _outer = perf_core::timer("outer");
        drop(perf_core::timer("job"));
    });
    served.monitor.tick();

    let overview = get(&served, "/api/v1/overview").json();
    assert_eq!((&overview["calls"]["count"], &overview["operations"]), (&103.into(), &3.into()));
    assert_eq!(overview["windows"], serde_json::json!(["1m", "5m", "1h", "start"]));
    assert_eq!(overview["slowest"][0]["name"], "a/b {c}?%");
    assert_eq!(overview["failing"].as_array().unwrap().len(), 1);

    let rows = get(&served, "/api/v1/operations?window=1m&sort=count&limit=1").json();
    assert_eq!((&rows["found"], &rows["all"]), (&3.into(), &3.into()));
    let row = &rows["operations"][0];
    assert_eq!((&row["name"], &row["count"]), (&"job".into(), &101.into()));
    let p50 = row["p50_ns"].as_f64().unwrap();
    assert!((p50 / 50e6 - 1.0).abs() < 0.01, "{p50}");
    assert_eq!(row["spark"]["count"].as_array().unwrap().last(), Some(&101.into()));

    let found = get(&served, "/api/v1/operations?q=OUT%20ter").json();
    assert_eq!((&found["found"], &found["operations"][0]["name"]), (&1.into(), &"outer".into()));
    let by_name = get(&served, "/api/v1/operations?sort=name&order=asc&offset=1").json();
    assert_eq!(by_name["operations"][0]["name"], "job");

    let job = get(&served, "/api/v1/operations/job").json();
    assert_eq!(job["callers"].as_array().unwrap().len(), 2);
    assert_eq!(job["windows"].as_array().unwrap().len(), 4);
    let heat: u64 = job["heat"]["counts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| column.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()))
        .sum();
    assert_eq!(heat, 101);
    assert_eq!(job["timeline"]["count"].as_array().unwrap().last(), Some(&101.into()));
    let outer = get(&served, "/api/v1/operations/outer").json();
    assert_eq!(outer["callees"][0]["name"], "job");
    let odd = get(&served, "/api/v1/operations/a%2Fb%20%7Bc%7D%3F%25").json();
    assert_eq!(
        (&odd["calls"]["errors"], &odd["calls"]["outcomes"]["error"]),
        (&Value::Null, &1.into())
    );

    assert_eq!(get(&served, "/api/v1/operation?name=outer").json(), outer);

    let graph = get(&served, "/api/v1/graph").json();
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(graph["edges"].as_array().unwrap().len(), 1);
}

#[test]
fn series_are_chosen_by_their_labels() {
    let served = served(Http::new());
    for table in ["users", "orders", "orders"] {
        drop(served.registry.timer_labelled("query", &[("table", table)]));
    }
    served.registry.record("query", Duration::from_millis(1));
    served.monitor.tick();
    let count = |query: &str| {
        let path = format!("/api/v1/operations/query{query}");
        get(&served, &path).json()["calls"]["count"].as_u64()
    };
    assert_eq!(count(""), Some(4));
    assert_eq!(count("?label=table%3Dorders"), Some(2));
    assert_eq!(count("?exact=true"), Some(1));
    assert_eq!(get(&served, "/api/v1/operations/query?label=table%3Dnone").status, 404);
    assert!(get(&served, "/api/v1/operations/query?label=table").problem().contains("key=value"));
}

#[test]
fn what_is_not_understood_is_a_problem_that_says_why() {
    let served = served(Http::new());
    for (path, status, why) in [
        ("/nothing", 404, "nothing here"),
        ("/api/v1/nothing", 404, "nothing here"),
        ("/../../etc/passwd", 404, "nothing here"),
        ("/%2e%2e/%2e%2e/etc/passwd", 404, "nothing here"),
        ("/api/v1/operations/none", 404, "no such operation"),
        ("/api/v1/operations/%ff", 400, "UTF-8"),
        ("/api/v1/operations?limit=0", 400, "1 to 5000"),
        ("/api/v1/operations?limit=x", 400, "limit"),
        ("/api/v1/operations?sort=size", 400, "total"),
        ("/api/v1/operations?what=1", 400, "what"),
        ("/api/v1/overview?window=2h", 400, "1m, 5m, 1h, start"),
        ("/api/v1/overview?window=soon", 400, "1m, 5m, 1h, start"),
    ] {
        let answer = get(&served, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(answer.problem().contains(why), "{path}: {answer:?}");
    }
    let address = served.server.address();
    for (method, path) in
        [("POST", "/metrics"), ("DELETE", "/api/v1/operations"), ("GET", "/slack/commands")]
    {
        let answer = ask(address, method, path, &[], "");
        assert_eq!(answer.status, 405, "{method} {path}");
        assert!(answer.problem().contains("method"));
    }
    assert_eq!(ask(address, "TRACE", "/", &[], "").status, 405);
    let long = "x".repeat(100_000);
    assert_eq!(ask(address, "GET", "/", &[("X-Long", &long)], "").status, 431);
    assert_eq!(ask(address, "GET", &format!("/{long}"), &[], "").status, 431);
    let many: Vec<(String, &str)> = (0..100).map(|n| (format!("X-{n}"), "1")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (&**name, *value)).collect();
    assert_eq!(ask(address, "GET", "/", &many, "").status, 431);
    assert_eq!(ask(address, "POST", "/api/v1/session", &[], &long).status, 413);
    let json = ("Content-Type", "application/json");
    assert!((400..500).contains(&ask(address, "POST", "/api/v1/session", &[json], "{").status));
    assert_eq!(raw(address, b"\0\x01\x02 what is this\r\n\r\n").status, 400);
    assert_eq!(get(&served, "/livez").status, 200);
}

#[test]
fn a_token_opens_everything_and_without_it_there_is_only_health() {
    let health = HealthRegistry::new();
    health.register(Check::new("disk", || CheckResult::degraded("full of s3cret")));
    let served = served_with(Http::new().token("s3cret"), &health);
    let address = served.server.address();
    let guarded = [
        "/metrics",
        "/api/v1/overview",
        "/api/v1/operations",
        "/api/v1/operations/x",
        "/api/v1/graph",
        "/api/v1/alerts",
        "/api/v1/resources",
        "/api/v1/metrics",
        "/api/v1/report",
        "/api/v1/snapshot",
        "/api/v1/events",
    ];
    for path in guarded {
        let answer = get(&served, path);
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, Some("Bearer")),
            "{path}"
        );
        let wrong = ask(address, "GET", path, &[("Authorization", "Bearer s3cre")], "");
        assert_eq!(wrong.status, 401, "{path}");
    }
    assert_eq!(ask(address, "POST", "/api/v1/reset", &[], "").status, 401);
    for path in ["/", "/livez", "/readyz", "/startupz", "/openapi.json"] {
        assert!(get(&served, path).status != 401, "{path}");
    }
    assert!(!get(&served, "/health").body.contains("full of s3cret"));

    let bearer = [("Authorization", "Bearer s3cret")];
    assert_eq!(ask(address, "GET", "/api/v1/overview", &bearer, "").status, 200);
    assert!(ask(address, "GET", "/health", &bearer, "").body.contains("full of s3cret"));

    let json = [("Content-Type", "application/json")];
    let begin = |token: &str| {
        ask(address, "POST", "/api/v1/session", &json, &format!("{{\"token\":\"{token}\"}}"))
    };
    assert_eq!(begin("wrong").status, 401);
    let session = begin("s3cret");
    let cookie = session.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(ask(address, "GET", "/api/v1/overview", &[("Cookie", cookie)], "").status, 200);
    let ended = ask(address, "DELETE", "/api/v1/session", &[("Cookie", cookie)], "");
    assert!(ended.header("set-cookie").unwrap().contains("Max-Age=0"), "{ended:?}");

    served.registry.record("job", Duration::from_millis(1));
    assert_eq!(ask(address, "POST", "/api/v1/reset", &bearer, "").status, 204);
    assert_eq!(served.registry.get("job").map_or(0, |job| job.count()), 0);
}

#[test]
fn without_a_token_nothing_is_reset_and_names_of_others_are_refused() {
    let served = served(Http::new().host("perf.internal"));
    let address = served.server.address();
    let refused = ask(address, "POST", "/api/v1/reset", &[], "");
    assert!(refused.status == 403 && refused.problem().contains("http.token"), "{refused:?}");
    for (host, status) in
        [("evil.example", 421), ("localhost:1", 200), ("perf.internal", 200), ("[::1]", 200)]
    {
        assert_eq!(ask(address, "GET", "/api/v1/overview", &[("Host", host)], "").status, status);
    }
    assert_eq!(raw(address, b"GET / HTTP/1.0\r\n\r\n").status, 421);
}

#[test]
fn health_is_said_in_two_ways_and_by_the_status() {
    let health = HealthRegistry::new().version("1.2.3");
    health.register(Check::new("database", || CheckResult::down("gone")));
    let served = served_with(Http::new(), &health);
    let health = get(&served, "/health");
    assert_eq!(
        (health.status, health.header("content-type")),
        (503, Some("application/health+json"))
    );
    assert_eq!(
        (&health.json()["status"], &health.json()["version"]),
        (&"fail".into(), &"1.2.3".into())
    );
    let plain = get_as(&served, "/health", "application/json");
    assert_eq!(
        (&plain.json()["status"], &plain.json()["checks"]["database"]["status"]),
        (&"DOWN".into(), &"DOWN".into())
    );
    assert!(plain.json()["uptime_seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(get(&served, "/livez").status, 200);
    assert_eq!((get(&served, "/readyz").status, get(&served, "/startupz").status), (503, 503));
}

#[test]
fn prometheus_and_people_get_what_they_accept() {
    let served = served(Http::new());
    served.registry.record("job", Duration::from_millis(1));
    served.monitor.tick();
    let text = get(&served, "/metrics");
    assert!(text.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(text.body.contains("perfkit_operation_calls_total{operation=\"job\""), "{}", text.body);
    let open = get_as(&served, "/metrics", "application/openmetrics-text; version=1.0.0");
    assert!(open.body.ends_with("# EOF\n"));
    let zipped =
        ask(served.server.address(), "GET", "/metrics", &[("Accept-Encoding", "gzip")], "");
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));

    let report = get(&served, "/api/v1/report").json();
    assert_eq!(
        (&report["totalRuns"], &report["operations"]["job"]["totalRuns"]),
        (&1.into(), &1.into())
    );
    assert!(get_as(&served, "/api/v1/report", "text/html").body.starts_with("<!doctype html>"));
    assert!(get_as(&served, "/api/v1/report", "text/plain").body.contains("job"));
    let snapshot = get(&served, "/api/v1/snapshot").body;
    let snapshot = perf_export::json::read(&snapshot).unwrap();
    assert_eq!(snapshot.get("job").unwrap().count(), 1);
}

#[test]
fn the_page_runs_nothing_but_what_it_came_with() {
    let served = served(Http::new());
    let page = get(&served, "/");
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.head);
    assert!(page.body.contains("data-base=\"\""));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

/// The events of a stream, as they come.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(served: &Served, last: Option<u64>) -> Self {
        let address = served.server.address();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\n{last}\r\n").unwrap();
        Self(BufReader::new(stream))
    }

    /// Name, id and data of the next one; `None` at the end.
    fn next(&mut self) -> Option<(String, Option<u64>, Value)> {
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

#[test]
fn ticks_and_alerts_are_told_as_they_come_and_again_to_those_who_were_away() {
    let served = served(Http::new());
    let mut events = Events::open(&served, None);
    let (name, _, hello) = events.next().unwrap();
    assert_eq!((&*name, hello["interval_ms"].is_u64()), ("hello", true));
    served.registry.record("job", Duration::from_secs(1));
    served.monitor.tick();
    let (name, id, tick) = events.next().unwrap();
    assert_eq!((&*name, &tick["count"], &tick["firing"]), ("tick", &1.into(), &1.into()));
    let (name, last, alert) = events.next().unwrap();
    assert_eq!(
        (&*name, &alert["rule"], &alert["status"]),
        ("alert", &"slow".into(), &"firing".into())
    );
    drop(events);

    served.monitor.tick();
    let mut again = Events::open(&served, id);
    assert_eq!(again.next().unwrap().2["server"], hello["server"]);
    assert_eq!(again.next().unwrap().1, last);
    assert_eq!(
        again.next().unwrap().2["tick"].as_u64(),
        tick["tick"].as_u64().map(|tick| tick + 1)
    );
    // An id of another run is no reason to wait.
    let mut other = Events::open(&served, Some(1_000_000));
    assert_eq!(other.next().unwrap().0, "hello");
    served.monitor.tick();
    assert_eq!(other.next().unwrap().0, "tick");

    let history = get(&served, "/api/v1/alerts").json();
    assert_eq!(history["history"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&history["firing"][0]["rule"], &history["rules"][0]["name"]),
        (&"slow".into(), &"slow".into())
    );

    let Served { monitor, server, .. } = served;
    assert!(monitor.stop().is_empty());
    // The last tick of the monitor.
    assert_eq!(other.next().unwrap().0, "tick");
    assert!(other.next().is_none());
    drop(server);
}

#[test]
fn a_server_that_ends_ends_its_streams_and_frees_its_port() {
    let served = served(Http::new());
    let mut events = Events::open(&served, None);
    assert!(events.next().is_some());
    let address = served.server.address();
    let Served { monitor, server, .. } = served;
    server.stop();
    assert!(events.next().is_none());
    let again = Http::new().address(address.to_string()).serve(&monitor).unwrap();
    assert_eq!(again.address(), address);
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_that_says_why() {
    let served = served(Http::new());
    let address = served.server.address().to_string();
    let busy = Http::new().address(&address).serve(&served.monitor).unwrap_err();
    assert!(matches!(busy, ServeError::Bind(..)), "{busy:?}");
    let text = busy.to_string();
    assert!(text.contains(&address) && text.contains("another program"), "{text}");
    for wrong in ["", "nothing", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http"] {
        let error = Http::new().address(wrong).serve(&served.monitor).unwrap_err();
        assert!(matches!(error, ServeError::Address(..)), "{wrong}: {error:?}");
    }
}

#[test]
fn a_port_of_the_settings_is_served_and_a_busy_one_is_no_reason_not_to_watch() {
    let start = |port: u16| {
        let config = format!("{QUIET}\n[http]\nport = {port}\ntoken = \"s3cret\"");
        let config = Config::from_toml(&config).unwrap();
        Monitor::builder().config(config).registry(&Registry::new()).start().unwrap()
    };
    let first = start(0);
    let address = first.address().unwrap();
    assert!(address.ip().is_loopback());
    assert_eq!(ask(address, "GET", "/metrics", &[], "").status, 401);
    let bearer = [("Authorization", "Bearer s3cret")];
    assert_eq!(ask(address, "GET", "/metrics", &bearer, "").status, 200);
    let second = start(address.port());
    assert_eq!(second.address(), None);
    second.tick();
    assert!(first.stop().is_empty());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_app_of_ones_own_has_it_at_a_path_of_ones_own() {
    let registry = Registry::new();
    let config = Config::from_toml(QUIET).unwrap();
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    let app = axum::Router::new().nest("/perf", Http::new().router(&monitor));
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    let address = receiver.recv().unwrap();
    let get = |path: &str| ask(address, "GET", path, &[("Host", "app.example")], "");
    assert!(get("/perf").body.contains("data-base=\"perf/\""));
    assert_eq!(get("/perf/api/v1/overview").status, 200);
    assert_eq!(get("/perf/livez").status, 200);
    assert_eq!(get("/perf/nothing").status, 404);
    assert_eq!(get("/livez").status, 404);
}
