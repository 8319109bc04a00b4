//! `perfkit demo`: a shop with a dashboard.

use crate::{
    args::Demo,
    export::rendered,
    failure::{Failure, Outcome, of},
    output::{print, write},
    run::known,
};
use perf_core::{Outcome as Ended, Registry};
use perf_monitor::{
    Monitor,
    config::Config,
    health::CheckResult,
    http::Http,
    rules::{Rule, Statistic},
};
use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// What customers do: how often of ten, and the milliseconds it usually takes.
const PAGES: [(&str, u64, u64); 4] = [
    ("GET /products", 5, 3),
    ("GET /products/{id}", 3, 2),
    ("POST /cart", 1, 6),
    ("POST /checkout", 1, 25),
];
/// So many customers at a time.
const CUSTOMERS: usize = 4;
/// For half a minute of each two, checkouts are slow, and some fail.
const TROUBLE: (u64, u64) = (30, 120);

pub(crate) fn run(demo: &Demo) -> Outcome {
    let kept = demo.output.as_deref().map(known).transpose()?;
    let registry = Registry::new();
    let monitor = watch(&registry)?;
    let server =
        Http::new().address(demo.listen.to_string()).serve(&monitor).map_err(Failure::new)?;
    print(format!(
        "a shop's dashboard: http://{}/\nbeside it: perfkit top http://{0}, perfkit report http://{0}\n",
        server.address()
    ))?;
    let is_open = Arc::new(AtomicBool::new(true));
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|_| {
            let (registry, is_open) = (registry.clone(), Arc::clone(&is_open));
            thread::spawn(move || shop(&registry, &is_open))
        })
        .collect();
    match demo.time {
        Some(time) => thread::sleep(time),
        // Until somebody ends it.
        None => loop {
            thread::park();
        },
    }
    is_open.store(false, Relaxed);
    for customer in customers {
        customer.join().map_err(|_| Failure::new("a customer panicked"))?;
    }
    if let Some((path, format)) = kept {
        write(Some(path), rendered(&registry.snapshot(), format)?)?;
    }
    drop(server);
    let _ = monitor.stop();
    Ok(ExitCode::SUCCESS)
}

fn watch(registry: &Registry) -> Outcome<Monitor> {
    let slow = Rule::new("slow checkouts", Statistic::Percentile(95.0)).of("POST /checkout");
    let slow = slow.over(Duration::from_secs(30)).above(0.06).clear(0.05);
    let config =
        "interval = \"5s\"\nwindows = [\"30s\", \"1m\", \"5m\"]\nnotify.log.enabled = false";
    let config = Config::from_toml(config).map_err(of("the demo's settings"))?;
    let monitor = Monitor::builder().config(config).registry(registry).rule(slow).start();
    let monitor = monitor.map_err(Failure::new)?;
    monitor.health().register_check("warehouse", CheckResult::up);
    Ok(monitor)
}

fn shop(registry: &Registry, is_open: &AtomicBool) {
    let opened = Instant::now();
    let (random, mut n) = (RandomState::new(), 0_u64);
    let mut dice = |sides: u64| {
        n += 1;
        random.hash_one(n) % sides
    };
    while is_open.load(Relaxed) {
        let mut chosen = dice(10);
        let page = PAGES.iter().find(|(_, share, _)| {
            let is_it = chosen < *share;
            chosen = chosen.saturating_sub(*share);
            is_it
        });
        let Some((page, _, usual)) = page else { continue };
        let is_bad = opened.elapsed().as_secs() % TROUBLE.1 >= TROUBLE.1 - TROUBLE.0 && *usual > 20;
        // Two dice, and now and then much longer.
        let took = *usual * 1_000 * (50 + dice(60) + dice(60)) / 100;
        let took = took * if is_bad { 3 } else { 1 } * if dice(50) == 0 { 4 } else { 1 };
        let outcome =
            if dice(100) < if is_bad { 15 } else { 1 } { Ended::Error } else { Ended::Ok };
        registry.gauge("customers", &[]).set(CUSTOMERS as f64);
        thread::sleep(Duration::from_micros(took));
        registry.record_outcome(page, Duration::from_micros(took), outcome);
        registry.record("SELECT products", Duration::from_micros(took / 3));
    }
}
