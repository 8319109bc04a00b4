//! What all handlers have.

use super::{access::Access, problem::Problem, slack::Slack};
use crate::view::View;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use perf_core::__bridge::heal;
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::{Semaphore, watch};

/// The most streams of events at once.
pub(super) const STREAMS: usize = 512;

/// Answers that are kept until the next tick, and how long all of them are at most.
const ANSWERS: usize = 128;
const ANSWERS_BYTES: usize = 16 << 20;

/// Clones are one.
#[derive(Clone)]
pub(super) struct App(Arc<Inner>);

pub(super) struct Inner {
    pub(super) view: View,
    pub(super) access: Access,
    pub(super) slack: Option<Slack>,
    pub(super) streams: Arc<Semaphore>,
    /// Says when the server ends; streams end with it.
    pub(super) ending: watch::Sender<bool>,
    answers: Mutex<Answers>,
}

/// What was answered since the last tick: nothing in it changes until the next one, however many ask.
#[derive(Default)]
struct Answers {
    tick: u64,
    all: HashMap<String, Arc<[u8]>>,
    bytes: usize,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub(super) fn new(
        view: View,
        access: Access,
        slack: Option<Slack>,
        ending: watch::Sender<bool>,
    ) -> Self {
        let streams = Arc::new(Semaphore::new(STREAMS));
        Self(Arc::new(Inner { view, access, slack, streams, ending, answers: Mutex::default() }))
    }

    /// JSON of the last tick. `key` tells it from other answers.
    pub(super) async fn answer<T: Serialize>(
        &self,
        key: String,
        compute: impl FnOnce(&View) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let tick = self.view.hub().tick();
        if let Some(known) = self.known(tick, &key) {
            return Ok(answered(known.to_vec()));
        }
        let body = self.run(move |view| compute(view).map(|answer| to_json(&answer))).await??;
        heal(self.answers.lock()).keep(tick, key, &body);
        Ok(answered(body))
    }

    /// Runs it on a thread where it may take its time.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let view = self.view.clone();
        let ran = tokio::task::spawn_blocking(move || work(&view)).await;
        ran.map_err(|_| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this could not be computed")
        })
    }

    fn known(&self, tick: u64, key: &str) -> Option<Arc<[u8]>> {
        let answers = heal(self.answers.lock());
        answers.all.get(key).filter(|_| answers.tick == tick).cloned()
    }
}

impl Answers {
    fn keep(&mut self, tick: u64, key: String, body: &[u8]) {
        if self.tick != tick {
            *self = Self { tick, ..Self::default() };
        }
        let bytes = self.bytes + key.len() + body.len();
        if self.all.len() < ANSWERS && bytes <= ANSWERS_BYTES {
            self.bytes = bytes;
            self.all.insert(key, body.into());
        }
    }
}

fn to_json(answer: &impl Serialize) -> Vec<u8> {
    // Of numbers, texts and lists: nothing in it can fail.
    serde_json::to_vec(answer).unwrap_or_default()
}

pub(super) fn answered(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
