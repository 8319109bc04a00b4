//! Those who mean ill, or do badly: all of them get an answer that says so, and keep nobody else from one.

use crate::support::{Served, ask, get, raw, served, served_with};
use perf_monitor::{
    health::{Check, CheckResult, HealthRegistry},
    http::Http,
};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

/// All that comes in answer to these bytes.
fn all(served: &Served, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

#[test]
fn a_body_is_never_taken_for_a_request() {
    let served = served(Http::new());
    let hidden = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (headers, body) in [
        // Too long to be read.
        ("Content-Length: 100000\r\n", hidden.repeat(1_200)),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", hidden.into()),
        ("Content-Length: +5\r\n", hidden.into()),
        ("Content-Length: -1\r\n", hidden.into()),
        ("Transfer-Encoding: identity\r\n", hidden.into()),
        ("Transfer-Encoding: chunked, identity\r\n", hidden.into()),
        ("Transfer-Encoding: chunked\r\n", format!("zz\r\n{hidden}")),
        ("Transfer-Encoding : chunked\r\n", format!("0\r\n\r\n{hidden}")),
    ] {
        let head = "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n";
        let answer = all(&served, format!("{head}{headers}\r\n{body}").as_bytes());
        assert!(answers(&answer) == 1 && answer.starts_with("HTTP/1.1 4"), "{headers}: {answer}");
    }
    // Of two lengths the chunks count, and what follows them is no part of it.
    let both = "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = all(&served, format!("{both}{hidden}").as_bytes());
    assert!(answers(&answer) <= 2 && answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[test]
fn a_body_in_chunks_has_an_end_too() {
    let served = served(Http::new().token("s3cret").slack_signing_secret("s3cret"));
    for path in ["/api/v1/session", "/slack/commands"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
        let answer =
            raw(served.server.address(), (head + &chunk.repeat(8) + "0\r\n\r\n").as_bytes());
        assert_eq!(answer.status, 413, "{path}: {answer:?}");
        let _ = answer.problem();
    }
    let long = ask(served.server.address(), "POST", "/api/v1/session", &[], &"x".repeat(100_000));
    assert!(long.problem().contains("64 KiB"), "{long:?}");
}

#[test]
fn a_body_is_asked_for_only_where_it_is_wanted() {
    let served = served(Http::new().token("s3cret"));
    let expecting = |length: usize| {
        let mut stream = TcpStream::connect(served.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        )
        .unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert_eq!(expecting(20), "HTTP/1.1 100");
    assert_eq!(expecting(1_000_000), "HTTP/1.1 413");
}

#[test]
fn odd_requests_get_plain_answers() {
    let served = served(Http::new());
    let of = |head: &str, host: &str| {
        let request = format!("{head}\r\n{host}Connection: close\r\n\r\n");
        raw(served.server.address(), request.as_bytes()).status
    };
    let host = "Host: localhost\r\n";
    assert_eq!(of("GET http://localhost:1/livez HTTP/1.1", host), 200);
    assert_eq!(of("GET http://evil.example/livez HTTP/1.1", host), 421);
    assert_eq!(of("GET /livez HTTP/1.1", "Host: evil.example\r\n"), 421);
    assert_eq!(of("GET /livez HTTP/1.1", ""), 400);
    assert_eq!(of("GET /livez HTTP/1.1", "Host: localhost\r\nHost: evil.example\r\n"), 400);
    assert_eq!(of("GET /livez HTTP/1.0", host), 200);
    for odd in ["CONNECT localhost:1 HTTP/1.1", "OPTIONS * HTTP/1.1", "GET //livez HTTP/1.1"] {
        assert!((400..500).contains(&of(odd, host)), "{odd}");
    }
    assert!((400..600).contains(&of("GET /livez HTTP/9.9", host)));
    let head = ask(served.server.address(), "HEAD", "/api/v1/alerts", &[], "");
    assert_eq!((head.status, &*head.body), (200, ""));
    let refused = ask(served.server.address(), "HEAD", "/nothing", &[], "");
    assert_eq!((refused.status, &*refused.body), (404, ""));
    let method = ask(served.server.address(), "OPTIONS", "/api/v1/alerts", &[], "");
    assert_eq!((method.status, method.header("allow")), (405, Some("GET,HEAD")));
}

#[test]
fn a_check_that_hangs_keeps_nobody_else_waiting() {
    let (sender, hangs) = mpsc::channel::<()>();
    let hangs = Mutex::new(hangs);
    let health = HealthRegistry::new();
    let hanging = Check::new("hangs", move || {
        let _ = hangs.lock().unwrap().recv();
        CheckResult::up()
    });
    health.register(hanging.timeout(Duration::from_secs(20)));
    let served = served_with(Http::new(), &health);
    let address = served.server.address();
    let probes: Vec<_> = (0..16)
        .map(|_| thread::spawn(move || ask(address, "GET", "/readyz", &[], "").status))
        .collect();
    thread::sleep(Duration::from_millis(300));
    for path in ["/metrics", "/livez", "/api/v1/overview", "/api/v1/report"] {
        assert_eq!(get(&served, path).status, 200, "{path}");
    }
    // They still wait: all of that came before.
    assert!(!probes.iter().any(thread::JoinHandle::is_finished));
    drop(sender);
    assert!(probes.into_iter().all(|probe| probe.join().unwrap() == 200));
}

#[test]
fn a_gauge_that_hangs_keeps_only_that_scrape_waiting() {
    let served = served(Http::new());
    served.monitor.tick();
    let (sender, hangs) = mpsc::channel::<()>();
    let hangs = Mutex::new(hangs);
    let _gauge = served.registry.on_snapshot(move |_| _ = hangs.lock().unwrap().recv());
    let address = served.server.address();
    let scrape = thread::spawn(move || ask(address, "GET", "/metrics", &[], "").status);
    thread::sleep(Duration::from_millis(300));
    for path in ["/livez", "/health", "/api/v1/overview", "/api/v1/operations", "/api/v1/alerts"] {
        assert_eq!(get(&served, path).status, 200, "{path}");
    }
    assert!(!scrape.is_finished());
    drop(sender);
    assert_eq!(scrape.join().unwrap(), 200);
}

#[test]
fn hundreds_of_silent_clients_keep_no_probe_waiting() {
    let served = served(Http::new());
    let address = served.server.address();
    let silent: Vec<_> = (0..700).map_while(|_| TcpStream::connect(address).ok()).collect();
    assert_eq!(silent.len(), 700, "are there no more sockets?");
    assert_eq!(get(&served, "/livez").status, 200);
    // The oldest has been left for it.
    let mut oldest = &silent[0];
    oldest.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(oldest.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn a_session_changes_nothing_for_pages_of_others() {
    let served = served(Http::new().token("s3cret"));
    let address = served.server.address();
    let json = [("Content-Type", "application/json"), ("X-Forwarded-Proto", "https")];
    let session = ask(address, "POST", "/api/v1/session", &json, "{\"token\":\"s3cret\"}");
    let cookie = session.header("set-cookie").unwrap();
    assert!(cookie.contains("Secure"), "{cookie}");
    let cookie = ("Cookie", cookie.split(';').next().unwrap());
    let own = format!("http://{address}");
    let reset =
        |other: (&str, &str)| ask(address, "POST", "/api/v1/reset", &[cookie, other], "").status;
    for foreign in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "http://localhost:1"),
        ("Origin", "null"),
    ] {
        assert_eq!(reset(foreign), 403, "{foreign:?}");
    }
    for own in [("Sec-Fetch-Site", "same-origin"), ("Origin", &*own), ("X-Other", "1")] {
        assert_eq!(reset(own), 204, "{own:?}");
    }
    let form = [("Content-Type", "text/plain")];
    assert_eq!(
        ask(address, "POST", "/api/v1/session", &form, "{\"token\":\"s3cret\"}").status,
        415
    );
}

#[test]
fn names_and_labels_of_any_kind_are_found_again() {
    let served = served(Http::new());
    let names = ["", ".", "..", "a/../b", "<script>", "\u{202e}evil", "a\r\nb", "?#&=+%25", "\0"];
    for name in names {
        drop(served.registry.timer_labelled(name, &[("k=e&y", "\r\n\"'<\u{202e}")]));
    }
    served.monitor.tick();
    let encoded = |text: &str| -> String {
        percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC)
            .to_string()
    };
    let label = encoded("k=e&y=\r\n\"'<\u{202e}");
    for name in names {
        let path = format!("/api/v1/operation?name={}", encoded(name));
        assert_eq!(get(&served, &path).json()["name"], name);
        if !name.is_empty() {
            let path = format!("/api/v1/operations/{}", encoded(name));
            assert_eq!(get(&served, &path).json()["name"], name);
        }
        // A key with an equals sign is one that a series has.
        assert_eq!(get(&served, &format!("{path}&label={label}")).status, 200);
    }
}

#[test]
fn a_number_that_is_none_is_null() {
    let served = served(Http::new());
    for (name, value) in [("process_x", f64::NAN), ("process_y", f64::INFINITY), ("z", -0.0)] {
        served.registry.gauge(name, &[]).set(value);
    }
    for value in [f64::MAX, f64::MIN, f64::NAN, f64::NEG_INFINITY] {
        served.registry.distribution("d", &[]).record(value);
    }
    served.registry.record("longest", Duration::MAX);
    served.monitor.tick();
    for path in
        ["/resources", "/metrics", "/overview", "/operations", "/report", "/operations/longest"]
    {
        let _ = get(&served, &format!("/api/v1{path}")).json();
    }
    let metrics = get(&served, "/api/v1/metrics").json();
    let x = metrics["metrics"].as_array().unwrap().iter().find(|of| of["name"] == "process_x");
    assert_eq!(x.unwrap()["value"], Value::Null);
}

#[test]
fn thousands_of_series_are_a_table_still() {
    let served = served(Http::new());
    for at in 0..1_500 {
        drop(served.registry.timer_labelled("query", &[("user", &*at.to_string())]));
    }
    for _ in 0..10 {
        served.monitor.tick();
    }
    let table = get(&served, "/api/v1/operations?limit=5000&window=start").json();
    assert_eq!(table["operations"].as_array().unwrap().len(), 1_500);
    let one = get(&served, "/api/v1/operations/query?window=start").json();
    assert_eq!(
        (&one["series_count"], one["series"].as_array().unwrap().len()),
        (&1_500.into(), 100)
    );
}
