//! A small async service on tokio: requests that succeed, fail, and time out. A request that is
//! given up is dropped, and counts as cancelled.
//!
//! `cargo run --release --example async_service`

use perfkit::{TimedExt, timed, timer};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

const REQUESTS: u64 = 600;
const DEADLINE: Duration = Duration::from_millis(25);

#[derive(Debug)]
enum Failure {
    BadRequest,
    Unavailable,
}

#[tokio::main]
async fn main() {
    let _perf = perfkit::init();
    let service = Arc::new(Service { connections: Semaphore::new(400) });
    let mut requests = JoinSet::new();
    for id in 0..REQUESTS {
        let service = Arc::clone(&service);
        requests.spawn(async move { timeout(DEADLINE, service.handle(id)).await });
    }
    let (mut answered, mut failed, mut given_up) = (0, 0, 0);
    while let Some(Ok(response)) = requests.join_next().await {
        match response {
            Ok(Ok(_)) => answered += 1,
            Ok(Err(_)) => failed += 1,
            Err(_) => given_up += 1,
        }
    }
    println!("answered {answered}, failed {failed}, given up {given_up}");

    let handle = perfkit::snapshot();
    let handle = handle.get("handle").expect("requests were handled");
    let cancelled = handle.outcome(perfkit::Outcome::Cancelled);
    assert_eq!((handle.count(), handle.errors(), cancelled), (REQUESTS, failed, given_up));
}

struct Service {
    connections: Semaphore,
}

impl Service {
    #[timed("handle")]
    async fn handle(&self, id: u64) -> Result<String, Failure> {
        let body = parse(id)?;
        let row = self.query(body).await?;
        render(row).timed("render").await
    }

    /// Waits for one of the connections, then for the answer.
    #[timed]
    async fn query(&self, key: u64) -> Result<u64, Failure> {
        let permit = {
            let _t = timer!("wait for connection");
            self.connections.acquire().await
        };
        let _permit = permit.map_err(|_| Failure::Unavailable)?;
        let slow = if key.is_multiple_of(23) { 60 } else { key % 3 };
        sleep(Duration::from_millis(slow)).await;
        if key.is_multiple_of(11) { Err(Failure::Unavailable) } else { Ok(key * 2) }
    }
}

#[timed]
fn parse(id: u64) -> Result<u64, Failure> {
    if id.is_multiple_of(17) { Err(Failure::BadRequest) } else { Ok(id) }
}

async fn render(row: u64) -> Result<String, Failure> {
    tokio::task::yield_now().await;
    Ok(format!("<p>{row}</p>"))
}
