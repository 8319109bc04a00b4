//! tonic's server and client, both timed.

use crate::{Counts, assert_counts, kind, run};
use axum::http::Request;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use perfkit::{Outcome, Registry, tower::TimedLayer};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tonic::{
    Code,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceBuilder;

const CHECK: &str = "grpc.health.v1.Health/Check";
const WATCH: &str = "grpc.health.v1.Health/Watch";

async fn serve(registry: &Registry) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_, health) = tonic_health::server::health_reporter();
    let server =
        Server::builder().layer(TimedLayer::grpc().registry(registry.clone())).add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

fn ask(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.into() }
}

#[test]
fn calls_are_counted_by_method_and_status_on_both_sides() {
    run(async {
        let (at_server, at_client) = (Registry::new(), Registry::new());
        let address = serve(&at_server).await;
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        let channel = ServiceBuilder::new()
            .layer(TimedLayer::grpc().registry(at_client.clone()))
            .service(channel.connect().await.unwrap());
        let mut client = HealthClient::new(channel);

        for _ in 0..10 {
            client.check(ask("")).await.unwrap();
        }
        assert_eq!(client.check(ask("nobody")).await.unwrap_err().code(), Code::NotFound);
        let mut watching = client.watch(ask("")).await.unwrap().into_inner();
        assert!(watching.message().await.unwrap().is_some());
        drop(watching);

        let mut expected: Counts = [
            (kind(CHECK, "POST", "OK", Outcome::Ok), 10),
            (kind(CHECK, "POST", "NOT_FOUND", Outcome::Error), 1),
            (kind(WATCH, "POST", "none", Outcome::Cancelled), 1),
        ]
        .into();
        assert_counts(&at_client, &expected).await;

        for path in ["/no.Such/Method", "/grpc.health.v1.Health/NoSuch", "/neither"] {
            call(address, path).await;
        }
        expected.insert(kind("(unmatched)", "POST", "UNIMPLEMENTED", Outcome::Error), 3);
        assert_counts(&at_server, &expected).await;
    });
}

/// Calls a method without knowing its types.
async fn call(address: SocketAddr, path: &str) {
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let request = Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .body(Full::new(Bytes::from_static(&[0; 5])));
    let response = client.request(request.unwrap()).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "12");
    assert!(response.collect().await.is_ok());
}
