//! A request under way: its call, and what is known of it.

use super::{
    layer::TimedLayer,
    names::{Answer, Learning, UNMATCHED},
    status,
};
use http::{HeaderMap, StatusCode, request::Parts};
use perf_core::{__bridge::Pieces, Outcome};

/// A request under way. Dropped before it has ended, it was cancelled.
#[derive(Debug)]
pub(super) struct Running {
    pieces: Pieces,
    method: &'static str,
    protocol: Protocol,
}

#[derive(Debug)]
enum Protocol {
    Http,
    Grpc { learning: Option<Learning>, status: GrpcStatus },
}

/// What is known of the status of a gRPC call.
#[derive(Debug, PartialEq)]
enum GrpcStatus {
    /// It came with the head, or the head has not come.
    Told,
    /// It comes with the trailers.
    Open,
    /// There is none, but an HTTP status that refuses the call: a proxy's.
    Refused,
}

impl Running {
    pub(super) fn begin<M>(layer: &TimedLayer<M>, request: &Parts) -> Self {
        let method = status::method(&request.method);
        let name = layer.names.of(request);
        let name = name.as_deref().unwrap_or(UNMATCHED);
        let labels = [("method", method), ("status", "none")];
        let pieces = Pieces::new(name, &labels, layer.registry.clone());
        let protocol = if layer.is_grpc {
            Protocol::Grpc { learning: layer.names.learning(request), status: GrpcStatus::Told }
        } else {
            Protocol::Http
        };
        Self { pieces, method, protocol }
    }

    /// Runs a piece of it.
    pub(super) fn run<R>(&mut self, piece: impl FnOnce() -> R) -> R {
        self.pieces.run(piece)
    }

    /// Its response has begun.
    pub(super) fn head(&mut self, status: StatusCode, headers: &HeaderMap) {
        match &mut self.protocol {
            Protocol::Http => self.label(status::class(status)),
            Protocol::Grpc { status: known, .. } => {
                let told = status::grpc(headers);
                let refused = told.is_none().then(|| status::grpc_refusal(status)).flatten();
                *known = match (told, refused) {
                    (Some(_), _) => GrpcStatus::Told,
                    (None, Some(_)) => GrpcStatus::Refused,
                    (None, None) => GrpcStatus::Open,
                };
                self.label_grpc(told.or(refused).unwrap_or("none"));
            }
        }
    }

    /// Whether a response to it has no body, whatever its head says.
    pub(super) fn is_bodiless(&self, status: StatusCode) -> bool {
        let is_bodiless = status.is_informational() || matches!(status.as_u16(), 204 | 304);
        match self.method {
            "HEAD" => true,
            "CONNECT" => is_bodiless || status.is_success(),
            _ => is_bodiless,
        }
    }

    /// It ended as the service should: with a response, all of it.
    pub(super) fn end(mut self, outcome: Outcome, trailers: Option<&HeaderMap>) {
        let outcome = match &self.protocol {
            Protocol::Grpc { status: GrpcStatus::Open, .. } => {
                self.label_grpc(trailers.and_then(status::grpc).unwrap_or(status::UNKNOWN));
                outcome
            }
            // To the classifier, no status is a good one.
            Protocol::Grpc { status: GrpcStatus::Refused, .. } => Outcome::Error,
            _ => outcome,
        };
        self.pieces.end(outcome);
    }

    /// There is an error instead of a response.
    pub(super) fn fail(mut self) {
        self.label("error");
        self.pieces.end(Outcome::Error);
    }

    /// There is an error in the middle of the body.
    pub(super) fn break_off(mut self) {
        self.pieces.end(Outcome::Error);
    }

    fn label(&mut self, status: &'static str) {
        self.pieces.set_labels(&[("method", self.method), ("status", status)]);
    }

    fn label_grpc(&mut self, code: &'static str) {
        if let Protocol::Grpc { learning: Some(learning), .. } = &self.protocol {
            let answer = match code {
                status::UNIMPLEMENTED => Answer::NoSuchMethod,
                status::OK => Answer::Good,
                _ => Answer::Other,
            };
            self.pieces.rename(learning.name(answer));
        }
        self.label(code);
    }
}
