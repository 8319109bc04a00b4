//! The values of the labels: of each, only so many.

use http::{HeaderMap, Method, StatusCode};

/// The standard methods by name, any other as `other`.
pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::CONNECT => "CONNECT",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// The class of a status: `1xx` to `5xx`, any other as `other`.
pub(super) fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    }
}

/// The status of a call that went well: of a method there is.
pub(super) const OK: &str = "OK";
/// The status of a call of no method there is.
pub(super) const UNIMPLEMENTED: &str = "UNIMPLEMENTED";
/// The status of a call that ended without one.
pub(super) const UNKNOWN: &str = "UNKNOWN";

/// gRPC's status codes, by number.
const CODES: [&str; 17] = [
    OK,
    "CANCELLED",
    UNKNOWN,
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    UNIMPLEMENTED,
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The name of the gRPC status in headers or trailers, if there is one. Codes that are none count as
/// unknown, as gRPC wants it.
pub(super) fn grpc(headers: &HeaderMap) -> Option<&'static str> {
    let code = headers.get("grpc-status")?.to_str().ok().and_then(|code| code.parse().ok());
    Some(code.and_then(|code: usize| CODES.get(code)).unwrap_or(&UNKNOWN))
}

/// The gRPC status that an HTTP status stands for where there is none: gRPC's own table
/// (<https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html>). `None` for 200, which
/// refuses nothing.
pub(super) fn grpc_refusal(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        200 => None,
        400 => Some("INTERNAL"),
        401 => Some("UNAUTHENTICATED"),
        403 => Some("PERMISSION_DENIED"),
        404 => Some(UNIMPLEMENTED),
        429 | 502 | 503 | 504 => Some("UNAVAILABLE"),
        _ => Some(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use tower_http::classify::GrpcCode;

    #[test]
    fn methods_and_classes_are_bounded() {
        for name in ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
        {
            assert_eq!(method(&name.parse().unwrap()), name);
        }
        for name in ["get", "PROPFIND", "X"] {
            assert_eq!(method(&name.parse().unwrap()), "other");
        }
        for status in 100..=999 {
            let expected =
                if status < 600 { format!("{}xx", status / 100) } else { "other".into() };
            assert_eq!(class(StatusCode::from_u16(status).unwrap()), expected);
        }
    }

    #[test]
    fn grpc_codes_have_their_names() {
        for (number, name) in CODES.iter().enumerate() {
            let code = GrpcCode::from(i32::try_from(number).unwrap());
            assert_eq!(format!("{code:?}").to_lowercase(), name.replace('_', "").to_lowercase());
            assert_eq!(grpc(&headers(&number.to_string())), Some(*name));
        }
        for strange in ["17", "-1", "", "ok", "99999999999999999999"] {
            assert_eq!(grpc(&headers(strange)), Some("UNKNOWN"), "{strange}");
        }
        assert_eq!(grpc(&HeaderMap::new()), None);
    }

    #[test]
    fn every_http_status_but_200_refuses_a_call() {
        for status in 100..=999 {
            let refusal = grpc_refusal(StatusCode::from_u16(status).unwrap());
            assert_eq!(refusal.is_none(), status == 200);
            assert!(refusal.is_none_or(|code| CODES.contains(&code) && code != "OK"));
        }
    }

    fn headers(code: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            "grpc-status".parse().unwrap(),
            HeaderValue::from_str(code).unwrap(),
        )])
    }
}
