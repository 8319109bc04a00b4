//! What is printed: formats, colours, closed pipes.

use crate::support::{Folder, perfkit, printed, shop};
use std::{
    io::Read,
    process::{Command, Stdio},
};

#[test]
fn every_format_of_a_report_can_be_read_back() {
    let folder = Folder::new();
    let file = folder.json("a.json", &shop());
    let of = |format| printed(["report", &file, "--format", format, "--percentiles", "50,99.9"]);
    let table = of("table");
    assert!(table.lines().next().unwrap().contains("p99.9"), "{table}");

    let json = perf_export::json::read(&of("json")).unwrap();
    assert_eq!(json.operations().len(), 3);

    let text = of("csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().any(|row| &row[0] == "GET /products" && &row[2] == "20"));

    let markdown = of("md");
    let row = markdown.lines().find(|line| line.contains("GET /products")).unwrap();
    assert!(row.starts_with("| ") && row.contains(" 20 "), "{markdown}");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let folder = Folder::new();
    let file = folder.json("a.json", &shop());
    let has_colour = |name: &str, value: &str| {
        let done = perfkit(["report", &file]).env(name, value).output().unwrap();
        done.stdout.contains(&0x1b)
    };
    assert!(!has_colour("NO_COLOR", "1"));
    assert!(has_colour("CLICOLOR_FORCE", "1"));
    assert!(!has_colour("CLICOLOR_FORCE", ""));
    let done = perfkit(["compare", &file, &file, "--all"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!done.stdout.contains(&0x1b));
    // Nothing of a bar on what is no terminal.
    let done = perfkit(["report", &file, &file]).output().unwrap();
    assert_eq!(done.stderr, b"");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = Folder::new();
    let registry = perf_core::Registry::new();
    (0..1_500)
        .for_each(|n| registry.record(&format!("operation number {n}"), std::time::Duration::ZERO));
    let file = folder.json("large.json", &registry.snapshot());
    let mut child = Command::new(env!("CARGO_BIN_EXE_perfkit"))
        .args(["report", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), &*done.stderr), (Some(0), &b""[..]));
}

#[test]
fn files_that_cannot_be_written() {
    let folder = Folder::new();
    let file = folder.json("a.json", &shop());
    let said = crate::support::wrong(["graph", &file, "-o", "no/such/folder/graph.dot"]);
    assert!(said.contains("no/such/folder/graph.dot: No such file"), "{said}");
}
