//! What all handlers have.

use super::{access::Access, answers::Answers, model::to_json, problem::Problem, slack::Slack};
use crate::view::View;
use axum::{
    body::Bytes,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use perf_core::__bridge::heal;
use serde::Serialize;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, watch};

/// The most streams of events at once.
pub(super) const STREAMS: usize = 256;

/// Work of a kind at once.
const EACH: usize = 2;

/// The most threads that work at once.
pub(super) const WORKERS: usize = 3 * EACH;

/// Clones are one.
#[derive(Clone)]
pub(super) struct App(Arc<Inner>);

pub(super) struct Inner {
    pub(super) view: View,
    pub(super) access: Access,
    pub(super) slack: Option<Slack>,
    /// The workers to show.
    #[cfg(feature = "fleet")]
    pub(super) fleet: Option<perf_fleet::Fleet>,
    pub(super) streams: Arc<Semaphore>,
    /// Says when the server ends; streams end with it.
    pub(super) ending: watch::Sender<bool>,
    /// A check that hangs keeps nobody from scraping, nor does a question that takes long.
    answering: Arc<Semaphore>,
    scraping: Arc<Semaphore>,
    checking: Arc<Semaphore>,
    answers: Mutex<Answers>,
}

/// What work is for.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// People and programs with questions.
    Answers,
    /// What scrapes.
    Scrapes,
    /// Health, whose checks may hang until they time out.
    Checks,
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
        #[cfg(feature = "fleet")] fleet: Option<perf_fleet::Fleet>,
        ending: watch::Sender<bool>,
    ) -> Self {
        let [answering, scraping, checking] = [(); 3].map(|()| Arc::new(Semaphore::new(EACH)));
        let streams = Arc::new(Semaphore::new(STREAMS));
        let answers = Mutex::default();
        Self(Arc::new(Inner {
            view,
            access,
            slack,
            #[cfg(feature = "fleet")]
            fleet,
            streams,
            ending,
            answering,
            scraping,
            checking,
            answers,
        }))
    }

    /// How many workers there are to show; `None` without a fleet.
    #[cfg(feature = "fleet")]
    pub(super) fn workers(&self) -> Option<usize> {
        self.fleet.as_ref().map(perf_fleet::Fleet::len)
    }

    #[cfg(not(feature = "fleet"))]
    #[allow(clippy::unused_self, reason = "there is none")]
    pub(super) fn workers(&self) -> Option<usize> {
        None
    }

    /// JSON of the last tick, computed once for all that ask until the next one. `key` tells it from
    /// other answers.
    pub(super) async fn answer<T: Serialize>(
        &self,
        key: String,
        compute: impl FnOnce(&View) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let tick = self.view.hub().tick();
        let place = heal(self.answers.lock()).place(tick, &key);
        if let Some(known) = place.get() {
            return Ok(answered(known.clone()));
        }
        let compute = move |view: &View| compute(view).map(|answer| to_json(&answer).into());
        let body = place
            .get_or_try_init(|| async { self.run(For::Answers, compute).await? })
            .await
            .cloned();
        heal(self.answers.lock()).settle(tick, &key);
        body.map(answered)
    }

    /// Runs it on a thread where it may take its time, after others of its kind.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        kind: For,
        work: impl FnOnce(&View) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let room = match kind {
            For::Answers => &self.answering,
            For::Scrapes => &self.scraping,
            For::Checks => &self.checking,
        };
        let failed =
            || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this could not be computed");
        let permit = Arc::clone(room).acquire_owned().await.map_err(|_| failed())?;
        let view = self.view.clone();
        let work = move || {
            // Until it is done, even if nobody waits for it any more.
            let _permit = permit;
            work(&view)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| failed())
    }
}

pub(super) fn answered(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
