//! Rules over what a real monitor serves, by a real Prometheus.

use crate::{
    support::{Folder, Running, start_prometheus},
    text,
};
use perf_core::{Outcome, Registry};
use perf_monitor::{
    Monitor,
    config::Config,
    http::Http,
    rules::{Rule, Statistic},
};
use serde_json::Value;
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// Long enough for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Prometheus that scrapes a monitor and looks at rules, each second.
struct Prometheus {
    base: String,
    _running: Running,
    _folder: Folder,
}

impl Prometheus {
    fn start(target: &str, rules: &[Rule], native: bool) -> Self {
        let folder = Folder::new(&format!("rules-prometheus-{native}"));
        folder.write("rules.yml", text(rules));
        let settings = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\n\
             rule_files: [rules.yml]\n\
             scrape_configs:\n- job_name: shop\n  static_configs: [{{ targets: ['{target}'] }}]\n"
        );
        let (port, running) = start_prometheus(&folder, &settings, native);
        Self { base: format!("http://127.0.0.1:{port}"), _running: running, _folder: folder }
    }

    /// The alerts that fire; none before it answers.
    fn firing(&self) -> Vec<Value> {
        let asked = ureq::get(format!("{}/api/v1/alerts", self.base)).call();
        let text = asked.ok().and_then(|mut answer| answer.body_mut().read_to_string().ok());
        let answer: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        alerts.into_iter().filter(|alert| alert["state"] == "firing").collect()
    }

    /// What fires, once it is this many.
    fn fires(&self, alerts: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let firing = self.firing();
            if firing.len() == alerts {
                return firing;
            }
            assert!(began.elapsed() < PATIENCE, "{alerts} alerts were to fire: {firing:?}");
            thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Ends the calls however the test ends.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

fn a_slow_operation_fires_and_a_fast_one_does_not(native: bool) {
    let registry = Registry::new();
    let config = "interval = \"1s\"\nready_made_rules = false\nnotify.log.enabled = false";
    let config = Config::from_toml(config).unwrap();
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    let server = Http::new().address("127.0.0.1:0").serve(&monitor).unwrap();
    let slow = Rule::new("slow", Statistic::Percentile(90.0)).of("shop::*").above(0.1).minimum(5);
    let mean = Rule::new("slow on average", Statistic::Mean).of("shop::*").above(0.1).minimum(5);
    let failed = Rule::new("fails", Statistic::ErrorRate).of("shop::*").above(0.5).minimum(5);
    let over = Duration::from_secs(10);
    let rules = [slow, mean, failed].map(|rule| rule.over(over).hold(2 * over / 10));

    let (is_bad, is_over) = (AtomicBool::new(true), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                let bad = is_bad.load(Relaxed);
                let (took, outcome) = if bad { (240, Outcome::Error) } else { (12, Outcome::Ok) };
                registry.record_outcome("shop::pay", Duration::from_millis(took), outcome);
                registry.record("shop::look", Duration::from_millis(12));
                thread::sleep(Duration::from_millis(20));
            }
        });
        let _stop = Stop(&is_over);
        let prometheus = Prometheus::start(&server.address().to_string(), &rules, native);
        let firing = prometheus.fires(3);
        for alert in &firing {
            assert_eq!(alert["labels"]["operation"], "shop::pay", "{alert}");
            assert_eq!(alert["labels"]["job"], "shop");
        }
        let of = |name: &str| firing.iter().find(|alert| alert["labels"]["alertname"] == name);
        let summary = |name| of(name).unwrap()["annotations"]["summary"].as_str().unwrap();
        assert_eq!(summary("fails"), "shop::pay: error_rate is 100%, threshold 50 %");
        // Of classic histograms the bucket from 100 to 250 ms is known.
        let (from, to) = if native { (0.238, 0.242) } else { (0.1, 0.25) };
        let value: f64 = of("slow").unwrap()["value"].as_str().unwrap().parse().unwrap();
        assert!((from..=to).contains(&value), "{value}, native {native}");
        assert!(summary("slow on average").contains("mean is 240"), "{firing:?}");
        is_bad.store(false, Relaxed);
        prometheus.fires(0);
    });
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn slow_operations_by_classic_histograms() {
    a_slow_operation_fires_and_a_fast_one_does_not(false);
}

#[test]
#[ignore = "needs Prometheus: cargo xtask ci"]
fn slow_operations_by_native_histograms() {
    a_slow_operation_fires_and_a_fast_one_does_not(true);
}
