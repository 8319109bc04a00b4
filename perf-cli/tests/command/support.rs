//! The command and what it is given.

use assert_cmd::Command;
use perf_core::{Registry, Snapshot};
use perf_monitor::{
    Monitor,
    config::Config,
    http::{Http, Server},
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// The command, whatever the environment of the tests says.
pub(crate) fn perfkit<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
    for name in ["PERFKIT_STORE", "PERFKIT_HTTP_TOKEN", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(arguments).timeout(Duration::from_secs(60));
    command
}

/// What it prints where all is well.
pub(crate) fn printed<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let done = perfkit(arguments).assert().success();
    String::from_utf8(done.get_output().stdout.clone()).unwrap()
}

/// The one line that it ends with where something is wrong.
pub(crate) fn wrong<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let done = perfkit(arguments).assert().code(2).stdout("");
    let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("perfkit: "), "{said}");
    said
}

/// A folder of files, gone with the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file's name as an argument.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.name(name)
    }

    pub(crate) fn name(&self, name: &str) -> String {
        text(&self.path(name))
    }

    pub(crate) fn json(&self, name: &str, snapshot: &Snapshot) -> String {
        self.file(name, perf_export::json::write(snapshot, &[50.0]))
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A query of two tables, and what calls them.
pub(crate) fn shop() -> Snapshot {
    let registry = Registry::new();
    for n in 0..20 {
        let _page = registry.timer("GET /products");
        drop(registry.timer_labelled("query", &[("table", "users")]));
        if n % 2 == 0 {
            drop(registry.timer_labelled("query", &[("table", "=carts|_")]));
        }
    }
    registry.gauge("customers", &[]).set(4.0);
    registry.snapshot()
}

/// A program that serves what it measures.
pub(crate) struct Served {
    pub(crate) monitor: Monitor,
    server: Server,
}

impl Served {
    pub(crate) fn new(registry: &Registry) -> Self {
        Self::with(registry, Http::new())
    }

    pub(crate) fn with(registry: &Registry, http: Http) -> Self {
        let config = Config::from_toml("interval = \"1s\"").unwrap();
        let monitor = Monitor::builder().config(config).registry(registry).start().unwrap();
        let server = http.address("127.0.0.1:0").serve(&monitor).unwrap();
        Self { monitor, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }
}
