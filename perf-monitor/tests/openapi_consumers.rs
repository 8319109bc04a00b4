//! What others make of the description of the API: one program sends whatever it allows and forbids, and
//! looks whether the answers are as it says; another makes a typed client of it.

#![cfg(feature = "http")]

mod support;

use perf_core::{Outcome, Registry};
use perf_monitor::{
    Monitor,
    config::Config,
    health::{Check, CheckResult, HealthRegistry},
    http::{Http, Server},
    rules::{Rule, Statistic},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use support::{Folder, output};

const TOKEN: &str = "s3cret";

/// What is looked at. Not whether all that the description allows is accepted: which windows there are,
/// and which operations, it cannot say.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,\
    missing_required_header,unsupported_method,allow_header_conformance,ignored_auth";

/// A program with something of everything, and its server.
struct Served {
    _monitor: Monitor,
    server: Server,
}

fn served(http: Http) -> Served {
    let config = "interval = \"1h\"\ntick = \"1h\"";
    let (registry, health) = (Registry::new(), HealthRegistry::new().version("1.2.3"));
    health.register(Check::new("disk", || CheckResult::degraded("almost full")));
    let rule = |name: &str| Rule::new(name, Statistic::Mean).of("checkout").above(0.001);
    let monitor = Monitor::builder()
        .config(Config::from_toml(config).unwrap())
        .registry(&registry)
        .health(&health)
        .rule(rule("fires"))
        .rule(rule("waits").hold(Duration::from_secs(3_600)))
        .keep_recent("checkout")
        .start()
        .unwrap();
    health.started();
    registry.counter("orders", &[]).add(7);
    registry.gauge("process_x", &[("of", "it")]).set(0.5);
    registry.distribution("sizes", &[]).record(3.0);
    for n in 1..=42 {
        registry.record("checkout", Duration::from_millis(n));
    }
    perf_core::with_registry(&registry, || {
        let _caller = perf_core::timer("cart");
        drop(registry.timer_labelled("query", &[("table", "users")]));
    });
    registry.record_outcome("checkout", Duration::from_millis(50), Outcome::Error);
    monitor.tick();
    Served { server: http.serve(&monitor).unwrap(), _monitor: monitor }
}

/// Sends what the description allows and forbids, and fails where an answer is not as described.
fn explore(served: &Served, more: &[&str]) {
    let address = served.server.address();
    let folder = Folder::new(&format!("schemathesis-{}", address.port()));
    let python = std::env::var_os("PERFKIT_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", ".");
    command.args(["-m", "schemathesis.cli", "run", "--checks", CHECKS, "--seed", "8"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "25"]);
    // A stream: it has no end that could be waited for.
    command.args(["--exclude-path", "/api/v1/events"]);
    command.args(["--request-timeout", "30", "--continue-on-failure", "--warnings", "off"]);
    command.args(more).arg(format!("http://{address}/openapi.json"));
    println!("{}", output(&mut command, b""));
}

#[test]
#[ignore = "needs Python's schemathesis: cargo xtask ci installs it"]
fn answers_are_as_described() {
    explore(&served(Http::new()), &[]);
}

#[test]
#[ignore = "needs Python's schemathesis: cargo xtask ci installs it"]
fn answers_are_as_described_to_who_has_the_token() {
    let http = Http::new().token(TOKEN).slack_signing_secret("another");
    explore(&served(http), &["--header", &format!("Authorization:Bearer {TOKEN}")]);
}

/// Where npm has installed what `tests/web/package.json` lists.
fn node_modules() -> PathBuf {
    let folder = std::env::var_os("PERFKIT_NODE_MODULES");
    folder.expect("PERFKIT_NODE_MODULES: the folder that cargo xtask ci installs").into()
}

/// A program of Node's packages, in this folder.
fn node(folder: &Path, program: &str) -> Command {
    let mut command = Command::new("node");
    command.current_dir(folder).arg(node_modules().join(program));
    command
}

#[test]
#[ignore = "needs node, and TypeScript: cargo xtask ci installs them"]
fn a_typed_client_is_made_of_the_description() {
    let served = served(Http::new().token(TOKEN));
    let folder = Folder::new("client");
    let base = format!("http://{}", served.server.address());
    let description = ureq::get(format!("{base}/openapi.json")).call().unwrap();
    let description = description.into_body().read_to_string().unwrap();
    folder.write("openapi.json", description);
    folder.write("client.ts", include_str!("web/client.ts"));
    folder.write("tsconfig.json", include_str!("web/tsconfig.json"));
    folder.write("package.json", "{ \"type\": \"module\" }");
    std::os::unix::fs::symlink(node_modules(), folder.path().join("node_modules")).unwrap();

    let make = ["openapi.json", "--output", "perfkit.d.ts"];
    output(node(folder.path(), "openapi-typescript/bin/cli.js").args(make), b"");
    output(&mut node(folder.path(), "typescript/bin/tsc"), b"");
    // A field that is not described is not there.
    folder.write("client.ts", include_str!("web/client.ts").replace("calls.count", "calls.counts"));
    let wrong = node(folder.path(), "typescript/bin/tsc").arg("--noEmit").output().unwrap();
    assert!(String::from_utf8_lossy(&wrong.stdout).contains("counts"), "{wrong:?}");

    let mut client = Command::new("node");
    client.current_dir(folder.path()).arg("client.js").args([&base, TOKEN]);
    let said = output(&mut client, b"");
    assert_eq!(said.trim(), "45 calls, 43 of checkout, 1 failed; fires fires, 1 waits");
}
