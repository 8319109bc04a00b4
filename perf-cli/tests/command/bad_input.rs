//! What is of no use is told in one line, with code 2.

use crate::support::{Folder, Served, perfkit, shop, wrong};
use perf_core::Registry;
use perf_monitor::http::Http;
use std::{io::Write, net::TcpListener, thread};

/// Each command that reads an input, with it.
fn readers(input: &str) -> [Vec<&str>; 5] {
    [
        vec!["report", input],
        vec!["export", input, "--to", "csv"],
        vec!["flame", input],
        vec!["graph", input],
        vec!["compare", input, input],
    ]
}

#[test]
fn missing_files() {
    for command in readers("no/such.json") {
        assert!(wrong(command).contains("no/such.json: No such file"));
    }
}

#[test]
fn files_of_other_kinds() {
    let folder = Folder::new();
    let text = folder.file("notes.txt", "hello");
    for command in readers(&text) {
        assert!(wrong(command).contains("notes.txt: expected a .json, .ndjson or .hlog file"));
    }
    let json = folder.file("other.json", "[1, 2]");
    assert!(wrong(["report", &json]).contains("not a document of perfkit's JSON"));
    let binary = folder.file("binary.json", [0xff, 0xfe, 0]);
    assert!(wrong(["report", &binary]).contains("binary.json: "));
    let log = folder.file("other.hlog", "Tag=a,1,2\n");
    assert!(wrong(["report", &log]).contains("other.hlog: "));
    assert!(wrong(["report", &folder.file("empty.ndjson", "\n")]).contains("it is empty"));
    assert!(wrong(["report", &folder.file("empty.hlog", "")]).contains("it has no interval"));
}

#[test]
fn truncated_json() {
    let folder = Folder::new();
    let whole = perf_export::json::write(&shop(), &[50.0]);
    for part in [0, 1, whole.len() / 2, whole.len() - 3] {
        let file = folder.file("part.json", &whole[..part]);
        assert!(wrong(["report", &file]).contains("part.json: not a document"), "{part}");
    }
    let lines = folder.file("part.ndjson", whole.clone() + &whole[..whole.len() / 2]);
    assert!(wrong(["report", &lines]).contains("part.ndjson: line 2: "));
}

#[test]
fn other_versions() {
    let file = Folder::new();
    let file = file.file("new.json", r#"{"perfkit":7}"#);
    assert!(
        wrong(["report", &file]).contains("version 7 of perfkit's JSON; version 1 can be read")
    );
}

#[test]
fn damaged_bytes_never_panic() {
    let folder = Folder::new();
    let snapshot = shop();
    let log = perf_export::hdr::log(std::slice::from_ref(&snapshot));
    let json = perf_export::json::line(&snapshot, &[50.0]);
    for (name, whole) in [("a.json", &json), ("a.ndjson", &json), ("a.hlog", &log)] {
        let whole = whole.as_bytes();
        for at in (0..whole.len()).step_by(whole.len() / 30) {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 0x15;
            let file = folder.file(name, damaged);
            let done = perfkit(["report", &file]).output().unwrap();
            assert!(matches!(done.status.code(), Some(0 | 2)), "{name}, byte {at}: {done:?}");
        }
    }
}

#[test]
fn urls_where_nobody_answers() {
    // Nobody listens at a port that was given back.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://user:s3cret@127.0.0.1:{port}");
    for command in readers(&url) {
        let said = wrong(command);
        assert!(said.contains("does the program run, and serve there?"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    for url in ["http://", "http:// /", "http://[::1"] {
        assert!(wrong(["report", url]).contains("http:"), "{url}");
    }
}

#[test]
fn urls_of_others() {
    let registry = Registry::new();
    let served = Served::new(&registry);
    let said = wrong(["report", &format!("{}/nothing/here", served.url())]);
    assert!(said.contains("is it a program with perfkit's `serve`?"), "{said}");
    let said = wrong(["report", &format!("{}/api/v1/alerts", served.url())]);
    assert!(said.contains("not a document of perfkit's JSON"), "{said}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rude = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mail.example ESMTP\r\n").unwrap();
    });
    assert!(wrong(["report", &url]).contains(&url));
    rude.join().unwrap();
}

#[test]
fn tokens_are_asked_for_and_never_shown() {
    let registry = Registry::new();
    registry.record("job", std::time::Duration::from_millis(1));
    let served = Served::with(&registry, Http::new().token("s3cret"));
    let url = &*served.url();
    assert!(wrong(["report", url]).contains("give it with --token or PERFKIT_HTTP_TOKEN"));
    let said = wrong(["report", url, "--token", "wr0ng"]);
    assert!(!said.contains("wr0ng"), "{said}");
    let said = wrong(["report", url, "--token", "new\nline"]);
    assert!(!said.contains("line"), "{said}");
    perfkit(["report", url, "--token", "s3cret"]).assert().success();
    perfkit(["report", url]).env("PERFKIT_HTTP_TOKEN", "s3cret").assert().success();
    let help = perfkit(["report", "--help"]).env("PERFKIT_HTTP_TOKEN", "s3cret").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("s3cret"));
}

#[test]
fn settings_files_with_their_line() {
    let folder = Folder::new();
    let bad = folder.file("bad.toml", "interval = \"1m\"\n[report]\ninterval = \"soon\"\n");
    let said = wrong(["config", "validate", &bad]);
    assert!(said.contains("bad.toml: line 3: report.interval: expected a duration"), "{said}");
    let unknown = folder.file("unknown.toml", "intreval = 5\n");
    assert!(wrong(["config", "validate", &unknown]).contains("unknown.toml: line 1: "));
    assert!(wrong(["config", "validate", "no.toml"]).contains("no.toml: No such file"));

    let example = perfkit(["config", "example"]).output().unwrap().stdout;
    let good = folder.file("good.toml", example);
    perfkit(["config", "validate", &good]).assert().success();
}

#[test]
fn a_live_view_of_nothing() {
    let said = wrong(["top", "http://127.0.0.1:1"]);
    assert!(said.contains("`top` wants a terminal; for scripts there is `perfkit report`"));
    perfkit(["top"]).assert().code(2).stdout("");
}

#[test]
fn arguments_out_of_range() {
    for arguments in [
        &["report", "a.json", "--percentiles", "50,101"][..],
        &["report", "a.json", "--since", "soon"],
        &["report", "a.json", "--sort", "age"],
        &["report", "a.json", "--format", "xml"],
        &["report", ""],
        &["compare", "a", "b", "--fail-above", "ten"],
        &["export", "a.json", "--to", "pdf"],
        &["export", "a.json"],
        &["demo", "--listen", "nowhere"],
        &["check", "http://127.0.0.1:1", "--timeout", "now"],
    ] {
        perfkit(arguments.iter().copied()).assert().code(2).stdout("");
    }
}
