//! Two versions of a program, remembered in a SQLite file, and compared: the second one is slower in one
//! place. Then what the store knows of each second.
//!
//! `cargo run --release --example history --features store`

use perfkit::{
    Registry,
    analysis::compare::{Comparison, OperationChange},
    monitor::{Monitor, config::Config, health::HealthRegistry},
    store::{By, Query, Store, analysis, open},
};
use std::{
    error::Error,
    hint::black_box,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

/// So much work that it takes some microseconds, whatever the compiler makes of it.
fn work(rounds: u64) -> u64 {
    (0..rounds).fold(1, |all: u64, n| black_box(all.wrapping_mul(6_364_136_223_846_793_005) ^ n))
}

/// A release of the program, with a registry of its own, for both are to run at once here.
struct Release {
    registry: Registry,
    monitor: Monitor,
    price: u64,
}

impl Release {
    fn start(version: &'static str, price: u64, url: &str) -> Result<Self, Box<dyn Error>> {
        // A program that runs for years leaves the interval at a minute, and has the URL in PERFKIT_STORE.
        let config = format!("[store]\nurl = '{url}'\ninterval = '1s'");
        let registry = Registry::new();
        let monitor = Monitor::builder()
            .config(Config::load_over(&config)?)
            .registry(&registry)
            .health(&HealthRegistry::new().version(version))
            .start()?;
        Ok(Self { registry, monitor, price })
    }

    fn serve(&self) {
        for (name, rounds) in [("search", 4_000), ("price", self.price)] {
            let started = Instant::now();
            black_box(work(rounds));
            self.registry.record(name, started.elapsed());
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("perfkit-history-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let told = tell(&folder);
    std::fs::remove_dir_all(folder)?;
    told
}

fn tell(folder: &Path) -> Result<(), Box<dyn Error>> {
    let url = format!("sqlite:{}", folder.join("perfkit.db").display());
    let (old, new) = (Release::start("1.4.0", 4_000, &url)?, Release::start("1.5.0", 6_000, &url)?);
    let began = Instant::now();
    // In turns, so that whatever else the machine does meets both alike.
    while began.elapsed() < Duration::from_secs(4) {
        old.serve();
        new.serve();
    }
    drop((old.monitor.stop(), new.monitor.stop()));

    let store = open(&url)?;
    let now = SystemTime::now();
    let last = Query::new(now - Duration::from_secs(60), now);
    compare(&*store, &last)?;
    seconds(&*store, &last)
}

/// Which operations became slower from one version to the other.
fn compare(store: &dyn Store, last: &Query) -> Result<(), Box<dyn Error>> {
    let id_of = |version: &str| -> Result<String, Box<dyn Error>> {
        let instances = store.instances()?.into_iter();
        Ok(instances.rev().find(|of| of.version == version).ok_or("it has not written")?.id)
    };
    let [old, new] = [id_of("1.4.0")?, id_of("1.5.0")?].map(|id| last.clone().instance(&id));
    let report = analysis::compare(store, &old, &new, &Comparison::new().least_effect(0.05))?;
    println!("1.4.0 → 1.5.0");
    for operation in &report.operations {
        println!("  {:<8}{:?}", operation.full_name(), operation.verdict);
        for percentile in &operation.percentiles {
            println!("    {percentile}");
        }
    }
    let regressions: Vec<_> = report.regressions(0.25).map(OperationChange::full_name).collect();
    println!("slower by more than 25 %, and not by chance: {}", regressions.join(", "));
    if regressions == ["price"] { Ok(()) } else { Err("it should be the price alone".into()) }
}

fn seconds(store: &dyn Store, last: &Query) -> Result<(), Box<dyn Error>> {
    println!("\nsecond     calls/s       p99");
    let each = last.clone().every(Duration::from_secs(1)).name("price").by([By::Name]);
    for second in store.operations(&each)? {
        let ago = last.to.duration_since(second.to)?.as_secs();
        let p99 = second.value.percentile(99.0).unwrap_or_default();
        println!("{:>6}{:>12.0}{:>10.1?}", -ago.cast_signed(), second.per_second(), p99);
    }
    Ok(())
}
