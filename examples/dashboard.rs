//! A busy service to look at: a shop of which the database is slow for a while every two minutes.
//!
//! ```sh
//! cargo run --release --example dashboard --features http
//! ```
//!
//! Then open the address it prints. It runs until it is stopped; or for as many seconds, and at the address,
//! that its arguments say.

use perfkit::{
    gauge,
    monitor::{
        Monitor,
        config::Config,
        health::{Check, CheckResult, HealthRegistry},
        http::Http,
        rules::{Rule, Statistic},
    },
    timed, timer,
};
use std::{
    error::Error,
    fmt, thread,
    time::{Duration, Instant},
};

/// Each second a tick, so that there is something to see.
const SETTINGS: &str = "interval = '1s'\ntick = '1s'";

const ROUTES: [(&str, u64); 5] =
    [("/", 2), ("/products", 5), ("/products/{id}", 4), ("/cart", 6), ("/checkout", 20)];

#[derive(Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was declined")
    }
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n.max(1)
    }

    /// Mostly about as long, now and then ten times that.
    fn time(&mut self, micros: u64) -> Duration {
        let long = if self.below(50) == 0 { 10 } else { 1 };
        Duration::from_micros(long * (micros / 2 + self.below(micros)))
    }
}

/// The database is slow in the second half of every two minutes, for a quarter of them.
fn is_slow(began: Instant) -> bool {
    (60..90).contains(&(began.elapsed().as_secs() % 120))
}

#[timed(labels(route = route))]
fn handle(route: &str, cost: u64, dice: &mut Dice, began: Instant) -> Result<(), Declined> {
    render(dice);
    for _ in 0..=dice.below(3) {
        query("products", cost * if is_slow(began) { 8 } else { 1 }, dice);
    }
    if route == "/checkout" { pay(dice) } else { Ok(()) }
}

#[timed]
fn render(dice: &mut Dice) {
    thread::sleep(dice.time(300));
}

#[timed(labels(table = table))]
fn query(table: &str, cost: u64, dice: &mut Dice) {
    if dice.below(10) < 7 {
        let _hit = timer!("cache::get", hit = true);
        return;
    }
    let _miss = timer!("cache::get", hit = false);
    thread::sleep(dice.time(cost * 200));
}

#[timed]
fn pay(dice: &mut Dice) -> Result<(), Declined> {
    thread::sleep(dice.time(4_000));
    if dice.below(12) == 0 { Err(Declined) } else { Ok(()) }
}

fn serve_customers(mut dice: Dice, began: Instant) {
    loop {
        let (route, cost) = ROUTES[dice.below(ROUTES.len() as u64) as usize];
        // A customer whose card is declined tries again some day.
        let _ = handle(route, cost, &mut dice, began);
        gauge("queue_depth", &[])
            .set(if is_slow(began) { 60.0 } else { 4.0 } + dice.below(9) as f64);
        thread::sleep(dice.time(2_000));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let health = HealthRegistry::new().version(env!("CARGO_PKG_VERSION"));
    health.register(Check::new("database", move || {
        if is_slow(began) { CheckResult::degraded("it answers slowly") } else { CheckResult::up() }
    }));
    health.started();
    let monitor = Monitor::builder()
        .config(Config::load_over(SETTINGS)?)
        .rule(
            Rule::new("slow database", Statistic::Percentile(95.0))
                .of("query")
                .over(Duration::from_secs(30))
                .above(0.008),
        )
        .health(&health)
        .start()?;
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map(|text| text.parse()).transpose()?;
    let address = arguments.next().unwrap_or("127.0.0.1:9464".into());
    let server = Http::new().address(address).serve(&monitor)?;
    println!("look at http://{}/", server.address());
    for seed in 1..=4 {
        thread::spawn(move || serve_customers(Dice(seed * 0x9E37_79B9), began));
    }
    thread::sleep(seconds.map_or(Duration::MAX, Duration::from_secs));
    Ok(())
}
