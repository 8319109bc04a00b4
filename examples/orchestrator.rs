//! An orchestrator of agents with all that perfkit has around it: a pipeline of nested async operations, the
//! monitor with its rules, health checks, a store, the dashboard, and a Slack that does not always answer.
//!
//! ```sh
//! cargo run --release --example orchestrator --features http,postgres
//! ```
//!
//! It ends after some ten seconds, by itself, or with the first round after as many seconds as its first
//! argument says; its second is the dashboard's address. It has failed where not all counts are the same in
//! the end. `PERFKIT_STORE` may name another store than a file that is removed again.

use axum::{Router, extract::State, http::StatusCode, routing::post};
use perfkit::{
    Operation, Outcome,
    monitor::{
        Monitor,
        alert::Status,
        config::Config,
        health::{Check, CheckResult, HealthRegistry},
        http::Http,
        notify::Slack,
        rules::{Absent, Rule, Selector, Statistic},
    },
    store::{Query, open},
    timed,
};
use std::{
    error::Error,
    fmt,
    future::pending,
    net::SocketAddr,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Short times, so that a run of seconds shows what happens in hours. The windows are those of the rule and
/// two for the dashboard.
const SETTINGS: &str = "
    interval = '250ms'
    tick = '250ms'
    windows = ['10s', '1m']
    ready_made_rules = false
    report.interval = '10s'
    [store]
    interval = '1s'
";

const CLIENTS: usize = 8;
/// As many requests may be under way.
const CAPACITY: usize = 16;
const ROUND: u64 = 900;
const THINKING: Duration = Duration::from_millis(80);
const PATIENCE: Duration = Duration::from_millis(400);

// The pipeline, as it would be without perfkit but for an attribute on each function.

#[derive(Clone, Copy, Debug, PartialEq)]
enum Route {
    Direct,
    Retrieval,
    Agents,
}

impl Route {
    fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Retrieval => "retrieval",
            Self::Agents => "agents",
        }
    }
}

#[derive(Debug)]
enum Failure {
    NoRoute,
    Upstream,
}

impl Failure {
    fn kind(&self) -> &'static str {
        match self {
            Self::NoRoute => "no_route",
            Self::Upstream => "upstream",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// What a client asks. Its number decides what becomes of it, so that each round is like the others.
#[derive(Clone, Copy, Debug)]
struct Request(u64);

impl Request {
    fn is_unclear(self) -> bool {
        self.0 % 20 == 7
    }

    fn fails(self) -> bool {
        self.0 % 25 == 3
    }

    /// Nobody ever answers it: the client gives up.
    fn hangs(self) -> bool {
        self.0 % 50 == 11
    }

    /// The second third of a round meets slow agents.
    fn is_in_slow_third(self) -> bool {
        (ROUND / 3..ROUND * 2 / 3).contains(&(self.0 % ROUND))
    }
}

#[timed("full_pipeline", in_flight, err(kind = Failure::kind))]
async fn full_pipeline(request: Request) -> Result<(), Failure> {
    let route = routing_decision(request).await?;
    route_execution(route, request).await
}

#[timed("routing_decision")]
async fn routing_decision(request: Request) -> Result<Route, Failure> {
    sleep(Duration::from_millis(1)).await;
    if request.is_unclear() {
        return Err(Failure::NoRoute);
    }
    Ok([Route::Direct, Route::Retrieval, Route::Agents][(request.0 % 3) as usize])
}

#[timed("route_execution", labels(route = route.name()))]
async fn route_execution(route: Route, request: Request) -> Result<(), Failure> {
    let millis = match route {
        Route::Direct => 2,
        Route::Retrieval => 5,
        Route::Agents if request.is_in_slow_third() => 200,
        Route::Agents => 10,
    };
    sleep(Duration::from_millis(millis)).await;
    if request.hangs() {
        pending::<()>().await;
    }
    if request.fails() { Err(Failure::Upstream) } else { Ok(()) }
}

// The load, and what really became of it.

#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
}

impl Tally {
    fn all(&self) -> [u64; 3] {
        [&self.answered, &self.failed, &self.given_up].map(|count| count.load(Relaxed))
    }
}

async fn round(first: u64, requests: u64, capacity: &Arc<Semaphore>, tally: &Arc<Tally>) -> Result {
    let next = Arc::new(AtomicU64::new(first));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (next, capacity, tally) = (Arc::clone(&next), Arc::clone(capacity), Arc::clone(tally));
        clients.spawn(async move {
            loop {
                let request = Request(next.fetch_add(1, Relaxed));
                if request.0 >= first + requests {
                    return;
                }
                ask(request, &capacity, &tally).await;
                sleep(THINKING).await;
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client?;
    }
    Ok(())
}

async fn ask(request: Request, capacity: &Semaphore, tally: &Tally) {
    // It is never closed.
    let _permit = capacity.acquire().await;
    let pipeline = full_pipeline(request);
    // Only those that hang are given up, whatever else the machine does.
    let answer =
        if request.hangs() { timeout(PATIENCE, pipeline).await } else { Ok(pipeline.await) };
    let count = match answer {
        Ok(Ok(())) => &tally.answered,
        Ok(Err(_)) => &tally.failed,
        Err(_) => &tally.given_up,
    };
    count.fetch_add(1, Relaxed);
}

// A double of Slack's webhook: it refuses the first message, and is away for twenty seconds of each minute.

#[derive(Debug)]
struct Chat {
    began: Instant,
    refused: AtomicU64,
    taken: AtomicU64,
}

impl Chat {
    async fn start() -> Result<(SocketAddr, Arc<Self>)> {
        let chat = Arc::new(Self { began: Instant::now(), refused: 0.into(), taken: 0.into() });
        let app =
            Router::new().route("/services/{*path}", post(take)).with_state(Arc::clone(&chat));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async { axum::serve(listener, app).await });
        Ok((address, chat))
    }

    fn counts(&self) -> [u64; 2] {
        [&self.refused, &self.taken].map(|count| count.load(Relaxed))
    }

    fn is_away(&self) -> bool {
        (20..40).contains(&(self.began.elapsed().as_secs() % 60))
    }
}

async fn take(State(chat): State<Arc<Chat>>) -> StatusCode {
    if chat.is_away() || chat.refused.load(Relaxed) == 0 {
        chat.refused.fetch_add(1, Relaxed);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    chat.taken.fetch_add(1, Relaxed);
    StatusCode::OK
}

// All of it together.

fn slow_agents() -> Rule {
    Rule::new("slow agents", Statistic::Percentile(95.0))
        .of(Selector::from("route_execution").with("route", "agents"))
        .over(Duration::from_secs(2))
        .above(0.15)
        .clear(0.1)
        .hold(Duration::from_millis(500))
        .absent(Absent::Resolve)
}

fn checks(capacity: &Arc<Semaphore>, slack: SocketAddr) -> HealthRegistry {
    let health = HealthRegistry::new().version(env!("CARGO_PKG_VERSION"));
    let capacity = Arc::clone(capacity);
    health.register(Check::new("capacity", move || {
        let used = 1.0 - capacity.available_permits() as f64 / CAPACITY as f64;
        let found = if used < 1.0 { CheckResult::up() } else { CheckResult::degraded("full") };
        found.observed("utilization", used, "ratio")
    }));
    let runtime = tokio::runtime::Handle::current();
    let connect = move || runtime.block_on(TcpStream::connect(slack)).map(drop);
    health.register(Check::new("slack", connect).optional());
    health
}

fn start(store: &str, slack: SocketAddr, health: &HealthRegistry) -> Result<Monitor> {
    let settings = format!("{SETTINGS}\nurl = '{store}'");
    let monitor = Monitor::builder()
        .config(Config::load_over(&settings)?)
        .rule(slow_agents())
        .notifier(Slack::new(&format!("http://{slack}/services/T00/B00/double"))?)
        .health(health)
        .report(|metrics| eprintln!("{metrics}"))
        .start()?;
    monitor.store_check().into_iter().for_each(|check| health.register(check));
    Ok(monitor)
}

/// Until the rule has seen that the agents are quick again.
async fn calm(monitor: &Monitor) -> Result {
    for _ in 0..120 {
        if monitor.alerts().is_empty() {
            return Ok(());
        }
        sleep(Duration::from_millis(250)).await;
    }
    Err("the alert does not end".into())
}

/// Answered, failed, given up.
fn outcomes<'a>(of: impl IntoIterator<Item = &'a Operation>) -> [u64; 3] {
    of.into_iter().fold([0; 3], |[ok, failed, given_up], operation| {
        [
            ok + operation.outcome(Outcome::Ok),
            failed + operation.outcome(Outcome::Error),
            given_up + operation.outcome(Outcome::Cancelled),
        ]
    })
}

/// What the store has of this process.
fn stored(url: &str, since: SystemTime) -> Result<[u64; 3]> {
    let store = open(url)?;
    let instances = store.instances()?;
    let own = instances.iter().rfind(|of| of.pid == process::id() && of.started >= since);
    let own = own.ok_or("the store does not know this process")?;
    let query = Query::new(since, SystemTime::now()).name("full_pipeline").instance(&own.id);
    Ok(outcomes(store.operations(&query.by([]))?.iter().map(|group| &group.value)))
}

async fn run(store: &str, lasts: Duration, address: String) -> Result {
    let (began, since) = (Instant::now(), SystemTime::now());
    let (capacity, tally) = (Arc::new(Semaphore::new(CAPACITY)), Arc::new(Tally::default()));
    let (slack, chat) = Chat::start().await?;
    let health = checks(&capacity, slack);
    let monitor = start(store, slack, &health)?;
    let server = Http::new().address(address).serve(&monitor)?;
    eprintln!("look at http://{}/", server.address());

    health.started();
    let mut rounds = 0;
    while rounds == 0 || began.elapsed() < lasts {
        round(rounds * ROUND, ROUND, &capacity, &tally).await?;
        rounds += 1;
    }
    calm(&monitor).await?;
    health.set_draining(true);

    let alerts = monitor.alert_history();
    // They wait for what others are to answer.
    let unsent = tokio::task::spawn_blocking(move || {
        server.stop();
        monitor.stop()
    });
    let unsent: usize = unsent.await?.iter().map(|left| left.alerts.len()).sum();
    // So is the store.
    let store = store.to_owned();
    tokio::task::spawn_blocking(move || agree(&tally, &store, since)).await??;
    let told = |status| alerts.iter().filter(|alert| alert.status == status).count();
    println!("\nslow agents: {} firing, {} resolved", told(Status::Firing), told(Status::Resolved));
    let [refused, taken] = chat.counts();
    println!("Slack: {refused} refused, {taken} taken, {unsent} unsent");
    Ok(())
}

/// Whether all who count have the same counts.
fn agree(tally: &Tally, store: &str, since: SystemTime) -> Result {
    let snapshot = perfkit::snapshot();
    let known = tally.all();
    let counted = outcomes(snapshot.series("full_pipeline"));
    let stored = stored(store, since)?;
    println!("{:<36}answered   failed given up", "");
    for (who, [ok, failed, given_up]) in
        [("the clients", known), ("perfkit", counted), ("the store", stored)]
    {
        println!("{who:<36}{ok:>8} {failed:>8} {given_up:>8}");
    }
    for name in ["routing_decision", "route_execution"] {
        for series in snapshot.series(name) {
            let [ok, failed, given_up] = outcomes([series]);
            println!("{:<36}{ok:>8} {failed:>8} {given_up:>8}", series.full_name());
        }
    }
    if known == counted && known == stored { Ok(()) } else { Err("the counts differ".into()) }
}

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map(|text| text.parse()).transpose()?;
    let address = arguments.next().unwrap_or("127.0.0.1:0".into());
    let lasts = Duration::from_secs(seconds.unwrap_or(0));
    if let Ok(store) = std::env::var("PERFKIT_STORE") {
        return run(&store, lasts, address).await;
    }
    let folder = std::env::temp_dir().join(format!("perfkit-orchestrator-{}", process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = format!("sqlite:{}", folder.join("perfkit.db").display());
    let done = run(&store, lasts, address).await;
    std::fs::remove_dir_all(folder)?;
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Empty};
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};

    #[tokio::test]
    async fn requests_are_what_the_clients_saw_and_nest() {
        let (capacity, tally) = (Arc::new(Semaphore::new(CAPACITY)), Arc::new(Tally::default()));
        round(0, 50, &capacity, &tally).await.unwrap();

        // Of 50 numbers, 7, 27 and 47 find no route, 3 and 28 fail, 11 hangs.
        assert_eq!(tally.all(), [44, 5, 1]);
        let snapshot = perfkit::snapshot();
        assert_eq!(outcomes(snapshot.series("full_pipeline")), [44, 5, 1]);
        assert_eq!(outcomes(snapshot.series("routing_decision")), [47, 3, 0]);
        assert_eq!(outcomes(snapshot.series("route_execution")), [44, 2, 1]);
        for name in ["routing_decision", "route_execution"] {
            for caller in snapshot.series(name).flat_map(Operation::callers) {
                assert_eq!(caller.name.as_deref(), Some("full_pipeline"));
            }
        }
        assert_eq!(capacity.available_permits(), CAPACITY);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_ready_until_it_drains() {
        let (slack, _chat) = Chat::start().await.unwrap();
        let capacity = Arc::new(Semaphore::new(CAPACITY));
        let health = checks(&capacity, slack);
        let monitor = Monitor::builder().health(&health).start().unwrap();
        let server = Http::new().address("127.0.0.1:0").serve(&monitor).unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let ready = async || {
            let url = format!("http://{}/readyz", server.address());
            let answer = client.get(url.parse().unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.into_body().collect().await.unwrap().to_bytes())
        };
        let (status, text) = ready().await;
        assert_eq!((status, text.is_empty()), (200, false));
        health.set_draining(true);
        assert_eq!(ready().await.0, 503);
    }
}
