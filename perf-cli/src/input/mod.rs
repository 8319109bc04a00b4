//! What commands read: files, programs that serve their figures, and stores.

mod file;
mod range;
mod store;
mod url;

pub(crate) use range::Range;
pub(crate) use store::{grouped, open, operations};
pub(crate) use url::{fetched, get, is_url, shown as shown_url, snapshot_of, url_of, wants_token};

use crate::{failure::Outcome, progress::Progress};
use perf_core::{Operation, OperationParts, Snapshot, SnapshotParts};
use std::{path::PathBuf, str::FromStr, time::SystemTime};

/// Where an input is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Stdin,
    Url(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_url = is_url(text);
        if (text.contains("://") && !is_url) || text.starts_with("sqlite:") {
            // Not what it is: there may be a password in it.
            return Err("expected a file or an http URL; a store is named with --store".into());
        }
        Ok(match text {
            "" => return Err("expected a file, a URL, or `-` for standard input".into()),
            "-" => Self::Stdin,
            _ if is_url => Self::Url(text.to_owned()),
            _ => Self::File(text.into()),
        })
    }
}

impl Place {
    /// Without secrets.
    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "-".to_owned(),
            Self::Url(url) => shown_url(url),
        }
    }

    pub(crate) fn read(&self, token: Option<&str>) -> Outcome<Snapshot> {
        let _progress = Progress::waiting("reading");
        self.snapshot(token)
    }

    fn snapshot(&self, token: Option<&str>) -> Outcome<Snapshot> {
        match self {
            Self::File(path) => file::read(path),
            Self::Stdin => file::read_stdin(),
            Self::Url(url) => url::snapshot(url, token),
        }
    }
}

/// Reads and merges inputs, with a bar on a terminal where there are several.
pub(crate) fn merged(places: &[Place], token: Option<&str>) -> Outcome<Snapshot> {
    if let [place] = places {
        return place.read(token);
    }
    let progress = Progress::of(places.len(), "inputs");
    let mut all: Option<Snapshot> = None;
    for place in places {
        let read = place.snapshot(token)?;
        match &mut all {
            Some(all) => all.merge(&read),
            None => all = Some(read),
        }
        progress.step();
    }
    Ok(all.unwrap_or_else(|| of_operations(Vec::new(), (SystemTime::now(), SystemTime::now()))))
}

/// Reads inputs, each of which is an instance: its name is a label of all its operations.
pub(crate) fn each_labelled(places: &[Place], token: Option<&str>) -> Outcome<Snapshot> {
    let (mut operations, mut times) = (Vec::new(), None);
    for place in places {
        let read = place.read(token)?;
        let label = || vec![("instance".to_owned(), place.name())];
        let of = |of: &Operation| OperationParts { labels: label(), ..OperationParts::from(of) };
        operations.extend(read.operations().iter().map(of));
        let (from, to) = times.unwrap_or((read.started(), read.taken()));
        times = Some((from.min(read.started()), to.max(read.taken())));
    }
    let now = SystemTime::now();
    Ok(of_operations(operations, times.unwrap_or((now, now))))
}

/// Operations that were together in a time.
pub(crate) fn of_operations(
    operations: Vec<OperationParts>,
    (started, taken): (SystemTime, SystemTime),
) -> Snapshot {
    SnapshotParts {
        started,
        taken,
        lost: 0,
        operations,
        metrics: Vec::new(),
        descriptions: std::collections::BTreeMap::new(),
    }
    .into()
}

/// The operations of a snapshot with no label but one.
pub(crate) fn by_label(snapshot: &Snapshot, key: &str) -> Snapshot {
    let of = |operation: &Operation| {
        let value = operation.label(key).map(str::to_owned);
        OperationParts {
            labels: value.map(|value| (key.to_owned(), value)).into_iter().collect(),
            ..OperationParts::from(operation)
        }
    };
    // Several of one name and label become one.
    let times = (snapshot.started(), snapshot.taken());
    of_operations(snapshot.operations().iter().map(of).collect(), times)
}
