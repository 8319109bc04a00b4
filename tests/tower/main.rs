//! `perfkit::tower` under real servers and clients, over loopback.
#![cfg(feature = "enabled")]

mod app;
mod bodies;
mod grpc;
mod services;
mod traffic;

use axum::serve::ListenerExt;
use perfkit::{Outcome, Registry};
use std::{collections::BTreeMap, future::Future, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

const OUTCOMES: [Outcome; 4] = [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];

/// Operation, method, status, outcome.
type Kind = (String, String, String, Outcome);
type Counts = BTreeMap<Kind, u64>;

fn kind(operation: &str, method: &str, status: &str, outcome: Outcome) -> Kind {
    (operation.into(), method.into(), status.into(), outcome)
}

/// How many requests of each kind have ended.
fn counts(registry: &Registry) -> Counts {
    let mut counts = Counts::new();
    for operation in registry.snapshot().operations() {
        let label = |key| operation.label(key).unwrap_or_default();
        for outcome in OUTCOMES {
            let ended = operation.outcome(outcome);
            if ended > 0 {
                let kind = kind(operation.name(), label("method"), label("status"), outcome);
                counts.insert(kind, ended);
            }
        }
    }
    counts
}

fn in_flight(registry: &Registry) -> u64 {
    let snapshot = registry.snapshot();
    snapshot.operations().iter().filter_map(|o| Some(o.in_flight()?.count)).sum()
}

/// Waits for the server to notice what its clients did, and asserts that it counted the same.
async fn assert_counts(registry: &Registry, expected: &Counts) {
    let total = expected.values().sum();
    wait_until(|| counts(registry).values().sum::<u64>() >= total && in_flight(registry) == 0)
        .await;
    assert_eq!(counts(registry), *expected);
    assert_eq!(in_flight(registry), 0);
}

/// Waits for at most half a minute; what was waited for is asserted afterwards.
async fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs a test's future, with tasks on two threads.
fn run(test: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(test);
}

/// Serves an app on a port of its own, for as long as the runtime lives.
async fn serve(app: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Chunks would wait for acknowledgements.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}
