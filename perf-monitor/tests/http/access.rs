//! Who may ask.

use crate::support::{ask, get, raw, served, served_with};
use perf_monitor::{
    health::{Check, CheckResult, HealthRegistry},
    http::Http,
};
use std::time::Duration;

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
    // Load balancers leave the name out; no browser does.
    assert_eq!(raw(address, b"GET /livez HTTP/1.0\r\n\r\n").status, 200);
}
