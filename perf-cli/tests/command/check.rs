//! `perfkit check`, of programs that serve.

use crate::support::{Served, perfkit, wrong};
use perf_core::Registry;
use perf_monitor::{
    health::{Check, CheckResult},
    http::Http,
};
use std::net::TcpListener;

fn checked(served: &Served, more: &[&str]) -> (i32, String) {
    let url = served.url();
    let done = perfkit([&["check", &*url], more].concat()).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
}

#[test]
fn up_degraded_and_down() {
    let served = Served::new(&Registry::new());
    let health = served.monitor.health();
    health.register_check("database", CheckResult::up);
    let (code, said) = checked(&served, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("(all)") && said.contains("pass"), "{said}");

    health.register(Check::new("cache", || CheckResult::degraded("almost full")).optional());
    let (code, said) = checked(&served, &[]);
    assert_eq!(code, 0, "{said}");
    let line = said.lines().find(|line| line.starts_with("cache")).unwrap();
    assert!(line.contains("warn") && line.contains("almost full"), "{said}");

    health.register_check("database", || CheckResult::down("no route\nto host"));
    let (code, said) = checked(&served, &[]);
    assert_eq!(code, 1, "{said}");
    let line = said.lines().find(|line| line.starts_with("database")).unwrap();
    assert!(line.contains("fail") && line.contains("no route"), "{said}");
}

#[test]
fn in_every_format() {
    let served = Served::new(&Registry::new());
    let down = || CheckResult::down("a|b, \"c\"");
    served.monitor.health().register_check("database", down);
    let (code, json) = checked(&served, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["status"]), (1, &"fail".into()));

    let (code, text) = checked(&served, &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["check", "status", "says"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let database = rows.iter().find(|row| row[0].starts_with("database")).unwrap();
    assert_eq!((code, &database[1], &database[2]), (1, "fail", "a|b, \"c\""));

    let (code, text) = checked(&served, &["--format", "md"]);
    let row = text.lines().find(|line| line.starts_with("| database")).unwrap();
    assert_eq!(code, 1);
    assert!(row.ends_with("| fail | **a\\|b, \"c\"** |"), "{row}");
}

#[test]
fn the_token_shows_the_checks() {
    let served = Served::with(&Registry::new(), Http::new().token("s3cret"));
    served.monitor.health().register_check("database", || CheckResult::down("no route"));
    let (code, said) = checked(&served, &[]);
    assert_eq!(code, 1);
    assert!(!said.contains("database"), "{said}");
    let (code, said) = checked(&served, &["--token", "s3cret"]);
    assert_eq!(code, 1);
    assert!(said.contains("database"), "{said}");
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It takes the connection, and says nothing.
    assert!(down(["check", &url, "--timeout", "200ms"]).contains("no answer in time"));
    drop(listener);
    assert!(down(["check", &url]).contains("does the program run"));
    let served = Served::new(&Registry::new());
    let other = format!("{}/openapi.json", served.url());
    assert!(wrong(["check", &other]).contains("says nothing of its health"));
}

/// What is said of one that does not answer.
fn down<const N: usize>(arguments: [&str; N]) -> String {
    let done = perfkit(arguments).assert().code(1);
    String::from_utf8_lossy(&done.get_output().stderr).into_owned()
}
