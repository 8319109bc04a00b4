//! A Telegram bot's monitor: messages, responses by route, errors; an alert where many fail; and
//! what the last 24 hours were, restarts or not.
//!
//! `cargo run --release --example telegram_bot --features store`

use fastrand::Rng;
use perfkit::{
    Operation, Outcome, Registry, ValueHistogram,
    monitor::{
        Builder, Monitor, StartError,
        alert::Severity,
        config::Config,
        rules::{Rule, Statistic},
    },
    store::{By, Group, Query, StoreError},
};
use std::{
    collections::HashSet,
    error::Error,
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

const MESSAGES: &str = "telegram_messages";
const RESPONSES: &str = "telegram_responses";
const CONFIDENCE: &str = "telegram_confidence";
const ERRORS: &str = "telegram_errors";
const USERS: &str = "telegram_users";

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a report waits for the store.
const PATIENCE: Duration = Duration::from_secs(10);
/// More users than this are counted as this many.
const MOST_USERS: usize = 100_000;

/// The ways a message is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    A,
    B,
    C,
    D,
}

impl Route {
    const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    fn as_str(self) -> &'static str {
        ["A", "B", "C", "D"][self as usize]
    }
}

/// Tells what a bot does. Labels are a route, or `&'static str`, a text of the program: nothing
/// that a user sends can become one.
struct Bot {
    monitor: Monitor,
    /// Who has been seen since the start. It stays here: of all users, only their number is kept.
    users: Mutex<HashSet<u64>>,
}

impl Bot {
    /// A service has `Bot::start(Monitor::builder())`: the global registry, the system's time, and
    /// settings by `PERFKIT_CONFIG` and `PERFKIT_STORE`.
    fn start(builder: Builder) -> Result<Self, StartError> {
        let failing = Rule::new("many errors", Statistic::ratio(&[ERRORS], &[MESSAGES]))
            .together()
            .over(15 * MINUTE)
            .minimum(20)
            .above(0.10)
            .clear(0.05)
            .severity(Severity::High)
            .summary("{value} of the messages failed");
        let slow = Rule::new("slow responses", Statistic::Percentile(95.0))
            .of(RESPONSES)
            .together()
            .over(15 * MINUTE)
            .minimum(20)
            .above(10.0)
            .clear(8.0);
        let monitor = builder.rule(failing).rule(slow).start()?;
        Ok(Self { monitor, users: Mutex::default() })
    }

    fn track_message(&self, user: u64, kind: &'static str, intent: &'static str) {
        let labels = [("type", kind), ("intent", intent)];
        self.registry().counter(MESSAGES, &labels).add(1);
        self.saw(user);
    }

    fn track_response(&self, user: u64, route: Route, confidence: f64, time: Duration) {
        let labels = [("route", route.as_str())];
        self.registry().record_labelled(RESPONSES, &labels, time, Outcome::Ok);
        self.registry().distribution(CONFIDENCE, &labels).record(confidence);
        self.saw(user);
    }

    /// The message is for the log: there may be anything in it, and each may be another.
    fn track_error(&self, kind: &'static str, message: &str, severity: Severity) {
        let labels = [("type", kind), ("severity", severity.as_str())];
        self.registry().counter(ERRORS, &labels).add(1);
        tracing::error!(kind, %severity, "{message}");
    }

    fn saw(&self, user: u64) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() < MOST_USERS && users.insert(user) {
            self.registry().gauge(USERS, &[]).set(users.len() as f64);
        }
    }

    fn registry(&self) -> &Registry {
        self.monitor.registry()
    }

    /// The last so many hours, of this run and of those before it.
    fn metrics(&self, hours: u32) -> Result<Metrics, StoreError> {
        let now = self.monitor.store_now(PATIENCE)?;
        let store = self.monitor.store()?;
        let all = |name| Query::last(HOUR * hours, now).name(name).by([]);
        let by_route = |name| all(name).by([By::Label("route".into())]);
        let count = |name| Ok(store.counters(&all(name))?.first().map_or(0, |group| group.value));
        let responses = store.operations(&all(RESPONSES))?.pop().map(|group| group.value);
        let answered = store.operations(&by_route(RESPONSES))?;
        let sure = store.distributions(&by_route(CONFIDENCE))?;
        let routes = Route::ALL.map(|route| RouteMetrics {
            route,
            responses: of_route(&answered, route).map_or(0, Operation::count),
            confidence: of_route(&sure, route).and_then(ValueHistogram::mean),
        });
        let percentile = |percent| responses.as_ref()?.percentile(percent);
        Ok(Metrics {
            messages: count(MESSAGES)?,
            errors: count(ERRORS)?,
            mean: responses.as_ref().and_then(Operation::mean),
            p50: percentile(50.0),
            p95: percentile(95.0),
            routes,
        })
    }
}

fn of_route<T>(groups: &[Group<T>], route: Route) -> Option<&T> {
    let group = groups.iter().find(|group| group.label("route") == Some(route.as_str()));
    group.map(|group| &group.value)
}

/// What happened in some time. Where nothing did, there is no mean and no percentile.
#[derive(Debug)]
struct Metrics {
    messages: u64,
    errors: u64,
    mean: Option<Duration>,
    p50: Option<Duration>,
    p95: Option<Duration>,
    routes: [RouteMetrics; 4],
}

#[derive(Debug)]
struct RouteMetrics {
    route: Route,
    responses: u64,
    confidence: Option<f64>,
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: u64, of: u64| 100.0 * part as f64 / of.max(1) as f64;
        // Percentiles are within 1 %: of some seconds, the tenths are sure.
        let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
        writeln!(f, "messages       {:>7}", self.messages)?;
        writeln!(f, "error rate     {:>7.2} %", percent(self.errors, self.messages))?;
        writeln!(f, "response mean  {:>7.2} s", seconds(self.mean))?;
        writeln!(f, "response p50   {:>7.1} s", seconds(self.p50))?;
        writeln!(f, "response p95   {:>7.1} s", seconds(self.p95))?;
        let responses = self.routes.iter().map(|of| of.responses).sum();
        for RouteMetrics { route, responses: of, confidence } in &self.routes {
            let (share, sure) = (percent(*of, responses), confidence.unwrap_or_default());
            writeln!(f, "route {route:?}        {share:>7.2} %   confidence {sure:.2}")?;
        }
        Ok(())
    }
}

/// Starts the bot at a simulated time, and nothing in it that differs from machine to machine.
fn simulated(folder: &Path, start: SystemTime) -> Result<Bot, Box<dyn Error>> {
    let url = format!("sqlite:{}", folder.join("bot.db").display());
    let config = format!(
        "ready_made_rules = false\nsystem.resources = false\n\
         [store]\nurl = '{url}'\ninterval = '5m'"
    );
    let builder = Monitor::builder().config(Config::from_toml(&config)?);
    Ok(Bot::start(builder.registry(&Registry::new()).simulated(start))?)
}

/// Five minutes of the bot. In an outage, the model does not answer every third message.
fn work(bot: &Bot, dice: &mut Rng, is_outage: bool) {
    for _ in 0..dice.u32(5..15) {
        let user = 5_000_000_000 + dice.u64(..800);
        let (kind, intent) =
            (["text", "voice", "photo"][dice.usize(..3)], ["question", "order"][dice.usize(..2)]);
        bot.track_message(user, kind, intent);
        if dice.u32(..100) < if is_outage { 33 } else { 1 } {
            bot.track_error("timeout", &format!("no answer to {user}"), Severity::Medium);
            continue;
        }
        // The first routes are quick, and taken more often.
        let route = dice.usize(..4).min(dice.usize(..4));
        let time = Duration::from_millis(100 * (3 + dice.u64(..8) * (1 + route as u64)));
        let confidence = 0.95 - 0.1 * route as f64 - 0.001 * f64::from(dice.u32(..40));
        bot.track_response(user, Route::ALL[route], confidence, time);
    }
    bot.monitor.advance(5 * MINUTE);
}

fn main() -> Result<(), Box<dyn Error>> {
    let (folder, start) = (tempfile::tempdir()?, SystemTime::now());
    let mut dice = Rng::with_seed(1);
    let bot = simulated(folder.path(), start)?;
    (0..15 * 12).for_each(|_| work(&bot, &mut dice, false));
    drop(bot);
    // After 15 hours it is restarted, and goes on for 15 more.
    let bot = simulated(folder.path(), start + 15 * HOUR)?;
    (0..15 * 12).for_each(|step| work(&bot, &mut dice, (60..66).contains(&step)));

    for alert in bot.monitor.alert_history() {
        let after = alert.ended.unwrap_or(alert.started).duration_since(start)?;
        let (status, summary) = (alert.status.as_str(), &alert.summary);
        println!(
            "after {:.2} h {status:<9}{}: {summary}",
            after.as_secs_f64() / 3_600.0,
            alert.rule
        );
    }
    print!("\nthe last 24 of 30 hours:\n{}", bot.metrics(24)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfkit::monitor::alert::Status;
    use std::fs;

    const USER: u64 = 5_123_456_789_012;

    fn bot(folder: &Path, start: SystemTime) -> Bot {
        simulated(folder, start).unwrap()
    }

    #[test]
    fn a_day_is_a_day_to_the_interval_and_through_a_restart() {
        let (folder, start) = (tempfile::tempdir().unwrap(), SystemTime::now());
        let interval = 5 * MINUTE;
        let first = bot(folder.path(), start);
        for messages in [1, 2] {
            (0..messages).for_each(|_| first.track_message(USER, "text", "question"));
            first.monitor.advance(interval);
        }
        drop(first);
        let second = bot(folder.path(), start + 2 * interval);
        (0..4).for_each(|_| second.track_message(USER, "text", "order"));
        second.track_response(USER, Route::B, 0.5, Duration::from_secs(2));
        // The first interval has ended 24 hours ago, the second five minutes later.
        second.monitor.advance(23 * HOUR + 55 * MINUTE);
        assert_eq!(second.metrics(24).unwrap().messages, 2 + 4);
        assert_eq!(second.metrics(25).unwrap().messages, 1 + 2 + 4);
        second.monitor.advance(interval);
        assert_eq!(second.metrics(24).unwrap().messages, 4);
        // What no interval has ended after is in too.
        second.track_message(USER, "text", "order");
        assert_eq!(second.metrics(24).unwrap().messages, 5);
        assert_eq!(second.metrics(u32::MAX).unwrap().messages, 8);
    }

    #[test]
    fn metrics_are_those_of_the_responses() {
        let folder = tempfile::tempdir().unwrap();
        let bot = bot(folder.path(), SystemTime::now());
        assert_eq!(bot.metrics(24).unwrap().p95, None);
        for n in 1..=100 {
            bot.track_message(n, "text", "question");
            let route = if n <= 75 { Route::A } else { Route::D };
            bot.track_response(n, route, 0.25, Duration::from_millis(10 * n));
        }
        bot.track_error("timeout", "", Severity::Low);
        let metrics = bot.metrics(24).unwrap();
        assert_eq!((metrics.messages, metrics.errors), (100, 1));
        let mean = metrics.mean.unwrap();
        assert!(mean.abs_diff(Duration::from_millis(505)) < Duration::from_micros(1), "{mean:?}");
        let p95 = metrics.p95.unwrap().as_secs_f64();
        assert!((p95 - 0.95).abs() < 0.0095, "{p95}");
        let routes = metrics.routes.map(|of| (of.responses, of.confidence));
        assert_eq!(routes, [(75, Some(0.25)), (0, None), (0, None), (25, Some(0.25))]);
        assert_eq!(bot.registry().snapshot().gauge(USERS, &[]), Some(100.0));
    }

    #[test]
    fn many_errors_are_told_and_so_is_their_end() {
        let folder = tempfile::tempdir().unwrap();
        let bot = bot(folder.path(), SystemTime::now());
        for failing in [0, 3, 0, 0, 0] {
            for n in 0..25 {
                bot.track_message(n, "text", "question");
                if n < failing {
                    bot.track_error("model", "overloaded", Severity::High);
                }
            }
            bot.monitor.advance(15 * MINUTE);
        }
        let told: Vec<_> = bot.monitor.alert_history().iter().map(|alert| alert.status).collect();
        assert_eq!(told, [Status::Firing, Status::Resolved]);
    }

    /// Whether a file of the folder holds it, in the open or as a number of SQLite's.
    fn is_kept(folder: &Path, wanted: &[u8]) -> bool {
        fs::read_dir(folder).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return is_kept(&path, wanted);
            }
            // A journal may be gone meanwhile.
            let bytes = fs::read(&path).unwrap_or_default();
            bytes.windows(wanted.len()).any(|window| window == wanted)
        })
    }

    #[test]
    fn neither_users_nor_messages_of_errors_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let bot = bot(folder.path(), SystemTime::now());
        bot.track_message(USER, "text", "question");
        bot.track_response(USER, Route::A, 0.9, Duration::from_secs(1));
        bot.track_error("api", &format!("token=hunter2 of {USER}"), Severity::Critical);
        let snapshot = format!("{:?}", bot.registry().snapshot());
        assert!(snapshot.contains(ERRORS) && snapshot.contains("critical"), "{snapshot}");
        bot.metrics(24).unwrap();
        // The file is looked at while the bot runs, with its log, and after.
        for bot in [Some(bot), None] {
            assert!(
                is_kept(folder.path(), ERRORS.as_bytes()),
                "it is looked at in the right place"
            );
            for secret in ["hunter2", &USER.to_string()] {
                assert!(!snapshot.contains(secret), "{secret} in {snapshot}");
                assert!(!is_kept(folder.path(), secret.as_bytes()), "{secret} is stored");
            }
            // SQLite keeps a number of this size as six bytes, and a real number as eight.
            assert!(!is_kept(folder.path(), &USER.to_be_bytes()[2..]), "as an integer");
            assert!(!is_kept(folder.path(), &(USER as f64).to_be_bytes()), "as a real number");
            drop(bot);
        }
    }
}
