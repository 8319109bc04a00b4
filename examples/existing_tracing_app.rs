//! An application that has `#[instrument]` on its functions and nothing of perfkit. Two lines are
//! added, marked below, and it knows where its time goes: every span is timed, busy and idle, with its
//! caller and its errors.
//!
//! `cargo run --release --example existing_tracing_app --features tracing`

use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::Mutex, task::JoinSet, time::sleep};
use tracing::{Instrument, info, info_span, instrument, warn};
use tracing_subscriber::{EnvFilter, filter::LevelFilter, prelude::*};

const ORDERS: u32 = 500;

#[tokio::main]
async fn main() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::registry()
        .with(perfkit::layer().labels(&["carrier"]).with_filter(LevelFilter::INFO)) // added
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter))
        .init();
    let _perf = perfkit::init(); // added

    let shop = Arc::new(Shop::default());
    let mut orders = JoinSet::new();
    for id in 0..ORDERS {
        let shop = Arc::clone(&shop);
        let order = async move { shop.order(id).await };
        orders.spawn(order.instrument(info_span!("task", id)));
    }
    let (mut shipped, mut refused) = (0, 0);
    while let Some(Ok(order)) = orders.join_next().await {
        match order {
            Ok(()) => shipped += 1,
            Err(_) => refused += 1,
        }
    }
    println!("{shipped} orders shipped, {refused} refused");
    check(shipped, refused);
}

#[derive(Debug)]
struct OutOfStock;

#[derive(Default)]
struct Shop {
    stock: Mutex<HashMap<u32, u32>>,
}

impl Shop {
    #[instrument(skip(self), err(Debug, level = "warn"))]
    async fn order(&self, id: u32) -> Result<(), OutOfStock> {
        let item = id % 7;
        self.reserve(item).await?;
        let price = price(item);
        info!(price, "sold");
        ship(id, if id.is_multiple_of(3) { "express" } else { "parcel" }).await;
        Ok(())
    }

    #[instrument(skip(self))]
    async fn reserve(&self, item: u32) -> Result<(), OutOfStock> {
        let mut stock = self.stock.lock().await;
        let left = stock.entry(item).or_insert(60);
        let Some(rest) = left.checked_sub(1) else {
            warn!(error = "out of stock", item);
            return Err(OutOfStock);
        };
        *left = rest;
        Ok(())
    }
}

#[instrument]
fn price(item: u32) -> u32 {
    (1..=2_000 * (item + 1)).fold(item, |sum, n| sum.rotate_left(3) ^ n) % 100
}

#[instrument]
async fn ship(id: u32, carrier: &str) {
    sleep(Duration::from_millis(1 + u64::from(id % 5))).await;
}

/// What the snapshot says is what happened.
fn check(shipped: u64, refused: u64) {
    let snapshot = perfkit::snapshot();
    let order = snapshot.get("order").expect("orders were made");
    assert_eq!(order.count(), shipped + refused);
    let reserve = snapshot.get("reserve").expect("stock was reserved");
    assert_eq!(reserve.errors(), refused);
    let ships = snapshot.series("ship").map(perfkit::Operation::count).sum::<u64>();
    assert_eq!(ships, shipped);
}
