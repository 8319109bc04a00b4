//! OTLP as others read it: OpenTelemetry's own Python types, and a collector.

mod support;

use perf_core::{Outcome, Registry};
use perf_export::otlp::{Exporter, Resource, encode};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use support::{Folder, Running, free_port, python};

const PERCENTILES: [f64; 5] = [1.0, 50.0, 90.0, 99.0, 99.9];

/// Prints the attributes and figures of each point, and for histograms the bounds of the buckets that the
/// percentiles named by the arguments lie in.
const READ: &str = r#"
import math, sys
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
request = ExportMetricsServiceRequest.FromString(sys.stdin.buffer.read())
text = lambda value: getattr(value, value.WhichOneof("value"))
shown = lambda pairs: {pair.key: text(pair.value) for pair in pairs}
def bucket(point, percentile):
    base = 2 ** 2 ** -point.scale
    side = lambda s: [(s.offset + at, count) for at, count in enumerate(s.bucket_counts)]
    all = [(-base ** (i + 1), -base ** i, n) for i, n in reversed(side(point.negative))]
    all += [(0, 0, point.zero_count)]
    all += [(base ** i, base ** (i + 1), n) for i, n in side(point.positive)]
    assert sum(n for _, _, n in all) == point.count
    rank, seen = max(1, math.ceil(percentile / 100 * point.count)), 0
    for low, high, n in all:
        seen += n
        if seen >= rank:
            return low, high
for of_process in request.resource_metrics:
    print("resource", shown(of_process.resource.attributes))
    for scope in of_process.scope_metrics:
        for metric in scope.metrics:
            data = getattr(metric, metric.WhichOneof("data"))
            for point in data.data_points:
                head = (scope.scope.name, metric.name, metric.unit, shown(point.attributes))
                if metric.WhichOneof("data") == "exponential_histogram":
                    print(*head, "count", point.count, "sum", repr(point.sum), point.min, point.max)
                    for percentile in sys.argv[1:]:
                        print("bucket", metric.name, *bucket(point, float(percentile)))
                else:
                    print(*head, getattr(point, point.WhichOneof("value")))
"#;

fn registry() -> Registry {
    let registry = Registry::new();
    (1..=5_000).for_each(|n: u64| registry.record("shop::work", Duration::from_nanos(n * n * 37)));
    registry.record_outcome("shop::work", Duration::ZERO, Outcome::Error);
    (-50..1_000).for_each(|n| registry.distribution("sizes", &[]).record(f64::from(n).powi(3)));
    registry.gauge("nan", &[("quote\"", "line\nnul\0 ü🦀\\")]).set(f64::NAN);
    registry.gauge("inf", &[("long", &"x".repeat(10_000))]).set(f64::INFINITY);
    registry
}

#[test]
#[ignore = "needs Python's opentelemetry-proto: cargo xtask ci"]
fn python_reads_what_was_recorded() {
    let snapshot = registry().snapshot();
    let bytes = encode(&snapshot, &Resource::detect().service("shop"));
    let percentiles = PERCENTILES.map(|percentile| percentile.to_string());
    let read = python(READ, &percentiles.each_ref().map(|text| &**text), &bytes);
    let has = |line: &str| assert!(read.contains(line), "{line}\n{read}");
    has("'service.name': 'shop'");
    let of = "{'operation': 'shop::work', 'code.function.name': 'shop::work'";
    let sum = snapshot.get("shop::work").unwrap().sum().as_nanos() as f64 / 1e9;
    has(&format!("perfkit perfkit.operation.duration s {of}}} count 5001 sum {sum} 0.0 0.925"));
    has(&format!("perfkit perfkit.operation.calls {{call}} {of}, 'outcome': 'ok'}} 5000"));
    let failed = "'outcome': 'error', 'error.type': '_OTHER'}";
    has(&format!("perfkit perfkit.operation.calls {{call}} {of}, {failed} 1"));
    has(r#"perfkit.metrics nan  {'quote"': 'line\nnul\x00 ü🦀\\'} nan"#);
    has(&format!("perfkit.metrics inf  {{'long': '{}'}} inf", "x".repeat(10_000)));

    let buckets = |name: &str| -> Vec<(f64, f64)> {
        let lines = read.lines().filter_map(|line| line.strip_prefix(&format!("bucket {name} ")));
        lines.map(|line| line.split_once(' ').unwrap()).map(|(a, b)| (num(a), num(b))).collect()
    };
    let work = snapshot.get("shop::work").unwrap();
    let sizes = snapshot.distribution("sizes", &[]).unwrap();
    for (at, percentile) in PERCENTILES.into_iter().enumerate() {
        let time = work.percentile(percentile).unwrap().as_secs_f64();
        assert_within(buckets("perfkit.operation.duration")[at], time);
        assert_within(buckets("sizes")[at], sizes.percentile(percentile).unwrap());
    }
}

fn num(text: &str) -> f64 {
    text.parse().unwrap()
}

fn assert_within((low, high): (f64, f64), value: f64) {
    // That of a value is the end of its bucket here, the middle there.
    let little = value.abs() / 1000.0;
    assert!(low - little <= value && value <= high + little, "{low} {value} {high}");
}

/// The collector of the package `rotel`, which says what it is sent.
struct Rotel {
    _running: Running,
    log: PathBuf,
}

impl Rotel {
    fn start(port: u16, log: &Path) -> Self {
        let program = python(
            "import importlib.util as u, os; print(os.path.join(os.path.dirname(u.find_spec('rotel').origin), 'rotel-agent'))",
            &[],
            &[],
        );
        let mut command = Command::new(program.trim());
        command.arg("start").args(["--exporter", "blackhole"]);
        command.args(["--debug-log", "metrics", "--debug-log-verbosity", "detailed"]);
        command.args(["--otlp-http-endpoint", &format!("127.0.0.1:{port}")]);
        command.args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{}", free_port())]);
        let file = File::create(log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { _running: Running::start(&mut command), log: log.to_owned() }
    }

    /// Its log, once it holds this.
    fn says(&self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let bytes = std::fs::read(&self.log).unwrap();
            let log = String::from_utf8_lossy(&bytes).into_owned();
            if log.contains(text) {
                return log;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no {text:?} in:\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn pushing(registry: &Registry, port: u16) -> Exporter {
    let builder = Exporter::builder().registry(registry).interval(Duration::from_millis(50));
    builder.endpoint(format!("http://127.0.0.1:{port}/v1/metrics")).start().unwrap()
}

#[test]
#[ignore = "needs rotel: cargo xtask ci"]
fn a_collector_that_was_killed_has_missed_nothing() {
    let (folder, registry, port) = (Folder::new("otlp-restart"), Registry::new(), free_port());
    let record = |calls: u64| {
        (0..calls).for_each(|n| registry.record("shop::work", Duration::from_micros(100 + n)));
    };
    let collector = Rotel::start(port, &folder.path().join("before"));
    let exporter = pushing(&registry, port);
    record(10);
    collector.says("\nCount: 10\nSum: 0.001045\nMin: 0.0001\nMax: 0.000109\n");
    // It is killed as by `kill -9`.
    drop(collector);
    record(1_000);
    exporter.flush().unwrap_err();
    record(500);

    let collector = Rotel::start(port, &folder.path().join("after"));
    let log = collector.says("\nCount: 1510\n");
    let sum = registry.get("shop::work").unwrap().sum().as_secs_f64();
    assert!(log.contains(&format!("\nCount: 1510\nSum: {sum}\n")), "{sum} {log}");
    assert!(!log.contains("\nCount: 10\n"), "{log}");
    record(1);
    exporter.stop().unwrap();
    let log = collector.says("\nCount: 1511\n");

    let durations = log.rsplit("Name: perfkit.operation.duration").next().unwrap();
    let durations = durations.split("Metric #1").next().unwrap();
    let buckets: Vec<_> = durations.lines().filter_map(bucket).collect();
    assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), 1_511);
    let work = registry.get("shop::work").unwrap();
    for percentile in PERCENTILES {
        let rank = (percentile / 100.0 * 1_511.0).ceil() as u64;
        let mut seen = 0;
        let found = buckets.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        assert_within(found.unwrap().0, work.percentile(percentile).unwrap().as_secs_f64());
    }
}

/// Such as `Bucket (0.001, 0.002], Count: 7`.
fn bucket(line: &str) -> Option<((f64, f64), u64)> {
    let (low, rest) = line.strip_prefix("Bucket (")?.split_once(", ")?;
    let (high, count) = rest.split_once("], Count: ")?;
    Some(((num(low), num(high)), count.parse().unwrap()))
}

#[test]
#[ignore = "needs rotel: cargo xtask ci"]
fn a_collector_takes_whatever_was_recorded() {
    let (folder, registry, port) = (Folder::new("otlp-takes"), registry(), free_port());
    (0..10_000).for_each(|n| registry.counter(&format!("series_{n}"), &[]).add(n));
    let collector = Rotel::start(port, &folder.path().join("log"));
    collector.says("Starting Rotel");
    let exporter = Exporter::builder().registry(&registry).gzip(true);
    let exporter =
        exporter.endpoint(format!("http://127.0.0.1:{port}/v1/metrics")).start().unwrap();
    let began = Instant::now();
    while exporter.flush().is_err() {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    exporter.stop().unwrap();
    let log = collector.says("Value: 9999");
    for line in ["Value: NaN", "Value: inf", "-> quote\": Str(line\nnul\0 ü🦀\\)", "Count: 1050\n"]
    {
        assert!(log.contains(line), "{line}");
    }
}

/// Answers every `POST` by TLS, with the key and certificate of these files.
#[cfg(feature = "otlp-tls")]
const TLS: &str = r#"
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"#;

#[cfg(feature = "otlp-tls")]
#[test]
#[ignore = "needs openssl and Python: cargo xtask ci"]
fn a_private_authority_is_trusted_where_it_is_named() {
    use perf_export::otlp::PushError;
    let folder = Folder::new("otlp-tls");
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        support::output(command.args(arguments.split(' ')).current_dir(folder.path()), &[])
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -subj /CN=ca -keyout ca.key -out ca.pem -days 2"));
    openssl(&format!("req {key} -subj /CN=collector -keyout key.pem -out request.pem"));
    folder.write("names", "subjectAltName=IP:127.0.0.1");
    openssl(
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -extfile names -out cert.pem -days 2",
    );

    let port = free_port();
    let file = |name: &str| folder.path().join(name);
    let program = std::env::var_os("PERFKIT_PYTHON").unwrap_or_else(|| "python3".into());
    let mut server = Command::new(program);
    server.args(["-c", TLS, &port.to_string()]).args([file("cert.pem"), file("key.pem")]);
    let _server = Running::start(&mut server);

    let builder = Exporter::builder().registry(&Registry::new());
    let builder = builder.endpoint(format!("https://127.0.0.1:{port}/v1/metrics"));
    let named = builder.clone().certificate(std::fs::read_to_string(file("ca.pem")).unwrap());
    let (named, unnamed) = (named.start().unwrap(), builder.start().unwrap());
    let began = Instant::now();
    while let Err(error) = named.flush() {
        assert!(began.elapsed() < Duration::from_secs(30), "{error}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let refused = unnamed.flush();
    let is_certificate = |why: &str| why.contains("UnknownIssuer");
    assert!(
        matches!(&refused, Err(PushError::Unreachable(why)) if is_certificate(why)),
        "{refused:?}"
    );
}
