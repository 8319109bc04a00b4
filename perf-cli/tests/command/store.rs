//! `perfkit report` and `compare`, of a store.

use crate::support::{Folder, perfkit, printed, wrong};
use perf_core::Registry;
use perf_export::json;
use perf_store::{Instance, Interval};
use std::{
    fs,
    time::{Duration, SystemTime},
};

fn minutes_ago(minutes: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(60 * minutes)
}

/// Two instances; the second one's version is slow, 10 minutes ago.
pub(crate) fn store(folder: &Folder) -> String {
    let url = format!("sqlite:{}", folder.name("shop.db"));
    let store = perf_store::open(&url).unwrap();
    for (version, micros, ago) in [("1.0", 100, 90), ("1.1", 130, 10)] {
        let registry = Registry::new();
        for n in 0..2_000_u64 {
            let spread = 80 + (n * 7_919) % 41;
            registry.record("pay", Duration::from_nanos(micros * spread * 10));
        }
        drop(registry.timer_labelled("query", &[("table", "users")]));
        let snapshot = registry.snapshot().dated(minutes_ago(ago + 1), minutes_ago(ago));
        let instance = Instance::new(version);
        assert!(store.write(&instance, &Interval::new(0, snapshot)).unwrap());
    }
    url
}

#[test]
fn reports() {
    let folder = Folder::new();
    let url = &*store(&folder);
    let calls = |more: &[&str]| {
        let all = [&["report", "--store", url, "--format", "json"], more].concat();
        let read = json::read(&printed(all)).unwrap();
        read.operations().iter().map(|of| (of.full_name(), of.count())).collect::<Vec<_>>()
    };
    let query = "query{table=\"users\"}".to_owned();
    assert_eq!(calls(&[]), [("pay".to_owned(), 4_000), (query.clone(), 2)]);
    assert_eq!(calls(&["--since", "30m"]), [("pay".to_owned(), 2_000), (query, 1)]);
    assert_eq!(calls(&["--since", "1s"]), []);
    let by_instance = calls(&["--by", "instance"]);
    assert_eq!(by_instance.len(), 4, "{by_instance:?}");
    assert!(by_instance[0].0.starts_with("pay{instance="));
    assert_eq!(calls(&["--by", "host"]).len(), 2);
    let by_table = calls(&["--by", "table"]);
    assert!(by_table.contains(&("query{table=\"users\"}".to_owned(), 2)), "{by_table:?}");
    let done = perfkit(["report"]).env("PERFKIT_STORE", url).assert().success();
    assert!(String::from_utf8_lossy(&done.get_output().stdout).contains("pay"));
}

#[test]
fn comparisons_of_ranges_and_versions() {
    let folder = Folder::new();
    let url = &*store(&folder);
    let code = |before, after| {
        let done = perfkit(["compare", "--store", url, before, after]).output().unwrap();
        done.status.code()
    };
    assert_eq!(code("2h..1h", "1h..now"), Some(1));
    assert_eq!(code("1h..now", "2h..1h"), Some(0));
    assert_eq!(code("1h..now", "1h..now"), Some(0));
    assert_eq!(code("1d..now,version=1.0", "1d..now,version=1.1"), Some(1));
    assert_eq!(code("1d..now,name=query", "1d..now,table=users"), Some(0));
    // A file against a range.
    let file = folder
        .file("a.json", printed(["report", "--store", url, "--format", "json", "--since", "30m"]));
    assert_eq!(code(&file, "1h..now"), Some(0));
}

#[test]
fn bad_ranges() {
    let folder = Folder::new();
    let url = &*store(&folder);
    let said = |range| wrong(["compare", "--store", url, range, "1h..now"]);
    assert!(said("1h..2h").contains("it ends before it begins"));
    assert!(said("soon..now").contains("expected times such as 24h"));
    assert!(said("1h..now,host").contains("expected KEY=VALUE after each comma"));
    assert!(said("1h..now,version=9").contains("no instance of version 9"));
    assert!(said("24h").contains("24h: expected a .json"));
}

#[test]
fn stores_that_cannot_be_read() {
    let folder = Folder::new();
    let missing = format!("sqlite:{}", folder.name("none.db"));
    assert!(wrong(["report", "--store", &missing]).contains("none.db: No such file"));
    assert!(!folder.path("none.db").exists());

    let notes = folder.file("notes.db", "not a database, but somebody's notes");
    let said = wrong(["report", "--store", &format!("sqlite:{notes}")]);
    assert!(said.contains("it is no SQLite database"), "{said}");
    assert!(fs::read_to_string(&notes).unwrap().starts_with("not a database"));

    let folder_as_file = format!("sqlite:{}", folder.name(""));
    assert!(wrong(["report", "--store", &folder_as_file]).contains("directory"));

    let said = wrong(["report", "--store", "mysql://shop:s3cret@db/perf"]);
    assert!(said.contains("`sqlite:` or `postgres://`") && !said.contains("s3cret"), "{said}");
    let nobody = "postgres://shop:s3cret@127.0.0.1:1/perf";
    let said = wrong(["report", "--store", nobody]);
    assert!(!said.contains("s3cret"), "{said}");
    let help = perfkit(["report", "--help"]).env("PERFKIT_STORE", nobody).output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("s3cret"));
}
