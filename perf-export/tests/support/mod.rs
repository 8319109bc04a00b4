//! What tests with others' programs have in common. Under `cargo xtask ci` all of them are there; where
//! one is missing the test fails.

#![allow(dead_code, unreachable_pub, reason = "not every test uses all of it")]

#[cfg(feature = "prometheus")]
pub mod prometheus;

use std::{
    io::{self, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A folder of a test's own, gone with it.
pub struct Folder(PathBuf);

impl Folder {
    /// `name` is the test's.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("perfkit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it, and returns its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program in the background, ended with the test.
pub struct Running(Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::null()).spawn();
        Self(started.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port of the loopback interface that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A Prometheus with these settings, and the port it answers on; with native histograms, or without. What it
/// keeps is in the folder, which is to outlive it.
pub fn start_prometheus(folder: &Folder, settings: &str, native: bool) -> (u16, Running) {
    let (port, settings) = (free_port(), folder.write("prometheus.yml", settings));
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", settings.display()));
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.arg("--log.level=warn").stdout(Stdio::null());
    if native {
        command.arg("--enable-feature=native-histograms");
    }
    (port, Running::start(&mut command))
}

/// What a program prints, given this on its standard input. Panics with what it says if it fails.
pub fn output(command: &mut Command, input: &[u8]) -> String {
    let spawned =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let ran = std::thread::scope(|scope| {
        // A program that stops reading has its reason, which it says.
        scope.spawn(move || stdin.write_all(input).or(io::Result::Ok(())));
        child.wait_with_output().unwrap()
    });
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{command:?}: {}\n{out}\n{err}", ran.status);
    out.into_owned()
}

/// What a Python program prints, in the environment that has the packages of `requirements.txt`.
pub fn python(program: &str, arguments: &[&str], input: &[u8]) -> String {
    let python = std::env::var_os("PERFKIT_PYTHON").unwrap_or_else(|| "python3".into());
    output(Command::new(python).arg("-c").arg(program).args(arguments), input)
}
