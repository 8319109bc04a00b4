//! What each feature gives, with it alone, with none, and with all: `cargo xtask ci` runs these tests in all
//! those ways.

#![allow(unused_imports, reason = "not every feature needs all of them")]

use perfkit::{Registry, export::prometheus::Options, timed, timer, with_registry};
use std::time::Duration;

/// Some calls in a registry of its own.
#[allow(dead_code, reason = "not every feature needs it")]
fn recorded() -> Registry {
    let registry = Registry::new();
    (1..=4).for_each(|n| registry.record("job", Duration::from_millis(n)));
    registry
}

#[timed("called")]
fn called() {
    let _t = timer!("scope");
}

#[test]
fn calls_are_counted_where_that_is_enabled() {
    let registry = Registry::new();
    with_registry(&registry, called);
    let count = |name| registry.get(name).map_or(0, |operation| operation.count());
    let expected = u64::from(cfg!(feature = "enabled"));
    assert_eq!((count("called"), count("scope")), (expected, expected));
}

#[test]
fn the_formats_without_a_library_are_always_there() {
    let snapshot = recorded().snapshot();
    assert!(perfkit::export::markdown::write(&snapshot, &[50.0]).contains("job"));
    assert!(perfkit::export::prometheus::text(&snapshot, &Options::default()).contains("job"));
}

#[cfg(feature = "signals")]
#[test]
fn signals_can_be_asked_for() {
    drop(perfkit::Builder::new().signals(true));
}

#[cfg(feature = "tracing")]
#[test]
fn spans_are_timed() {
    use tracing_subscriber::prelude::*;

    let registry = Registry::new();
    let subscriber = tracing_subscriber::registry().with(perfkit::layer());
    let span = || tracing::info_span!("span").in_scope(|| {});
    tracing::subscriber::with_default(subscriber, || with_registry(&registry, span));
    let global = perfkit::get("span").map_or(0, |span| span.count());
    assert_eq!(registry.get("span").map_or(global, |span| span.count()), 1);
}

#[cfg(feature = "metrics")]
#[test]
fn the_facade_is_recorded() {
    let registry = Registry::new();
    let recorder = perfkit::MetricsRecorder::new(registry.clone());
    metrics::with_local_recorder(&recorder, || metrics::counter!("sales").increment(3));
    assert_eq!(registry.snapshot().counter("sales", &[]), Some(3));
}

#[cfg(feature = "tower")]
#[test]
fn requests_are_timed() {
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::{ServiceBuilder, ServiceExt, service_fn};

    let registry = Registry::new();
    let layer = perfkit::tower::TimedLayer::new().registry(registry.clone());
    let answer = |_: axum::http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(axum::http::Response::new(Body::empty()))
    };
    let service = ServiceBuilder::new().layer(layer).service(service_fn(answer));
    futures::executor::block_on(async {
        let request = axum::http::Request::new(Body::empty());
        let answer = service.oneshot(request).await.unwrap();
        answer.into_body().collect().await.unwrap();
    });
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.operations().iter().map(perfkit::Operation::count).sum::<u64>(), 1);
}

#[cfg(feature = "tokio")]
#[test]
fn runtimes_are_watched() {
    let registry = Registry::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let watch = perfkit::tokio::runtime_in(&registry, None, runtime.handle());
    assert!(!registry.snapshot().metrics().is_empty());
    watch.stop();
}

#[cfg(feature = "alloc")]
#[test]
fn an_allocator_counts() {
    let allocator = perfkit::alloc::CountingAllocator::system();
    assert_eq!(format!("{allocator:?}"), format!("{:?}", allocator.clone()));
}

#[cfg(feature = "parking_lot")]
#[test]
fn locks_of_parking_lot_are_timed() {
    use perfkit::sync::{parking_lot::MutexExt as _, site};

    let lock = parking_lot::Mutex::new(1);
    *lock.lock_timed(site!("lock")) += 1;
    assert_eq!(*lock.lock(), 2);
}

#[cfg(feature = "parking_lot_0_12")]
#[test]
fn locks_of_parking_lot_0_12_are_timed() {
    use perfkit::sync::{parking_lot_0_12::MutexExt as _, site};

    let lock = parking_lot_0_12::Mutex::new(1);
    *lock.lock_timed(site!("lock")) += 1;
    assert_eq!(*lock.lock(), 2);
}

#[cfg(feature = "files")]
#[test]
fn files_are_written_and_read() {
    let text = perfkit::export::json::write(&recorded().snapshot(), &[50.0]);
    let read = perfkit::export::json::read(&text).unwrap();
    assert_eq!(read.get("job").unwrap().count(), 4);
}

#[cfg(feature = "prometheus")]
#[test]
fn prometheus_is_answered() {
    let answer = perfkit::export::prometheus::respond(
        &recorded().snapshot(),
        None,
        None,
        &Options::default(),
    );
    assert!(!answer.body.is_empty());
}

#[cfg(feature = "otlp")]
#[test]
fn a_push_is_made_ready() {
    let exporter = perfkit::export::otlp::Exporter::builder();
    drop(exporter.endpoint("http://127.0.0.1:1/v1/metrics"));
}

#[cfg(feature = "monitor")]
#[test]
fn a_monitor_watches() {
    use perfkit::monitor::{Monitor, config::Config};

    let config = Config::from_toml("").unwrap();
    let monitor = Monitor::builder().config(config).registry(&recorded()).start().unwrap();
    assert_eq!(monitor.metrics().all.total, 4);
    assert!(monitor.stop().is_empty());
}

#[cfg(feature = "http")]
#[test]
fn it_is_served() {
    use std::io::{Read, Write};

    let serving = perfkit::serve("127.0.0.1:0").unwrap();
    let mut connection = std::net::TcpStream::connect(serving.address()).unwrap();
    write!(connection, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[cfg(feature = "analysis")]
#[test]
fn two_runs_are_compared() {
    let comparison = perfkit::analysis::compare::Comparison::new();
    let (one, other) = (recorded().snapshot(), recorded().snapshot());
    assert_eq!(comparison.of_snapshots(&one, &other).operations.len(), 1);
}

#[cfg(feature = "store")]
#[test]
fn it_is_remembered() {
    use perfkit::store::{Instance, Interval, Query, open};
    use std::time::SystemTime;

    let name = format!("perfkit-features-{}.db", std::process::id());
    let file = std::env::temp_dir().join(name);
    let store = open(&format!("sqlite:{}", file.display())).unwrap();
    let since = SystemTime::now() - Duration::from_secs(60);
    let interval = Interval::new(0, recorded().snapshot());
    assert!(store.write(&Instance::new("1.0.0"), &interval).unwrap());
    let all = Query::new(since, SystemTime::now() + Duration::from_secs(60)).name("job").by([]);
    assert_eq!(store.operations(&all).unwrap()[0].value.count(), 4);
    drop(store);
    std::fs::remove_file(file).unwrap();
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_that_is_not_there_is_said() {
    use perfkit::store::{StoreError, open};

    let error = open("postgres://perf@127.0.0.1:1/perf").unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[cfg(feature = "fleet")]
#[test]
fn workers_are_known() {
    let fleet = perfkit::fleet::Fleet::new();
    fleet.worker("AGENT_1").task("build").ok();
    assert_eq!(fleet.stats().len(), 1);
}

#[cfg(feature = "queues")]
#[test]
fn queues_are_watched() {
    let watch = perfkit::queues::bullmq::Watch::new("no url").queue("builds");
    assert!(watch.registry(&recorded()).start().is_err());
}
