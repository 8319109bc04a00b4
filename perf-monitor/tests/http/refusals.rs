//! What is not answered, and what is said instead.

use crate::support::{ask, get, raw, served};
use perf_monitor::http::Http;

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
