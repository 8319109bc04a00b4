//! Thousands of requests, over HTTP/1 and HTTP/2, of which the clients keep their own counts.

use crate::{
    Counts,
    app::{self, CHUNKS, PAUSE, Waiting},
    assert_counts, in_flight, kind, run, serve,
};
use axum::http::{Method, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Response, body::Incoming};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use perfkit::{Outcome, Registry, tower::TimedLayer};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

/// How a client treats a response.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Read,
    /// The body breaks off.
    Fail,
    /// Gives up before the response begins.
    GiveUp,
    /// Gives up in the middle of the body.
    GiveUpBody,
}

/// The nth request: its method, path, route, and what becomes of it.
fn request(n: u64) -> (&'static str, String, &'static str, How) {
    let read = |method, path: &str, route| (method, path.to_owned(), route, How::Read);
    match n % 20 {
        0 => read("GET", &format!("/users/{n}"), "/users/{id}"),
        1 => read("POST", &format!("/users/{n}"), "/users/{id}"),
        2 => read("HEAD", &format!("/users/{n}"), "/users/{id}"),
        3 => read("GET", &format!("/api/items/{n}"), "/api/items/{id}"),
        4 => read("DELETE", &format!("/api/items/{n}"), "/api/items/{id}"),
        5 => read("GET", "/status/204", "/status/{code}"),
        6 => read("GET", "/status/304", "/status/{code}"),
        7 => read("GET", "/status/301", "/status/{code}"),
        8 => read("GET", "/status/404", "/status/{code}"),
        9 => read("GET", "/status/500", "/status/{code}"),
        10 => read("HEAD", "/status/503", "/status/{code}"),
        11 => read("GET", "/stream", "/stream"),
        12 => read("HEAD", "/stream", "/stream"),
        13 => read("GET", "/sized", "/sized"),
        14 => read("GET", &format!("/nowhere/{n}"), "(unmatched)"),
        15 => read("PURGE", "/any", "/any"),
        16 => ("GET", "/broken".into(), "/broken", How::Fail),
        17 => ("GET", format!("/hang/{n}"), "/hang/{id}", How::GiveUp),
        _ => ("GET", "/drip".into(), "/drip", How::GiveUpBody),
    }
}

type Http = Client<HttpConnector, Full<Bytes>>;

#[derive(Clone)]
struct Visitor {
    client: Http,
    address: SocketAddr,
    waiting: Waiting,
    registry: Registry,
    is_http2: bool,
}

impl Visitor {
    /// Makes one request, and counts it.
    async fn visit(&self, n: u64, counts: &mut Counts) {
        let (method, path, route, how) = request(n);
        let (status, outcome) = match how {
            How::GiveUp => {
                self.give_up(n, &path).await;
                ("none".into(), Outcome::Cancelled)
            }
            // Every other time by the connection itself.
            How::GiveUpBody if n.is_multiple_of(2) && !self.is_http2 => {
                let mut connection = self.send_raw(&path).await;
                let mut head = [0; 200];
                let read = connection.read(&mut head).await.unwrap();
                assert!(head[..read].starts_with(b"HTTP/1.1 200 "));
                ("2xx".into(), Outcome::Cancelled)
            }
            _ => {
                let response = self.send(method, &path).await;
                (class(&response), read(response, how).await)
            }
        };
        let method = if method == "PURGE" { "other" } else { method };
        *counts.entry(kind(route, method, &status, outcome)).or_default() += 1;
    }

    async fn send(&self, method: &str, path: &str) -> Response<Incoming> {
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("http://{}{path}", self.address))
            .body(Full::from(if method == "POST" { "posted" } else { "" }));
        self.client.request(request.unwrap()).await.unwrap()
    }

    async fn send_raw(&self, path: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        connection
    }

    /// Gives up once the handler has the request.
    async fn give_up(&self, n: u64, path: &str) {
        let (told, arrived) = oneshot::channel();
        self.waiting.lock().unwrap().insert(n, told);
        if n % 40 < 20 && !self.is_http2 {
            let connection = self.send_raw(path).await;
            arrived.await.unwrap();
            assert!(in_flight(&self.registry) > 0);
            drop(connection);
            return;
        }
        tokio::select! {
            _ = self.send("GET", path) => unreachable!("nobody answers"),
            arrived = arrived => arrived.unwrap(),
        }
    }
}

fn class(response: &Response<Incoming>) -> String {
    format!("{}xx", response.status().as_u16() / 100)
}

/// Reads a response as far as it goes, and says how that ended.
async fn read(response: Response<Incoming>, how: How) -> Outcome {
    let is_failure = response.status().is_server_error();
    let mut body = response.into_body();
    loop {
        match body.frame().await {
            Some(Ok(_)) if how == How::GiveUpBody => return Outcome::Cancelled,
            Some(Ok(_)) => (),
            Some(Err(_)) => {
                assert!(how == How::Fail);
                return Outcome::Error;
            }
            None => {
                assert!(how == How::Read);
                return if is_failure { Outcome::Error } else { Outcome::Ok };
            }
        }
    }
}

/// Makes so many requests from so many tasks, and compares the counts.
async fn visit(requests: u64, tasks: u64, is_http2: bool) {
    let (registry, waiting) = (Registry::new(), Waiting::default());
    let layer = TimedLayer::new().registry(registry.clone());
    let address = serve(app::app(waiting.clone()).layer(layer)).await;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).http2_only(is_http2).build(connector);
    let visitor = Visitor { client, address, waiting, registry: registry.clone(), is_http2 };

    let tasks = (0..tasks).map(|first| {
        let visitor = visitor.clone();
        tokio::spawn(async move {
            let mut counts = Counts::new();
            for n in (first..requests).step_by(tasks as usize) {
                visitor.visit(n, &mut counts).await;
            }
            counts
        })
    });
    let mut expected = Counts::new();
    for counts in futures::future::join_all(tasks.collect::<Vec<_>>()).await {
        for (kind, count) in counts.unwrap() {
            *expected.entry(kind).or_default() += count;
        }
    }
    assert_eq!(expected.values().sum::<u64>(), requests);
    assert_counts(&registry, &expected).await;

    // The time of a body is that of the request. Two digits are kept.
    let snapshot = registry.snapshot();
    let slept = PAUSE * CHUNKS as u32;
    for route in ["/stream", "/sized"] {
        let labels = [("method", "GET"), ("status", "2xx")];
        let slow = snapshot.get_labelled(route, &labels).unwrap();
        assert!(slow.percentile(50.0).unwrap() >= slept.mul_f64(0.99), "{slow:?}");
    }
}

#[test]
fn ten_thousand_requests_are_counted_as_their_clients_do() {
    run(visit(10_000, 16, false));
}

#[test]
fn streams_of_http2_are_counted_as_their_clients_do() {
    run(visit(2_000, 16, true));
}
