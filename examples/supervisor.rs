//! A worker that gets slow after ten seconds, and recovers after twenty: the periodic report, the alert,
//! and its end.
//!
//! `cargo run --release --example supervisor --features monitor`

use perfkit::{
    monitor::{
        Monitor,
        alert::{Severity, Status},
        config::Config,
        notify::{Failure, Notifier},
        rules::{Rule, Statistic},
    },
    timed,
};
use std::{
    error::Error,
    thread,
    time::{Duration, Instant},
};

#[timed("job")]
fn job(takes: Duration) {
    thread::sleep(takes);
}

/// Where alerts would go to Slack, these go to standard output.
struct Printed;

impl Notifier for Printed {
    fn name(&self) -> &'static str {
        "printed"
    }

    fn send(&mut self, alerts: &[perfkit::monitor::alert::Alert]) -> Result<(), Failure> {
        for alert in alerts {
            let sign = if alert.status == Status::Firing { "FIRING  " } else { "RESOLVED" };
            println!("{sign} {} ({}): {}", alert.rule, alert.severity, alert.summary);
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A program that runs for years leaves these at their defaults, or to a file and the environment.
    let config = "interval = \"1s\"\nwindows = [\"5s\", \"1m\"]\nreport.interval = \"10s\"";
    let slow = Rule::new("slow jobs", Statistic::Percentile(95.0))
        .of("job")
        .over(Duration::from_secs(5))
        .above(0.1)
        .clear(0.05)
        .hold(Duration::from_secs(2))
        .severity(Severity::High);
    let monitor = Monitor::builder()
        .config(Config::load_over(config)?)
        .rule(slow)
        .notifier(Printed)
        .report(|metrics| println!("{metrics}"))
        .start()?;

    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(32) {
        let is_ill = (10..20).contains(&start.elapsed().as_secs());
        job(Duration::from_millis(if is_ill { 200 } else { 20 }));
    }
    let unsent = monitor.stop();
    println!(
        "{} alerts could not be sent",
        unsent.iter().map(|left| left.alerts.len()).sum::<usize>()
    );
    Ok(())
}
