//! `perfkit demo`.

use crate::support::{Folder, perfkit, printed, wrong};
use std::{fs, net::TcpListener};

#[test]
fn it_serves_and_leaves_a_report() {
    let folder = Folder::new();
    let file = folder.name("demo.json");
    let done = perfkit(["demo", "--listen", "127.0.0.1:0", "--for", "1s", "-o", &file]).assert();
    let said = String::from_utf8_lossy(&done.success().get_output().stdout).into_owned();
    assert!(said.contains("http://127.0.0.1:"), "{said}");
    let kept = perf_export::json::read(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(kept.get("GET /products").unwrap().count() > 10);
    assert_eq!(kept.gauge("customers", &[]), Some(4.0));
}

#[test]
fn the_environment_counts_only_where_that_is_asked_for() {
    let folder = Folder::new();
    let file = folder.path("demo.db");
    let url = format!("sqlite:{}", file.display());
    let demo = ["demo", "--listen", "127.0.0.1:0", "--for", "300ms"];
    perfkit(demo).env("PERFKIT_STORE", &url).assert().success();
    assert!(!file.exists());
    let mut asked = perfkit(demo.into_iter().chain(["--settings"]));
    asked.env("PERFKIT_STORE", &url).assert().success();
    assert!(printed(["report", "--store", &url]).contains("GET /products"));
}

#[test]
fn an_address_that_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let said = wrong(["demo", "--listen", &address, "--for", "1s"]);
    assert!(said.contains(&address) || said.contains("in use"), "{said}");
}
