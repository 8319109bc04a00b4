//! Where readings come from: a program that serves its figures, or a store.

use super::{alerts, history::History, reading::Reading, stored::stored, workers};
use crate::{
    failure::{Failure, Outcome},
    input::{fetched, open, shown_url, snapshot_of, url_of},
};
use perf_store::Store;
use std::time::{Duration, SystemTime};

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) enum Source {
    Program { url: String, token: Option<String>, history: Box<History> },
    Store(Box<dyn Store>),
}

impl Source {
    pub(super) fn program(url: &str, token: Option<&str>) -> Outcome<Self> {
        if !["http://", "https://"].iter().any(|start| url.starts_with(start)) {
            let shown = shown_url(url);
            return Err(Failure::new(format!(
                "{shown}: expected a URL such as http://127.0.0.1:9464"
            )));
        }
        let (url, token) = (url.to_owned(), token.map(str::to_owned));
        Ok(Self::Program { url, token, history: Box::default() })
    }

    pub(super) fn store(url: &str) -> Outcome<Self> {
        open(url).map(Self::Store)
    }

    /// What it is called, without secrets.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Program { url, .. } => shown_url(url),
            Self::Store(_) => "the store".to_owned(),
        }
    }

    pub(super) fn read(&mut self) -> Outcome<Reading> {
        match self {
            Self::Program { url, token, history } => {
                let token = token.as_deref();
                let snapshot = snapshot_of(url, token, PATIENCE).inspect_err(|_| history.miss())?;
                // Not every program has rules, or workers.
                let page = |name: &str| fetched(&beside(url, name)?, token, PATIENCE).ok();
                let alerts = page("alerts").map(|text| alerts::of_answer(&text));
                let workers = page(&format!("fleet?limit={}", workers::MOST));
                let workers = workers.map(|text| workers::of_answer(&text));
                Ok(Reading { workers, ..history.take(snapshot, alerts.unwrap_or_default()) })
            }
            Self::Store(store) => stored(&**store, SystemTime::now()),
        }
    }
}

/// Beside the snapshot, wherever that is.
fn beside(url: &str, name: &str) -> Option<String> {
    let snapshot = url_of(url, "/api/v1/snapshot");
    Some(format!("{}/{name}", snapshot.strip_suffix("/snapshot")?))
}
