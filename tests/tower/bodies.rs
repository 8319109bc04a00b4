//! When a body has ended, whoever reads it.

use crate::{counts, kind};
use axum::http::{Request, Response};
use bytes::Bytes;
use futures::{StreamExt, executor::block_on, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Body, Frame};
use perfkit::{
    Outcome, Registry,
    tower::{TimedLayer, classify::MakeClassifier},
};
use proptest::prelude::*;
use std::convert::Infallible;
use tower::{Layer, ServiceExt, service_fn};

/// A response of so many chunks, of which so many are read; its outcome.
fn read(response: Response<impl Body + Send + 'static>, method: &str, frames: usize) -> Outcome {
    let registry = Registry::new();
    read_as(TimedLayer::new(), &registry, response, method, frames);
    let counts = counts(&registry);
    assert_eq!(counts.values().sum::<u64>(), 1, "{counts:?}");
    counts.into_keys().next().unwrap().3
}

fn read_as<M: MakeClassifier + Clone>(
    layer: TimedLayer<M>,
    registry: &Registry,
    response: Response<impl Body + Send + 'static>,
    method: &str,
    frames: usize,
) {
    let mut response = Some(response);
    let inner = service_fn(move |_: Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let service = layer.registry(registry.clone()).layer(inner);
    let request = Request::builder().method(method).uri("/a.B/C").body(()).unwrap();
    block_on(async {
        let mut body = Box::pin(service.oneshot(request).await.unwrap().into_body());
        for _ in 0..frames {
            let _ = body.frame().await;
        }
    });
}

fn chunks(sizes: &[usize]) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    let chunks: Vec<_> = sizes.iter().map(|size| Ok(Bytes::from(vec![0; *size]))).collect();
    StreamBody::new(stream::iter(chunks).map(|chunk| chunk.map(Frame::data)))
}

proptest! {
    #[test]
    fn a_stream_has_ended_with_its_end_or_its_last_byte(
        sizes in prop::collection::vec(0..4_usize, 0..6),
        read_frames in 0..8_usize,
        is_sized: bool,
    ) {
        let length: usize = sizes.iter().sum();
        let mut response = Response::new(chunks(&sizes));
        if is_sized {
            response.headers_mut().insert("content-length", length.into());
        }
        let given: usize = sizes.iter().take(read_frames).sum();
        let is_complete = read_frames > sizes.len() || (is_sized && given == length);
        let expected = if is_complete { Outcome::Ok } else { Outcome::Cancelled };
        prop_assert_eq!(read(response, "GET", read_frames), expected);
    }
}

#[test]
fn responses_without_a_body_end_with_their_head() {
    let response = |status| Response::builder().status(status).body(chunks(&[1])).unwrap();
    for (method, status) in
        [("HEAD", 200), ("GET", 101), ("GET", 204), ("GET", 304), ("CONNECT", 200)]
    {
        assert_eq!(read(response(status), method, 0), Outcome::Ok, "{method} {status}");
    }
    assert_eq!(read(response(500), "HEAD", 0), Outcome::Error);
    for (method, status) in [("GET", 200), ("CONNECT", 400), ("GET", 500)] {
        assert_eq!(read(response(status), method, 0), Outcome::Cancelled, "{method} {status}");
    }
    assert_eq!(read(Response::new(String::new()), "GET", 0), Outcome::Ok);
    assert_eq!(read(Response::new("known".to_owned()), "GET", 0), Outcome::Cancelled);
    assert_eq!(read(Response::new("known".to_owned()), "GET", 1), Outcome::Ok);
}

#[test]
fn a_proxys_refusal_is_a_grpc_error() {
    let registry = Registry::new();
    let refused = Response::builder().status(503).body(String::new()).unwrap();
    read_as(TimedLayer::grpc(), &registry, refused, "POST", 0);
    let expected = kind("a.B/C", "POST", "UNAVAILABLE", Outcome::Error);
    assert_eq!(counts(&registry), [(expected, 1)].into());
}

#[test]
fn a_grpc_status_is_waited_for() {
    let with_trailers = |code: &str| {
        let trailers = [("grpc-status".parse().unwrap(), code.parse().unwrap())];
        let trailers = Ok(Frame::trailers(trailers.into_iter().collect()));
        let data = Ok::<_, Infallible>(Frame::data(Bytes::from("data")));
        let response = Response::new(StreamBody::new(stream::iter([data, trailers])));
        let (mut head, body) = response.into_parts();
        head.headers.insert("content-length", 4.into());
        Response::from_parts(head, body)
    };
    let cases = [
        (with_trailers("0"), 2, "a.B/C", "OK", Outcome::Ok),
        (with_trailers("5"), 2, "a.B/C", "NOT_FOUND", Outcome::Error),
        (with_trailers("12"), 2, "(unmatched)", "UNIMPLEMENTED", Outcome::Error),
        (with_trailers("5"), 0, "a.B/C", "none", Outcome::Cancelled),
        // Nobody asked for the trailers.
        (with_trailers("5"), 1, "a.B/C", "UNKNOWN", Outcome::Ok),
    ];
    for (response, frames, name, status, outcome) in cases {
        let registry = Registry::new();
        read_as(TimedLayer::grpc(), &registry, response, "POST", frames);
        assert_eq!(counts(&registry), [(kind(name, "POST", status, outcome), 1)].into());
    }
}
