//! `perfkit report`, of files and programs.

use crate::support::{Folder, Served, perfkit, printed, shop, wrong};
use perf_core::Registry;
use perf_export::{hdr, json};
use std::time::Duration;

#[test]
fn files_of_every_kind_are_merged() {
    let folder = Folder::new();
    let snapshot = shop();
    let document = folder.json("a.json", &snapshot);
    let lines = folder.file("b.ndjson", json::line(&snapshot, &[]));
    let log = folder.file("c.hlog", hdr::log(std::slice::from_ref(&snapshot)));
    let merged = printed(["report", &document, &lines, &log, "--format", "json"]);
    let merged = json::read(&merged).unwrap();
    for operation in snapshot.operations() {
        let labels: Vec<_> = operation.labels().iter().map(|(k, v)| (&**k, &**v)).collect();
        let found = merged.get_labelled(operation.name(), &labels).unwrap();
        assert_eq!(found.count(), 3 * operation.count(), "{}", operation.full_name());
    }
}

#[test]
fn standard_input() {
    let text = json::write(&shop(), &[]);
    let done = perfkit(["report", "-", "--format", "json"]).write_stdin(text).assert().success();
    let read = json::read(&String::from_utf8_lossy(&done.get_output().stdout)).unwrap();
    assert_eq!(read.get("GET /products").unwrap().count(), 20);
}

#[test]
fn a_program_that_serves() {
    let registry = Registry::new();
    registry.record("job", Duration::from_millis(3));
    let served = Served::new(&registry);
    for url in [served.url(), format!("{}/", served.url())] {
        let said = printed(["report", &url]);
        assert!(said.lines().any(|line| line.starts_with("job")), "{said}");
    }
}

#[test]
fn sorted_and_limited() {
    let registry = Registry::new();
    (0..9).for_each(|_| registry.record("often", Duration::from_millis(1)));
    registry.record("long", Duration::from_secs(1));
    let folder = Folder::new();
    let file = folder.json("a.json", &registry.snapshot());
    let first = |sort| {
        let said = printed(["report", &file, "--sort", sort, "--top", "1"]);
        said.lines().nth(2).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(["total", "calls", "name"].map(first), ["long", "often", "long"]);
}

#[test]
fn by_a_label() {
    let folder = Folder::new();
    let file = folder.json("a.json", &shop());
    let by_table = printed(["report", &file, "--by", "table", "--format", "json"]);
    let by_table = json::read(&by_table).unwrap();
    assert_eq!(by_table.get_labelled("query", &[("table", "users")]).unwrap().count(), 20);
    assert!(wrong(["report", &file, "--by", "nothing"]).contains("no operation has a label"));
    // Each file is an instance.
    let other = folder.json("b.json", &shop());
    let each = printed(["report", &file, &other, "--by", "instance", "--format", "json"]);
    let each = json::read(&each).unwrap();
    for of in [&file, &other] {
        assert_eq!(each.get_labelled("query", &[("instance", of)]).unwrap().count(), 30);
    }
}
