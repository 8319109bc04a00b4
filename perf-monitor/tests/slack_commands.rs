//! Slack's slash commands, signed as Slack signs them
//! (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).

#![cfg(feature = "http")]

use hmac::{Hmac, KeyInit, Mac};
use perf_core::{Outcome, Registry};
use perf_monitor::{
    Monitor,
    config::Config,
    health::{Check, CheckResult, HealthRegistry},
    http::{Http, Server},
    rules::{Rule, Statistic},
};
use serde_json::Value;
use sha2::Sha256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

fn served(http: Http) -> (Monitor, Server) {
    let registry = Registry::new();
    registry.record_outcome("`job` <!channel>", Duration::from_secs(1), Outcome::Error);
    for n in 0..40 {
        registry.record(&format!("operation_{n}"), Duration::from_millis(n));
    }
    let health = HealthRegistry::new();
    health.register(Check::new("database", || CheckResult::down("refused")));
    let config =
        "interval = \"1h\"\ntick = \"1h\"\nready_made_rules = false\n[system]\nresources = false";
    let monitor = Monitor::builder()
        .config(Config::from_toml(config).unwrap())
        .registry(&registry)
        .health(&health)
        .rule(Rule::new("slow", Statistic::Mean).of("`job` <!channel>").above(0.5))
        .start()
        .unwrap();
    monitor.tick();
    let server = http.serve(&monitor).unwrap();
    (monitor, server)
}

fn signature(secret: &str, time: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{time}:{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().fold("v0=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// The status, and what is answered to `/perf` and this text.
fn command(server: &Server, text: &str, secret: &str) -> (u16, Value) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let body =
        format!("token=x&team_id=T1&command=%2Fperf&text={}&user_id=U1", text.replace(' ', "+"));
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let mut answer = ureq::Agent::new_with_config(agent)
        .post(format!("http://{}/slack/commands", server.address()))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-slack-request-timestamp", &now)
        .header("x-slack-signature", &signature(secret, &now, &body))
        .send(&body)
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

fn said(server: &Server, text: &str) -> String {
    let (status, answer) = command(server, text, SECRET);
    assert_eq!((status, &answer["response_type"]), (200, &"ephemeral".into()), "{answer}");
    let length = |text: &Value| text.as_str().unwrap().encode_utf16().count();
    for block in answer["blocks"].as_array().unwrap() {
        let most = if block["type"] == "header" { 150 } else { 3_000 };
        assert!((1..=most).contains(&length(&block["text"]["text"])), "{block}");
        assert!(block["fields"].as_array().map_or(0, Vec::len) <= 10, "{block}");
    }
    answer["blocks"].to_string()
}

#[test]
fn each_command_says_what_it_is_for() {
    let (_monitor, server) = served(Http::new().slack_signing_secret(SECRET).token("other"));
    for text in ["summary", "", "SUMMARY"] {
        let summary = said(&server, text);
        assert!(summary.contains("41") && summary.contains("2.4 %"), "{summary}");
    }
    let top = said(&server, "top 3");
    assert!(top.contains("'job' &lt;!channel&gt;") && top.contains("operation_39"), "{top}");
    assert!(!top.contains("operation_30"), "{top}");
    assert!(said(&server, "top 1000").contains("operation_20"));
    let alerts = said(&server, "alerts");
    assert!(alerts.contains("1 alerts fire") && alerts.contains("slow"), "{alerts}");
    let health = said(&server, "health");
    assert!(health.contains("DOWN") && health.contains("refused"), "{health}");
    for text in ["help", "what is this"] {
        assert!(said(&server, text).contains("top [n]"));
    }
}

#[test]
fn what_slack_has_not_signed_is_refused() {
    let (_monitor, server) = served(Http::new().slack_signing_secret(SECRET));
    let (status, problem) = command(&server, "summary", "another secret");
    assert!(status == 401 && problem["detail"].as_str().unwrap().contains("signed"), "{problem}");
    let (_monitor, server) = served(Http::new());
    assert_eq!(command(&server, "summary", SECRET).0, 404);
}
