//! Files that the command made.

use crate::{path, programs, text};
use perf_monitor::config::Config;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

fn perfkit(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
    command.env_remove("PERFKIT_HTTP_TOKEN").current_dir(path("..")).args(arguments);
    programs::output(&mut command, b"")
}

#[test]
fn the_rules_are_those_of_the_settings_and_the_ready_made_ones() {
    let made = perfkit(&["config", "rules", "deploy/settings/shop.toml", "--cpus", "1"]);
    let told = "renew it as deploy/README.md says";
    assert!(made == text("prometheus/rules.yml"), "prometheus/rules.yml is not up to date: {told}");
    assert!(made.contains("- alert: \"checkouts fail\"\n"));
}

/// Ended with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_dashboard_is_of_all_that_the_demo_measures() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--for", "10m"]).stdout(Stdio::piped());
    let mut demo = Demo(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(demo.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = format!(
        "http://{}",
        line.split("http://").nth(1).unwrap().trim_end().trim_end_matches('/')
    );

    let kept = text("grafana/dashboards/perfkit.grafana.json");
    let began = Instant::now();
    // Some pages are rarely visited, and some gauges need two readings.
    while perfkit(&["export", &url, "--to", "grafana"]) != kept {
        let told = "renew it as deploy/README.md says";
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the dashboard is not up to date: {told}"
        );
        thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn all_settings_are_understood() {
    for file in fs::read_dir(path("settings")).unwrap() {
        let file = file.unwrap().path();
        Config::from_toml(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}
