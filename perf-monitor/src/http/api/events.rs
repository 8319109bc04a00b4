//! What happens, as it happens.

use super::super::{
    app::App,
    hub::{Message, OVER},
    problem::Problem,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, watch};

/// How often something is said, so that those in between see that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// When to come again.
const RETRY: Duration = Duration::from_secs(1);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// One who listens.
struct Listener {
    app: App,
    /// The last message that was sent.
    at: u64,
    last: watch::Receiver<u64>,
    ending: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

/// Ticks and alerts, as they come
///
/// Server-sent events: `hello` first, then a `tick` each interval and an `alert` whenever one begins or
/// ends. With `Last-Event-ID` what was missed comes first, as far as it is kept.
#[utoipa::path(
    get,
    path = "/events",
    tag = "watch",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The id of the last event that arrived")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(State(app): State<App>, asked: HeaderMap) -> Result<Response, Problem> {
    let is_full = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many listen already");
    let permit = Arc::clone(&app.streams).try_acquire_owned().map_err(is_full)?;
    let last = app.view.hub().listen();
    let now = *last.borrow();
    let known = asked.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let listener = Listener {
        // An id that is yet to come is of another run.
        at: known.filter(|id| *id <= now).unwrap_or(now),
        last,
        ending: app.ending.subscribe(),
        app,
        _permit: permit,
    };
    let hello = listener.hello();
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(listener.stream(hello)).keep_alive(keep_alive).into_response())
}

impl Listener {
    fn hello(&self) -> Event {
        let hub = self.app.view.hub();
        let interval = self.app.view.interval_ms();
        let hello = serde_json::json!({"server": hub.server(), "tick": hub.tick(), "interval_ms": interval});
        Event::default().event("hello").retry(RETRY).data(hello.to_string())
    }

    fn stream(self, hello: Event) -> impl Stream<Item = Result<Event, Infallible>> {
        use futures_util::StreamExt;
        let rest = stream::unfold(self, |mut listener| async move {
            let message = listener.next().await?;
            let event = Event::default().id(message.id.to_string()).event(message.event);
            Some((event.data(&message.data), listener))
        });
        stream::iter([hello]).chain(rest).map(Ok)
    }

    /// The next message; `None` once the server or the monitor ends.
    async fn next(&mut self) -> Option<Arc<Message>> {
        loop {
            if let Some(message) = self.app.view.hub().after(self.at) {
                self.at = message.id;
                return Some(message);
            }
            if *self.last.borrow() == OVER {
                return None;
            }
            tokio::select! {
                more = self.last.changed() => more.ok()?,
                _ = self.ending.wait_for(|is_ending| *is_ending) => return None,
            }
        }
    }
}
