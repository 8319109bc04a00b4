//! `perfkit demo`: a shop with a dashboard.

use crate::{
    args::Demo,
    ending::Ending,
    export::rendered,
    failure::{Failure, Outcome},
    output::{print, write},
    run::known,
};
use perf_core::Registry;
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
    ops::Range,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// What customers do.
struct Page {
    name: &'static str,
    /// How often of ten.
    often: u64,
    /// The milliseconds it usually takes.
    usual: u64,
    /// What it asks a database for.
    table: &'static str,
}

const PAGES: [Page; 4] = [
    Page { name: "GET /products", often: 5, usual: 3, table: "products" },
    Page { name: "GET /products/{id}", often: 3, usual: 2, table: "products" },
    Page { name: "POST /cart", often: 1, usual: 6, table: "carts" },
    Page { name: "POST /checkout", often: 1, usual: 25, table: "orders" },
];
/// So many customers at a time.
const CUSTOMERS: usize = 4;
/// In this half of each minute or so, checkouts are slow, and some fail.
const TROUBLE: (Range<u64>, u64) = (30..60, 90);

pub(crate) fn run(demo: &Demo) -> Outcome {
    let kept = demo.output.as_deref().map(known).transpose()?;
    let ending = Ending::after(demo.time)?;
    let registry = Registry::new();
    let config = settings(demo)?;
    let token = config.http.token().map_err(Failure::new)?;
    let monitor = watch(&registry, config)?;
    let http = token.into_iter().fold(Http::new(), Http::token);
    let server = http.address(demo.listen.to_string()).serve(&monitor).map_err(Failure::new)?;
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
    monitor.health().started();
    ending.wait();
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

/// What the demo sets, unless it is told otherwise.
const SETTINGS: &str =
    "interval = \"5s\"\nwindows = [\"30s\", \"1m\", \"5m\"]\nnotify.log.enabled = false";

/// The environment counts only where that is asked for: a shell often names a store that is no place for a
/// demo's figures.
fn settings(demo: &Demo) -> Outcome<Config> {
    let config = if demo.settings { Config::load_over } else { Config::from_toml };
    config(SETTINGS).map_err(Failure::new)
}

fn watch(registry: &Registry, mut config: Config) -> Outcome<Monitor> {
    let slow = Rule::new("slow checkouts", Statistic::Percentile(95.0)).of("POST /checkout");
    let slow = slow.over(Duration::from_secs(30)).above(0.06).clear(0.05);
    // Where it serves is said by --listen.
    config.http.port = None;
    let monitor = Monitor::builder().config(config).registry(registry).rule(slow).start();
    let monitor = monitor.map_err(Failure::new)?;
    monitor.health().register_check("warehouse", CheckResult::up);
    Ok(monitor)
}

/// One customer after another, until it closes.
fn shop(registry: &Registry, is_open: &AtomicBool) {
    let opened = Instant::now();
    let (random, mut n) = (RandomState::new(), 0_u64);
    let mut dice = |sides: u64| {
        n += 1;
        random.hash_one(n) % sides
    };
    registry.gauge("customers", &[]).set(CUSTOMERS as f64);
    while is_open.load(Relaxed) {
        let mut chosen = dice(10);
        let page = PAGES.iter().find(|page| {
            let is_it = chosen < page.often;
            chosen = chosen.saturating_sub(page.often);
            is_it
        });
        let Some(page) = page else { continue };
        let is_checkout = page.table == "orders";
        let is_bad = is_checkout && TROUBLE.0.contains(&(opened.elapsed().as_secs() % TROUBLE.1));
        visit(registry, page, is_bad, &mut dice);
        if is_checkout {
            registry.counter("orders", &[]).add(1);
        }
    }
}

/// A page and its query.
fn visit(registry: &Registry, page: &Page, is_bad: bool, dice: &mut impl FnMut(u64) -> u64) {
    let mut timer = registry.timer(page.name);
    // Two dice, and now and then much longer.
    let took = page.usual * 1_000 * (50 + dice(60) + dice(60)) / 100;
    let took = took * if is_bad { 3 } else { 1 } * if dice(50) == 0 { 4 } else { 1 };
    {
        let _query = registry.timer_labelled("query", &[("table", page.table)]);
        thread::sleep(Duration::from_micros(took / 3));
    }
    thread::sleep(Duration::from_micros(took - took / 3));
    if dice(100) < if is_bad { 15 } else { 1 } {
        timer.fail();
    }
}
