//! A Redis that speaks TLS.

#![cfg(feature = "tls")]

mod support;

use perf_core::Registry;
use perf_queues::bullmq::{QueueState, Watch};
use std::{
    path::Path,
    process::{Command, Stdio},
};
use support::{Folder, free_port, until_queue};

/// Certificates of an authority of our own.
fn certify(folder: &Path) {
    let openssl = |more: &[&str]| {
        let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(new).args(more).stderr(Stdio::null());
        assert!(command.status().unwrap().success());
    };
    openssl(&["-subj", "/CN=perfkit tests", "-keyout", "ca.key", "-out", "ca.crt"]);
    let signed = ["-subj", "/CN=127.0.0.1", "-keyout", "redis.key", "-out", "redis.crt"];
    let ours = ["-CA", "ca.crt", "-CAkey", "ca.key"];
    let host = ["-addext", "subjectAltName=IP:127.0.0.1"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
    openssl(&[&signed[..], &ours, &host, &leaf].concat());
}

/// Looks at a Redis, with the system's certificates being those of the environment.
#[test]
#[ignore = "is run by the next one"]
fn looks() {
    let Ok(url) = std::env::var("WATCHED") else { return };
    let watching = Watch::new(&url).queue("mail").registry(&Registry::new()).start().unwrap();
    let seen = until_queue(&watching, "mail", |queue| queue.state != QueueState::Starting);
    println!("seen: {:?}", seen.state);
}

#[test]
#[ignore = "needs redis-server and openssl: cargo xtask ci"]
fn tls_is_spoken_and_the_certificate_checked() {
    let (folder, port) = (Folder::new("bullmq-tls"), free_port());
    certify(folder.path());
    let mut redis = Command::new("redis-server");
    redis.current_dir(folder.path()).args(["--port", "0", "--tls-port", &port.to_string()]);
    redis.args(["--bind", "127.0.0.1", "--save", "", "--tls-auth-clients", "no"]);
    redis.args(["--tls-cert-file", "redis.crt", "--tls-key-file", "redis.key"]);
    redis.args(["--tls-ca-cert-file", "ca.crt"]).stdout(Stdio::null());
    let _redis = support::Running::start(&mut redis);
    support::until("Redis listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let look = |authority: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "looks", "--nocapture"]);
        command.env("WATCHED", format!("rediss://127.0.0.1:{port}"));
        command.env("SSL_CERT_FILE", folder.path().join(authority));
        support::output(&mut command, b"")
    };
    let seen = look("ca.crt");
    assert!(seen.contains("seen: Missing"), "{seen}");
    // Signed by nobody that is trusted.
    certify_another(folder.path());
    let refused = look("other.crt");
    assert!(refused.contains("seen: Away") && refused.contains("certificate"), "{refused}");
}

fn certify_another(folder: &Path) {
    let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=other"];
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(new).args(["-keyout", "other.key", "-out", "other.crt"]);
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
}
