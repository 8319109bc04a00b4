//! A service of axum with a store in memory, under a few thousand requests over loopback: every
//! request by route, method and status, and what ran inside.
//!
//! `cargo run --release --features axum,tracing --example axum_service`

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use perfkit::{timed, timer, tower::TimedLayer};
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

const CLIENTS: u64 = 8;
const REQUESTS: u64 = 500;

#[tokio::main]
async fn main() {
    tracing_subscriber::registry().with(perfkit::layer().with_filter(LevelFilter::INFO)).init();
    let _perf = perfkit::init();

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    // Chunks would wait for acknowledgements.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    tokio::spawn(async { axum::serve(listener, app()).await });

    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(visit(address))).collect();
    let mut answered = 0;
    for client in clients {
        answered += client.await.expect("no client panics");
    }
    println!("answered {answered} of {}", CLIENTS * REQUESTS);
}

fn app() -> Router {
    Router::new()
        .route("/notes", get(list))
        .route("/notes/{id}", get(read).put(write).delete(remove))
        .with_state(Arc::new(Store::default()))
        .layer(TimedLayer::new())
}

#[derive(Default)]
struct Store {
    notes: Mutex<BTreeMap<u64, String>>,
}

impl Store {
    #[timed]
    fn find(&self, id: u64) -> Option<String> {
        self.locked(|notes| notes.get(&id).cloned())
    }

    #[timed]
    fn put(&self, id: u64, text: String) -> Option<String> {
        self.locked(|notes| notes.insert(id, text))
    }

    #[timed]
    fn longest(&self, count: usize) -> Vec<String> {
        let mut texts: Vec<_> = self.locked(|notes| notes.values().cloned().collect());
        let _t = timer!("sort");
        texts.sort_by_key(|text| Reverse(text.len()));
        texts.truncate(count);
        texts
    }

    fn locked<R>(&self, f: impl FnOnce(&mut BTreeMap<u64, String>) -> R) -> R {
        f(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The longest notes, one after the other.
async fn list(State(store): State<Arc<Store>>) -> Body {
    Body::from_stream(stream::iter(store.longest(3)).then(line))
}

#[timed]
async fn line(text: String) -> Result<String, Infallible> {
    sleep(Duration::from_millis(1)).await;
    Ok(text + "\n")
}

#[tracing::instrument(skip(store))]
async fn read(State(store): State<Arc<Store>>, Path(id): Path<u64>) -> Response {
    match store.find(id) {
        Some(text) => Json(text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn write(
    State(store): State<Arc<Store>>,
    Path(id): Path<u64>,
    text: String,
) -> Result<StatusCode, StatusCode> {
    check(&text).await?;
    let is_new = store.put(id, text).is_none();
    Ok(if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// Asks a service that is sometimes slow, and sometimes down.
#[tracing::instrument(skip(text))]
async fn check(text: &str) -> Result<(), StatusCode> {
    let is_slow = text.ends_with("51");
    sleep(Duration::from_millis(if is_slow { 50 } else { 1 })).await;
    if text.ends_with('3') { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(()) }
}

async fn remove(State(store): State<Arc<Store>>, Path(id): Path<u64>) -> StatusCode {
    match store.locked(|notes| notes.remove(&id)) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

/// Makes one client's requests, and returns how many were answered in time.
async fn visit(address: SocketAddr) -> u64 {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let http = Client::builder(TokioExecutor::new()).build(connector);
    let mut answered = 0;
    for n in 0..REQUESTS {
        // A client that waits no longer closes its connection.
        let visit = request(&http, address, n);
        answered += u64::from(timeout(Duration::from_millis(25), visit).await.is_ok());
    }
    answered
}

async fn request(http: &Client<HttpConnector, Full<Bytes>>, address: SocketAddr, n: u64) {
    let id = n / 10;
    let (method, path) = match n % 10 {
        0 => ("GET", "/notes".into()),
        1..=3 => ("PUT", format!("/notes/{id}")),
        4 => ("DELETE", format!("/notes/{}", id / 2)),
        5 => ("GET", format!("/robots/{n}")),
        _ => ("GET", format!("/notes/{id}")),
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .body(Full::from(format!("note {n}")))
        .expect("the parts are valid");
    if let Ok(response) = http.request(request).await {
        let _ = response.into_body().collect().await;
    }
}
