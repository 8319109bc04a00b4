//! An axum app that answers in every way there is.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use futures::{Stream, StreamExt, stream};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::oneshot, time::sleep};

/// Those who want to know when a handler has their request.
pub(crate) type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<()>>>>;

pub(crate) const CHUNKS: u64 = 3;
pub(crate) const PAUSE: Duration = Duration::from_millis(2);

pub(crate) fn app(waiting: Waiting) -> Router {
    let items = Router::new().route("/items/{id}", get(async || "item"));
    Router::new()
        .route("/users/{id}", get(async || "Ada").post(created))
        .route("/status/{code}", get(status))
        .route("/stream", get(async || Body::from_stream(chunks())))
        .route("/sized", get(sized))
        .route("/broken", get(broken))
        .route("/hang/{id}", get(hang))
        .route("/drip", get(drip))
        .route("/any", any(async || ()))
        .nest("/api", items)
        .with_state(waiting)
}

async fn created(body: Bytes) -> impl IntoResponse {
    (StatusCode::CREATED, body)
}

async fn status(Path(code): Path<u16>) -> impl IntoResponse {
    (StatusCode::from_u16(code).unwrap(), "text")
}

type Chunk = Result<&'static str, &'static str>;

fn chunks() -> impl Stream<Item = Chunk> {
    stream::iter(0..CHUNKS).then(|_| async {
        sleep(PAUSE).await;
        Ok("chunk")
    })
}

/// Its length is in the header; the body does not know it.
async fn sized() -> Response {
    let length = [(header::CONTENT_LENGTH, CHUNKS * 5)];
    (length, Body::from_stream(chunks())).into_response()
}

async fn broken() -> Body {
    let failure = stream::once(async {
        sleep(PAUSE).await;
        Err("broken")
    });
    Body::from_stream(chunks().chain(failure))
}

async fn hang(Path(id): Path<u64>, State(waiting): State<Waiting>) {
    if let Some(waiting) = waiting.lock().unwrap().remove(&id) {
        let _ = waiting.send(());
    }
    pending::<()>().await;
}

async fn drip() -> Body {
    Body::from_stream(chunks().chain(stream::pending()))
}
