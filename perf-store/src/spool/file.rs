//! A file of the spool: a line with a checksum, one with the instance and what changed, one with the
//! snapshot.

use super::{WAITING, WRITING};
use crate::model::{AlertChange, HealthChange, Instance, Interval};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

const HEAD: &str = "perfkit-spool 1 ";

/// All but the snapshot.
#[derive(Serialize, Deserialize)]
struct Keys {
    instance: Instance,
    sequence: u64,
    alerts: Vec<AlertChange>,
    health: Vec<HealthChange>,
}

/// In the order they were taken within an instance, whatever its id is made of.
pub(super) fn name(instance: &Instance, sequence: u64) -> String {
    let instance = hex(&instance.id);
    format!("{}-{sequence:020}.{WAITING}", instance.get(..16).unwrap_or(&instance))
}

fn hex(text: impl AsRef<[u8]>) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        // Into a string anything can be written.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

pub(super) fn encode(instance: &Instance, interval: &Interval) -> String {
    let keys = Keys {
        instance: instance.clone(),
        sequence: interval.sequence,
        alerts: interval.alerts.clone(),
        health: interval.health.clone(),
    };
    // All keys are strings.
    let keys = serde_json::to_string(&keys).unwrap_or_default();
    let body = format!("{keys}\n{}", perf_export::json::line(&interval.snapshot, &[]));
    format!("{HEAD}{}\n{body}", hex(&body))
}

pub(super) fn decode(bytes: &[u8]) -> Result<(Instance, Interval), String> {
    let text = str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let (head, body) = text.split_once('\n').ok_or("it is cut short")?;
    let sum = head.strip_prefix(HEAD).ok_or("it does not begin as a file of the spool does")?;
    if hex(body) != sum {
        return Err("its checksum is wrong".into());
    }
    let (keys, snapshot) = body.split_once('\n').ok_or("it is cut short")?;
    let keys: Keys = serde_json::from_str(keys).map_err(|error| error.to_string())?;
    let snapshot = perf_export::json::read(snapshot).map_err(|error| error.to_string())?;
    let Keys { instance, sequence, alerts, health } = keys;
    Ok((instance, Interval { sequence, snapshot, alerts, health }))
}

/// It is there whole or not at all, after a power cut too.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let writing = path.with_extension(WRITING);
    let written = File::create(&writing).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    if written.is_err() {
        // On a full disk every byte counts.
        let _ = fs::remove_file(&writing);
    }
    written?;
    fs::rename(&writing, path)?;
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Elsewhere folders cannot be opened.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
