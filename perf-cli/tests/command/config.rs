//! `perfkit config rules`. Promtool and a Prometheus read them in perf-monitor's tests, and in `deploy`.

use crate::support::{Folder, printed, wrong};
use perf_core::Registry;
use perf_monitor::rules::ready_made;
use std::fs;

const OWN: &str = r#"
[[rules]]
name = "low coverage"
measure = "gauge"
of = "coverage"
below = "80 %"

[[rules]]
name = "p95_medium"
measure = "p95"
above = "1s"

[[rules]]
name = "any"
measure = "gauge"
above = 1
"#;

#[test]
fn ready_made_rules_go_to_a_file_too() {
    let folder = Folder::new();
    let out = folder.name("rules.yml");
    let text = printed(["config", "rules", "--cpus", "2"]);
    assert_eq!(printed(["config", "rules", "--cpus", "2", "-o", &out]), "");
    assert_eq!(fs::read_to_string(&out).unwrap(), text);
    assert_eq!(text.matches("- alert: ").count(), ready_made().len());
    assert!(text.contains("process_cpu_ratio > 1.8"), "{text}");
}

#[test]
fn rules_of_a_file_take_the_place_of_ready_made_ones() {
    let folder = Folder::new();
    let file = folder.file("own.toml", OWN);
    let text = printed(["config", "rules", &file]);
    assert_eq!(text.matches("- alert: p95_medium\n").count(), 1);
    assert!(text.contains("perfkit:p95_medium > 1\n") && !text.contains("> 4.5"), "{text}");
    assert!(text.contains("- alert: error_rate_medium\n"), "{text}");
    assert!(text.contains("# Not here: \"any\": "), "{text}");
    let alone = folder.file("alone.toml", format!("ready_made_rules = false\n{OWN}"));
    assert!(!printed(["config", "rules", &alone]).contains("error_rate"));
}

#[test]
fn units_are_those_of_an_input() {
    let folder = Folder::new();
    let registry = Registry::new();
    registry.describe("coverage", Some("1"), "Share of lines that tests run.");
    registry.gauge("coverage", &[]).set(0.9);
    let input = folder.json("a.json", &registry.snapshot());
    let file = folder.file("own.toml", OWN);
    assert!(printed(["config", "rules", &file]).contains("\n          coverage < 0.8\n"));
    let text = printed(["config", "rules", &file, "--units-of", &input]);
    assert!(text.contains("\n          coverage_ratio < 0.8\n"), "{text}");
}

#[test]
fn what_is_of_no_use_is_said() {
    let folder = Folder::new();
    assert!(wrong(["config", "rules", "none.toml"]).contains("none.toml: No such file"));
    let odd = folder.file("odd.toml", OWN.replace("80 %", "much"));
    assert!(wrong(["config", "rules", &odd]).contains("odd.toml: line 6"));
    let twice = folder.file("twice.toml", OWN.replace("low coverage", "any"));
    assert!(wrong(["config", "rules", &twice]).contains("another rule has the same name"));
    assert!(wrong(["config", "rules", "--cpus", "0"]).contains("expected a number above 0"));
}
