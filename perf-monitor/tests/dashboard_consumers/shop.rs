//! A busy shop, as that of `examples/dashboard.rs`, in a registry of its own.

use perf_core::{Registry, Timer};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

const ROUTES: [(&str, u64); 5] =
    [("/", 2), ("/products", 5), ("/products/{id}", 4), ("/cart", 6), ("/checkout", 20)];

const TABLES: [&str; 4] = ["products", "customers", "orders", "stock"];

/// Counters, gauges and distributions of such a shop.
pub(crate) fn instruments(registry: &Registry) {
    for (payment, orders) in [("card", 1_204), ("invoice", 87), ("voucher", 12)] {
        registry.counter("orders_placed", &[("payment", payment)]).add(orders);
    }
    registry.counter("mails_sent", &[]).add(1_290);
    registry.gauge("queue_depth", &[]).set(7.0);
    registry.gauge("cache_hit_ratio", &[]).set(0.71);
    registry.describe("cache_hit_ratio", Some("1"), "Share of look-ups that the cache answered");
    for at in 1..200_u32 {
        registry.distribution("cart_value", &[]).record(f64::from(at * at % 173) + 0.5);
        registry.distribution("response_size", &[]).record(f64::from(at * at % 977) * 64.0);
    }
    registry.describe("response_size", Some("By"), "Bodies of responses");
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

/// Its customers, until it is dropped.
pub(crate) struct Shop {
    is_open: Arc<AtomicBool>,
    customers: Vec<JoinHandle<()>>,
}

impl Shop {
    /// Its database is slow in the last third of a period.
    pub(crate) fn open(registry: &Registry, period: Duration) -> Self {
        instruments(registry);
        let is_open = Arc::new(AtomicBool::new(true));
        let customer = |seed: u64| {
            let (registry, is_open) = (registry.clone(), Arc::clone(&is_open));
            let mut visit =
                Visit { registry, began: Instant::now(), period, dice: Dice(seed * 0x9E37_79B9) };
            thread::spawn(move || {
                while is_open.load(Ordering::Relaxed) {
                    visit.request();
                }
            })
        };
        let customers = (1..=4).map(customer).collect();
        Self { is_open, customers }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.is_open.store(false, Ordering::Relaxed);
        self.customers.drain(..).for_each(|customer| _ = customer.join());
    }
}

struct Visit {
    registry: Registry,
    began: Instant,
    period: Duration,
    dice: Dice,
}

impl Visit {
    fn timer(&self, name: &str) -> Timer {
        self.registry.timer(name)
    }

    fn is_slow(&self) -> bool {
        let part = self.began.elapsed().as_secs_f64() / self.period.as_secs_f64();
        part.fract() > 0.66
    }

    fn wait(&mut self, micros: u64) {
        thread::sleep(self.dice.time(micros));
    }

    fn request(&mut self) {
        let (route, cost) = ROUTES[self.dice.below(ROUTES.len() as u64) as usize];
        {
            let mut handling = self.registry.timer_labelled("shop::handle", &[("route", route)]);
            self.session();
            for _ in 0..=self.dice.below(3) {
                self.query(cost);
            }
            if route == "/checkout" && !self.pay() {
                handling.fail();
            }
            self.render();
        }
        let depth = if self.is_slow() { 60 } else { 4 } + self.dice.below(9);
        self.registry.gauge("queue_depth", &[]).set(depth as f64);
        self.wait(2_000);
    }

    fn session(&mut self) {
        let _session = self.timer("shop::auth::session");
        self.wait(200);
    }

    fn render(&mut self) {
        let _render = self.timer("shop::templates::render");
        self.wait(400);
    }

    fn query(&mut self, cost: u64) {
        let table = TABLES[self.dice.below(4) as usize];
        let is_hit = self.dice.below(10) < 7;
        {
            let hit = if is_hit { "true" } else { "false" };
            let _cache = self.registry.timer_labelled("cache::get", &[("hit", hit)]);
        }
        if !is_hit {
            let _query = self.registry.timer_labelled("db::query", &[("table", table)]);
            let slow = if self.is_slow() && table == "products" { 8 } else { 1 };
            self.wait(cost * 200 * slow);
        }
    }

    /// Whether the card was good.
    fn pay(&mut self) -> bool {
        let mut paying = self.timer("shop::payments::charge");
        self.wait(4_000);
        let is_good = self.dice.below(12) != 0;
        if is_good {
            let _mail = self.timer("shop::mail::confirm");
            self.wait(600);
        } else {
            paying.fail();
        }
        is_good
    }
}
