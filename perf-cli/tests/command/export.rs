//! `perfkit export`, `flame` and `graph`.

use crate::support::{Folder, Served, printed, shop, wrong};
use perf_core::Registry;
use std::{fs, time::Duration};

#[test]
fn every_format_is_what_it_says() {
    let folder = Folder::new();
    let file = folder.json("a.json", &shop());
    for (format, part) in [
        ("json", r#""name":"GET /products""#),
        ("csv", "name,labels,count"),
        ("prometheus", "# TYPE perfkit_operation_duration_seconds histogram"),
        ("openmetrics", "# EOF"),
        ("hlog", "#[Histogram log format version 1.3]"),
        ("hgrm", "Percentile"),
        ("html", "<!doctype html>"),
        ("grafana", r#""panels""#),
        ("folded", "GET /products;"),
        ("dot", "digraph"),
        ("md", "| operation |"),
    ] {
        let text = printed(["export", &file, "--to", format]);
        let out = folder.name("out");
        assert_eq!(printed(["export", &file, "--to", format, "--output", &out]), "");
        for text in [text, fs::read_to_string(&out).unwrap()] {
            let is_there = text.to_lowercase().contains(&part.to_lowercase());
            assert!(is_there, "{format}: {}", text.chars().take(400).collect::<String>());
        }
    }
}

#[test]
fn json_is_as_it_was() {
    let folder = Folder::new();
    let snapshot = shop();
    let file = folder.json("a.json", &snapshot);
    let again = printed(["export", &file, "--to", "json"]);
    assert_eq!(perf_export::json::read(&again).unwrap(), snapshot);
}

#[test]
fn graphs_of_files_and_programs() {
    let folder = Folder::new();
    let file = folder.json("a.json", &shop());
    let svg = printed(["flame", &file]);
    assert!(svg.contains("<svg") && svg.contains("GET /products"), "no graph");
    let graph = printed(["graph", &file]);
    assert!(graph.starts_with("digraph") && graph.contains("GET /products"), "{graph}");

    let registry = Registry::new();
    registry.record("job", Duration::from_millis(3));
    let served = Served::new(&registry);
    assert!(printed(["flame", &served.url()]).contains("job"));
    assert!(printed(["graph", &served.url()]).contains("job"));
    assert!(printed(["export", &served.url(), "--to", "csv"]).contains("\njob,"));
}

#[test]
fn nothing_to_draw() {
    let folder = Folder::new();
    let file = folder.json("a.json", &Registry::new().snapshot());
    assert!(wrong(["flame", &file]).contains("there is nothing to draw"));
}
