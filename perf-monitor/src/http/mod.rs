//! All of it over HTTP: the dashboard, what Prometheus and orchestrators ask, and an API.
//!
//! | path | what it is |
//! |---|---|
//! | `/` | the dashboard |
//! | `/livez`, `/readyz`, `/startupz`, `/health` | [`health`](crate::health), without a token |
//! | `/metrics` | what Prometheus scrapes |
//! | `/api/v1/…` | all that the dashboard shows, as JSON |
//! | `/api/v1/events` | ticks and alerts as they come: server-sent events |
//! | `/slack/commands` | Slack's slash commands, where a signing secret is set |
//! | `/openapi.json` | a description of all that for programs (`OpenAPI` 3.1) |
//!
//! [`serve`] does all of it in one line, [`Http::serve`] with settings; [`Http::router`] is for programs
//! that have an axum app already.
//!
//! The server is a thread of its own, with its own runtime. Whoever asks gets what was known at the last
//! tick, computed once for all that ask; recording calls waits for none of it.
//!
//! - It listens to this host only, unless given another address. With a [token](Http::token) all but
//!   health, the empty page and the description wants `Authorization: Bearer`, or the cookie of a
//!   session that the page begins; both are compared in a time that says nothing. Without one it answers
//!   only to addresses, `localhost` and [names it was given](Http::host), so that no web page can have
//!   a name of its own lead here.
//! - There is no TLS: put a proxy in front for that.
//! - A request's head may have 64 KiB and 64 headers and take 20 s; its body 64 KiB; an answer 30 s, of
//!   which the client may take 20 s to take in a piece. There are at most 512 connections, of which a new
//!   one takes the place of the oldest, and 256 streams of events: programs often may have no more than
//!   1,024 files and sockets open.

mod accept;
mod access;
mod answers;
mod api;
mod app;
mod hub;
mod model;
mod page;
mod probes;
mod problem;
mod range;
mod scrape;
mod series;
mod server;
mod slack;

pub use server::{ServeError, Server};

pub(crate) use hub::{Found, Hub};

use crate::{
    Monitor, StartError,
    config::{ConfigError, HttpSettings},
};
use access::Access;
use app::App;
use axum::{
    Json, Router,
    http::{HeaderName, HeaderValue, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use problem::Problem;
use secrecy::SecretString;
use std::{any::Any, fmt, net::SocketAddr, time::Duration};
use tokio::sync::watch;
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

/// Where it listens unless told: at a port of its own choice, on this host only.
const ADDRESS: &str = "127.0.0.1:0";

/// How long the body of a request may be.
const BODY_BYTES: usize = 64 << 10;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// What a server or a router is like.
///
/// ```
/// use perf_monitor::{Monitor, config::Config, http::Http};
///
/// let monitor = Monitor::builder().config(Config::from_toml("")?).start()?;
/// let server = Http::new().address("127.0.0.1:0").token("s3cret").serve(&monitor)?;
/// println!("http://{}/", server.address());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing is served until `serve`, or `router`"]
pub struct Http {
    address: String,
    token: Option<SecretString>,
    slack: Option<SecretString>,
    hosts: Vec<String>,
    #[cfg(feature = "fleet")]
    fleet: Option<perf_fleet::Fleet>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("address", &self.address)
            .field("has_token", &self.token.is_some())
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            address: ADDRESS.into(),
            token: None,
            slack: None,
            hosts: Vec::new(),
            #[cfg(feature = "fleet")]
            fleet: None,
        }
    }
}

impl Http {
    /// On this host only, at any port that is free, without a token.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to listen, such as `127.0.0.1:9464`, or `[::]:9464` for everybody.
    pub fn address(self, address: impl Into<String>) -> Self {
        Self { address: address.into(), ..self }
    }

    /// The token that is needed. One that is empty is none.
    pub fn token(self, token: impl Into<SecretString>) -> Self {
        use secrecy::ExposeSecret;
        let token = token.into();
        Self { token: (!token.expose_secret().is_empty()).then_some(token), ..self }
    }

    /// The signing secret of a Slack app, whose slash command's request URL is `…/slack/commands`.
    pub fn slack_signing_secret(self, secret: impl Into<SecretString>) -> Self {
        Self { slack: Some(secret.into()), ..self }
    }

    /// A name that a server without a token answers to, beside addresses and `localhost`: such as that
    /// of a proxy in front of it.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Shows a fleet of workers, too.
    ///
    /// ```
    /// use perf_monitor::http::Http;
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let http = Http::new().fleet(&fleet);
    /// ```
    #[cfg(feature = "fleet")]
    pub fn fleet(self, fleet: &perf_fleet::Fleet) -> Self {
        Self { fleet: Some(fleet.clone()), ..self }
    }

    /// As the settings say, where they say a port.
    pub(crate) fn configured(settings: &HttpSettings) -> Result<Option<Self>, ConfigError> {
        let Some(port) = settings.port else { return Ok(None) };
        let host = &settings.host;
        // An address of IPv6 stands in brackets.
        let host =
            if host.contains(':') { &format!("[{}]", host.trim_matches(['[', ']'])) } else { host };
        Ok(Some(Self {
            address: format!("{host}:{port}"),
            token: settings.token()?,
            slack: settings.slack_signing_secret()?,
            hosts: settings.hosts.clone(),
            #[cfg(feature = "fleet")]
            fleet: None,
        }))
    }

    /// Serves what a monitor knows, from a thread of its own.
    ///
    /// # Errors
    ///
    /// [`ServeError`] says what is wrong with the address, as where another program listens there.
    pub fn serve(self, monitor: &Monitor) -> Result<Server, ServeError> {
        let listener = server::bind(&self.address)?;
        let ending = watch::Sender::new(false);
        let router = self.routes(monitor, true, ending.clone());
        Server::start(listener, router, ending)
    }

    /// The same as a router for an axum app of one's own, at any path; where it answers to whatever names
    /// that app answers to, and its limits and timeouts for connections are that app's.
    ///
    /// ```
    /// use perf_monitor::{Monitor, config::Config, http::Http};
    ///
    /// let monitor = Monitor::builder().config(Config::from_toml("")?).start()?;
    /// let perf = Http::new().token("s3cret").router(&monitor);
    /// let app: axum::Router = axum::Router::new().nest("/perf", perf);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn router(self, monitor: &Monitor) -> Router {
        self.routes(monitor, false, watch::Sender::new(false))
    }

    fn routes(self, monitor: &Monitor, is_server: bool, ending: watch::Sender<bool>) -> Router {
        let access = Access::new(self.token, is_server.then_some(self.hosts));
        let app = App::new(
            monitor.view(),
            access,
            self.slack.map(slack::Slack::new),
            #[cfg(feature = "fleet")]
            self.fleet,
            ending,
        );
        let guarded = OpenApiRouter::new().nest("/api/v1", api::guarded()).merge(scrape::routes());
        let guarded =
            guarded.route_layer(middleware::from_fn_with_state(app.clone(), access::with_token));
        let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
            .merge(guarded)
            .nest("/api/v1", api::open())
            .merge(probes::routes())
            .merge(slack::routes())
            .split_for_parts();
        let router = router
            .route("/", get(page::page))
            .route("/openapi.json", get(async || Json(description)))
            .fallback(async || Problem::not_found("there is nothing here"))
            .method_not_allowed_fallback(async || {
                Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this is not done here by this method")
            })
            .layer(middleware::from_fn_with_state(app.clone(), access::by_name))
            .with_state(app);
        limited(router)
    }
}

/// With what holds for every answer.
fn limited(router: Router) -> Router {
    let always = |name: &'static str, value: &'static str| {
        let value = HeaderValue::from_static(value);
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), value)
    };
    router
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::map_response(problem::told))
        .layer(always("cache-control", "no-store"))
        .layer(always("x-content-type-options", "nosniff"))
        .layer(always("referrer-policy", "no-referrer"))
        .layer(always("cross-origin-resource-policy", "same-origin"))
}

fn after_panic(_: Box<dyn Any + Send>) -> Response {
    let why = "something panicked while this was answered";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
}

/// What `/openapi.json` begins with.
#[derive(OpenApi)]
#[openapi(
    info(title = "perfkit", description = "What a program does, and how long it takes."),
    tags(
        (name = "operations", description = "Calls and how long they took"),
        (name = "fleet", description = "Workers, where the program shows any"),
        (name = "watch", description = "Alerts, resources, and what happens as it happens"),
        (name = "health", description = "For orchestrators and load balancers"),
        (name = "session", description = "For browsers"),
        (name = "slack", description = "Slack's slash commands"),
    ),
    modifiers(&ByToken),
    security((), ("token" = []))
)]
struct Description;

/// Says how the token is given, where the server has one.
struct ByToken;

impl Modify for ByToken {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", scheme);
    }
}

/// A monitor and its server, see [`serve`].
#[derive(Debug)]
#[must_use = "it watches and serves only as long as it lives"]
pub struct Serving {
    server: Server,
    monitor: Monitor,
}

impl Serving {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What is served.
    #[must_use]
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }
}

/// Watches the global registry with the settings of [`Config::load`](crate::config::Config::load), and
/// serves it at an address such as `127.0.0.1:9464`.
///
/// ```
/// let serving = perf_monitor::http::serve("127.0.0.1:0")?;
/// println!("look at http://{}/", serving.address());
/// # Ok::<(), perf_monitor::http::ServeError>(())
/// ```
///
/// # Errors
///
/// As [`Http::serve`], and where the monitor cannot be started.
pub fn serve(address: impl Into<String>) -> Result<Serving, ServeError> {
    let wrong = |error: StartError| ServeError::Monitor(Box::new(error));
    let monitor = Monitor::builder().start().map_err(wrong)?;
    let server = Http::new().address(address).serve(&monitor)?;
    Ok(Serving { server, monitor })
}
