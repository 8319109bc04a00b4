//! The exporter, against a collector of the test's own.

#[path = "support/collector.rs"]
mod collector;

use collector::{Answer, Collector, Request};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    },
    metrics::v1::metric::Data,
};
use perf_core::Registry;
use perf_export::otlp::{Builder, Exporter, PushError, Resource, StartError};
use prost::Message;
use std::{
    io::{self, Read, Write},
    net::TcpListener,
    process::Command,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

const WORK: Duration = Duration::from_millis(2);
/// Nothing is due in a test of less than 10 minutes.
const NEVER: Duration = Duration::from_secs(3600);

fn exporter(registry: &Registry, collector: &Collector) -> Builder {
    Exporter::builder().registry(registry).endpoint(collector.url()).interval(NEVER)
}

/// How many calls a request tells of.
fn calls(body: &[u8]) -> u64 {
    let request = ExportMetricsServiceRequest::decode(body).unwrap();
    let metrics = request.resource_metrics.iter().flat_map(|of| &of.scope_metrics);
    let durations = metrics.flat_map(|of| &of.metrics).find_map(|metric| match &metric.data {
        Some(Data::ExponentialHistogram(durations)) => Some(durations),
        _ => None,
    });
    durations.map_or(0, |all| all.data_points.iter().map(|point| point.count).sum())
}

fn refused(status: &'static str, headers: &str) -> Answer {
    Answer::Status(status, headers.to_owned(), Vec::new())
}

/// What the log says.
fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    struct Lines;
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            log().lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    LOG.get_or_init(|| {
        let lines = tracing_subscriber::fmt().with_writer(|| Lines).with_ansi(false).finish();
        // Whoever sets it first.
        let _ = tracing_subscriber::util::SubscriberInitExt::try_init(lines);
        Mutex::default()
    })
}

/// The lines of the log about an address.
fn said_of(address: std::net::SocketAddr) -> Vec<String> {
    let log = String::from_utf8(log().lock().unwrap().clone()).unwrap();
    let ours = log.lines().filter(|line| line.contains(&format!("{address}/")));
    ours.map(str::to_owned).collect()
}

#[test]
fn what_is_there_is_posted_at_each_interval() {
    let (registry, collector) = (Registry::new(), Collector::start([]));
    registry.record("work", WORK);
    let resource = Resource::detect().service("shop");
    let exporter = exporter(&registry, &collector)
        .interval(Duration::from_millis(20))
        .resource(resource)
        .start()
        .unwrap();
    let first = collector.next();
    assert_eq!(first.head[0], "POST /v1/metrics HTTP/1.1");
    assert_eq!(first.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(first.header("content-encoding"), None);
    assert!(first.header("user-agent").unwrap().starts_with("perfkit/"));
    assert_eq!(calls(&first.body), 1);
    assert!(first.body.windows(4).any(|four| four == b"shop"));
    registry.record("work", WORK);
    while calls(&collector.next().body) != 2 {}
    exporter.stop().unwrap();
}

#[test]
fn flushing_and_stopping_push_at_once() {
    let (registry, collector) = (Registry::new(), Collector::start([]));
    let exporter = exporter(&registry, &collector).start().unwrap();
    registry.record("work", WORK);
    exporter.flush().unwrap();
    assert_eq!(calls(&collector.next().body), 1);
    registry.record("work", WORK);
    exporter.stop().unwrap();
    assert_eq!(calls(&collector.next().body), 2);
}

#[test]
fn dropping_pushes_a_last_time() {
    let (registry, collector) = (Registry::new(), Collector::start([]));
    let exporter = exporter(&registry, &collector).start().unwrap();
    registry.record("work", WORK);
    drop(exporter);
    assert_eq!(calls(&collector.next().body), 1);
    assert!(collector.rest().is_empty());
}

#[test]
fn it_waits_as_long_as_the_collector_asks_for() {
    for wait in ["retry-after: 1\r\n".to_owned(), date_in(Duration::from_secs(3))] {
        let (registry, collector) =
            (Registry::new(), Collector::start([refused("503 Service Unavailable", &wait)]));
        let exporter = exporter(&registry, &collector).start().unwrap();
        registry.record("work", WORK);
        exporter.flush().unwrap();
        let (first, second) = (collector.next(), collector.next());
        assert!(second.at - first.at >= Duration::from_secs(1), "{:?}", second.at - first.at);
        assert_eq!(calls(&second.body), 1);
    }
}

fn date_in(time: Duration) -> String {
    let date = httpdate::fmt_http_date(std::time::SystemTime::now() + time);
    format!("retry-after: {date}\r\n")
}

#[test]
fn without_a_time_it_backs_off() {
    let answers = [
        refused("429 Too Many Requests", "retry-after: 0\r\n"),
        refused("502 Bad Gateway", "retry-after: soon\r\n"),
        refused("504 Gateway Timeout", ""),
    ];
    let (registry, collector) = (Registry::new(), Collector::start(answers));
    exporter(&registry, &collector).start().unwrap().flush().unwrap();
    let at: Vec<_> = (0..4).map(|_| collector.next().at).collect();
    let waits: Vec<_> = at.windows(2).map(|two| (two[1] - two[0]).as_millis()).collect();
    for (wait, least) in waits.iter().zip([250, 500, 1000]) {
        assert!(*wait >= least, "{waits:?}");
    }
}

#[test]
fn what_is_refused_for_good_is_not_tried_again() {
    // A google.rpc.Status with a message.
    let body = [b"\x12\x11".as_slice(), b"no such\nkey: k3y "].concat();
    let answers = [
        Answer::Status("400 Bad Request", String::new(), body),
        refused("408 Request Timeout", "retry-after: 0\r\n"),
        refused("500 Internal Server Error", ""),
        refused("307 Temporary Redirect", "location: http://127.0.0.1:9/\r\n"),
    ];
    let (registry, collector) = (Registry::new(), Collector::start(answers));
    let exporter = exporter(&registry, &collector).header("x-key", "k3y").start().unwrap();
    let status = |result: Result<(), PushError>| match result {
        Err(PushError::Refused { status, message }) => (status, message),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(exporter.flush()), (400, "no such key: …".to_owned()));
    assert_eq!(status(exporter.flush()).0, 408);
    assert_eq!(status(exporter.flush()).0, 500);
    assert_eq!(status(exporter.flush()).0, 307);
    assert_eq!(collector.rest().len(), 4);
    exporter.flush().unwrap();
}

#[test]
fn nothing_is_lost_while_the_collector_is_away() {
    log();
    let registry = Registry::new();
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let exporter = Exporter::builder()
        .registry(&registry)
        .endpoint(format!("http://{place}/v1/metrics"))
        .interval(Duration::from_millis(50))
        .start()
        .unwrap();
    registry.record("work", WORK);
    let away = exporter.flush();
    assert!(matches!(away, Err(PushError::Unreachable(_))), "{away:?}");
    registry.record("work", WORK);
    std::thread::sleep(Duration::from_millis(200));

    let collector = Collector::on(TcpListener::bind(place).unwrap(), []);
    assert_eq!(calls(&collector.next().body), 2);
    exporter.stop().unwrap();
    let said = said_of(place);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("WARN") && said[0].contains("fails: the collector was not reached"));
    assert!(said[1].contains("arrives again, after "), "{}", said[1]);
}

#[test]
fn a_collector_that_does_not_answer_is_waited_for_no_longer_than_set() {
    let (registry, collector) = (Registry::new(), Collector::start([Answer::Silence]));
    let exporter =
        exporter(&registry, &collector).timeout(Duration::from_millis(200)).start().unwrap();
    let began = Instant::now();
    let silent = exporter.flush();
    assert!(
        matches!(&silent, Err(PushError::Unreachable(why)) if why.contains("timeout")),
        "{silent:?}"
    );
    assert!(began.elapsed() >= Duration::from_millis(200));
    exporter.flush().unwrap();
}

#[test]
fn a_push_takes_no_longer_than_set() {
    let (registry, collector) = (Registry::new(), Collector::start([Answer::Silence]));
    let exporter = exporter(&registry, &collector).export_timeout(Duration::from_millis(200));
    let silent = exporter.start().unwrap().flush();
    assert!(
        matches!(&silent, Err(PushError::Unreachable(why)) if why.contains("timeout")),
        "{silent:?}"
    );
}

#[test]
fn a_push_that_nobody_answers_is_tried_again() {
    log();
    let (registry, collector) = (Registry::new(), Collector::start([Answer::Silence]));
    let exporter = exporter(&registry, &collector)
        .interval(Duration::from_secs(2))
        .timeout(Duration::from_millis(100))
        .start()
        .unwrap();
    (0..2).for_each(|_| drop(collector.next()));
    exporter.stop().unwrap();
    // It was one push, which arrived.
    assert_eq!(said_of(collector.address), [""; 0]);
}

#[test]
fn a_push_that_is_wanted_does_not_wait_for_another_to_be_tried_again() {
    let (registry, collector) = (
        Registry::new(),
        Collector::start([refused("503 Service Unavailable", "retry-after: 3\r\n")]),
    );
    let exporter = exporter(&registry, &collector).interval(Duration::from_secs(4));
    let exporter = exporter.start().unwrap();
    let first = collector.next();
    exporter.flush().unwrap();
    assert!(collector.next().at - first.at < Duration::from_secs(3));
    exporter.stop().unwrap();
}

#[test]
fn stopping_ends_while_a_request_is_not_answered() {
    let (registry, collector) =
        (Registry::new(), Collector::start([Answer::Silence, Answer::Silence]));
    let exporter = exporter(&registry, &collector)
        .interval(Duration::from_millis(1))
        .stop_timeout(Duration::from_millis(300))
        .start()
        .unwrap();
    collector.next();
    let began = Instant::now();
    // The request under way may take 10 seconds.
    assert_eq!(exporter.stop(), Err(PushError::Late));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn stopping_ends_and_says_so_while_the_collector_is_away() {
    log();
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start = || {
        let builder =
            Exporter::builder().registry(&Registry::new()).interval(Duration::from_millis(50));
        builder.endpoint(format!("http://{place}/v1/metrics")).start().unwrap()
    };
    let exporter = start();
    // It has failed twice.
    std::thread::sleep(Duration::from_millis(120));
    let began = Instant::now();
    assert!(matches!(exporter.stop(), Err(PushError::Unreachable(_))));
    drop(start());
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let said = said_of(place);
    assert_eq!(said.iter().filter(|line| line.contains("the last push")).count(), 1, "{said:#?}");
}

#[test]
fn what_the_collector_rejects_in_part_is_reported_once() {
    log();
    let partial =
        ExportMetricsPartialSuccess { rejected_data_points: 3, error_message: "too old".into() };
    let body = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let partly = Answer::Status("200 OK", String::new(), body);
    let (registry, collector) = (Registry::new(), Collector::start([partly.clone(), partly]));
    let exporter = exporter(&registry, &collector).start().unwrap();
    (0..3).for_each(|_| exporter.flush().unwrap());
    let said = said_of(collector.address);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("3 points rejected: too old"), "{}", said[0]);
}

#[test]
fn requests_are_compressed_where_asked_for() {
    let (registry, collector) = (Registry::new(), Collector::start([]));
    registry.record("work", WORK);
    exporter(&registry, &collector).gzip(true).start().unwrap().flush().unwrap();
    let Request { body, .. } = &{
        let request = collector.next();
        assert_eq!(request.header("content-encoding"), Some("gzip"));
        request
    };
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&**body).read_to_end(&mut plain).unwrap();
    assert_eq!(calls(&plain), 1);
}

#[test]
fn headers_are_sent_and_never_shown() {
    let (registry, collector) = (Registry::new(), Collector::start([]));
    let builder = exporter(&registry, &collector).header("Authorization", "Bearer s3cret");
    let builder = builder.header("Content-Type", "text/plain").header("content-encoding", "br");
    assert!(!format!("{builder:?}").contains("s3cret"));
    let exporter = builder.start().unwrap();
    assert!(!format!("{exporter:?}").contains("s3cret"));
    exporter.flush().unwrap();
    let request = collector.next();
    assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
    let of_content = |line: &&String| line.starts_with("content-") && !line.contains("length");
    let of_content: Vec<_> = request.head.iter().filter(of_content).collect();
    assert_eq!(of_content, ["content-type: application/x-protobuf"]);
}

#[test]
fn what_cannot_work_is_said_at_the_start() {
    let start = |url: &str| Exporter::builder().endpoint(url).start();
    assert!(matches!(start("localhost:4318"), Err(StartError::Endpoint)));
    assert!(matches!(start("grpc://localhost:4317"), Err(StartError::Endpoint)));
    let bad = Exporter::builder().header("two words", "x").start();
    assert!(matches!(bad, Err(StartError::Header(name)) if name == "two words"));
    #[cfg(not(feature = "otlp-tls"))]
    assert!(start("https://localhost/v1/metrics").unwrap_err().to_string().contains("otlp-tls"));
}

#[cfg(feature = "otlp-tls")]
#[test]
fn an_https_endpoint_is_spoken_to_by_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/v1/metrics", listener.local_addr().unwrap());
    let hello = std::thread::spawn(move || {
        let mut first = [0];
        listener.accept().unwrap().0.read_exact(&mut first).map(|()| first[0])
    });
    let exporter =
        Exporter::builder().registry(&Registry::new()).interval(NEVER).endpoint(url).start();
    assert!(matches!(exporter.unwrap().flush(), Err(PushError::Unreachable(_))));
    // A handshake record.
    assert_eq!(hello.join().unwrap().unwrap(), 22);
}

/// It runs itself again with variables set, for those are of a process.
#[test]
fn variables_win_over_the_program() {
    const MARK: &str = "PERFKIT_TEST_COLLECTOR";
    if let Ok(place) = std::env::var(MARK) {
        let registry = Registry::new();
        registry.record("work", WORK);
        let wrong = Exporter::builder().registry(&registry).endpoint("http://127.0.0.1:9/");
        let exporter = wrong.header("x-key", "program").start().unwrap();
        return exporter.flush().unwrap_or_else(|error| panic!("{place}: {error}"));
    }
    let collector = Collector::start([]);
    let base = format!("http://{}/in/", collector.address);
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "variables_win_over_the_program"])
        .env(MARK, &base)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &base)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b")
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "lzma")
        .env("OTEL_RESOURCE_ATTRIBUTES", "team=sh%C3%B6p")
        .env("OTEL_SERVICE_NAME", "renamed")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let request = collector.next();
    assert_eq!(request.head[0], "POST /in/v1/metrics HTTP/1.1");
    assert_eq!(request.header("x-key"), Some("a b"));
    assert_eq!(request.header("content-encoding"), None);
    let text = String::from_utf8_lossy(&request.body);
    assert!(text.contains("renamed") && text.contains("shöp") && !text.contains("unknown_service"));
}
