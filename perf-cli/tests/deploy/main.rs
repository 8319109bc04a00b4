//! What stands in `deploy`: whether what is generated is up to date, what the programs it is for say of
//! it, and whether what it starts works, as far as that goes without a container.

#[path = "../../../perf-export/tests/support/mod.rs"]
#[allow(unexpected_cfgs, reason = "a feature of perf-export's")]
mod programs;
#[path = "../../../perf-store/tests/support/server.rs"]
#[allow(dead_code, unreachable_pub, reason = "not all of it is used here")]
mod server;

mod checked;
mod generated;
mod running;

// For the database, too.
use programs::{Folder, free_port};

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of `deploy`.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

fn text(name: &str) -> String {
    let path = path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The documents of a file of YAML.
fn yaml(name: &str) -> Vec<Value> {
    const READ: &str =
        "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin.buffer))))";
    serde_json::from_str(&programs::python(READ, &[], text(name).as_bytes())).unwrap()
}

/// The only document of a kind.
fn of_kind(name: &str, kind: &str) -> Value {
    let mut found: Vec<_> = yaml(name).into_iter().filter(|of| of["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{name}: {kind}");
    found.remove(0)
}

fn words(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap_or_else(|_| panic!("no words: {value}"))
}
