//! A monitor of work orders: how many are created, how long they take, how many fail; an alert
//! where too many do; and what the last seven days were, restarts or not.
//!
//! `cargo run --release --example work_orders --features store`

use fastrand::Rng;
use perfkit::{
    Operation, Outcome, Registry,
    monitor::{
        Builder, Monitor, StartError,
        alert::Severity,
        config::Config,
        rules::{Rule, Selector, Statistic},
    },
    store::{By, Group, Query, StoreError},
};
use std::{
    error::Error,
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

const CREATED: &str = "work_orders_created";
/// From an order's creation to its completion: an operation whose calls take hours.
const COMPLETED: &str = "work_orders_completed";

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// How long a report waits for the store.
const PATIENCE: Duration = Duration::from_secs(10);

/// How urgent an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

impl Priority {
    const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    fn as_str(self) -> &'static str {
        ["low", "normal", "high", "urgent"][self as usize]
    }
}

/// Who creates and resolves orders. People and agents come and go, and their names are nobody's
/// business here: what they are is one of three. A team would do as well, if teams are a list in
/// the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Human,
    Agent,
    Schedule,
}

impl Actor {
    fn as_str(self) -> &'static str {
        ["human", "agent", "schedule"][self as usize]
    }
}

/// Tells what becomes of work orders.
struct WorkOrders {
    monitor: Monitor,
}

impl WorkOrders {
    /// A service has `WorkOrders::start(Monitor::builder())`: the global registry, the system's
    /// time, and settings by `PERFKIT_CONFIG` and `PERFKIT_STORE`.
    fn start(builder: Builder) -> Result<Self, StartError> {
        let failing = Rule::new("orders fail", Statistic::ErrorRate)
            .of(COMPLETED)
            .together()
            .over(DAY)
            .minimum(10)
            .above(0.20)
            .clear(0.15)
            .severity(Severity::High)
            .summary("{value} of the orders of a day failed");
        let slow = Rule::new("urgent orders are slow", Statistic::Mean)
            .of(Selector::from(COMPLETED).with("priority", Priority::Urgent.as_str()))
            .together()
            .over(DAY)
            .minimum(3)
            .above(12.0 * HOUR.as_secs_f64())
            .summary("urgent orders took {value}");
        Ok(Self { monitor: builder.rule(failing).rule(slow).start()? })
    }

    fn created(&self, priority: Priority, by: Actor) {
        let labels = [("priority", priority.as_str()), ("created_by", by.as_str())];
        self.registry().counter(CREATED, &labels).add(1);
    }

    /// Sum, mean, minimum and maximum of the durations are kept to less than a millisecond, however
    /// long they are. Percentiles are within 1 %, up to `perfkit::MAX_DURATION`: 100 days.
    ///
    /// `Outcome::Error` is an order that failed; one that was withdrawn is `Outcome::Cancelled`.
    fn completed(&self, priority: Priority, by: Actor, took: Duration, outcome: Outcome) {
        let labels = [("priority", priority.as_str()), ("resolved_by", by.as_str())];
        self.registry().record_labelled(COMPLETED, &labels, took, outcome);
    }

    fn registry(&self) -> &Registry {
        self.monitor.registry()
    }

    /// The last so many days, of this run and of those before it.
    fn metrics(&self, days: u32) -> Result<Metrics, StoreError> {
        let now = self.monitor.store_now(PATIENCE)?;
        let store = self.monitor.store()?;
        let last = |name| Query::last(DAY * days, now).name(name);
        let created = store.counters(&last(CREATED).by([]))?;
        let completed = store.operations(&last(COMPLETED).by([]))?;
        let by_priority = By::Label("priority".into());
        Ok(Metrics {
            created: created.first().map_or(0, |group| group.value),
            completed: completed.into_iter().next().map(|group| group.value),
            by_priority: store.operations(&last(COMPLETED).by([by_priority]))?,
        })
    }
}

/// What happened in some time.
#[derive(Debug)]
struct Metrics {
    created: u64,
    completed: Option<Operation>,
    by_priority: Vec<Group<Operation>>,
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "created          {:>6}", self.created)?;
        let Some(all) = &self.completed else { return writeln!(f, "none was completed") };
        let hours = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() / 3_600.0;
        let failed = 100.0 * all.error_rate().unwrap_or_default();
        writeln!(f, "completed        {:>6}", all.count())?;
        writeln!(f, "mean time        {:>6.2} h", hours(all.mean()))?;
        writeln!(f, "longest time     {:>6.1} d", hours(all.max()) / 24.0)?;
        writeln!(f, "failure rate     {failed:>6.1} %")?;
        for priority in Priority::ALL.map(Priority::as_str) {
            let is_it = |group: &&Group<Operation>| group.label("priority") == Some(priority);
            let Some(of) = self.by_priority.iter().find(is_it) else { continue };
            let (count, mean) = (of.value.count(), hours(of.value.mean()));
            writeln!(f, "  {priority:<8}{count:>5} orders, {mean:>6.2} h")?;
        }
        Ok(())
    }
}

/// Starts the monitor at a simulated time, and nothing in it that differs from machine to machine.
fn simulated(folder: &Path, start: SystemTime) -> Result<WorkOrders, Box<dyn Error>> {
    let url = format!("sqlite:{}", folder.join("orders.db").display());
    let config = format!(
        "ready_made_rules = false\nsystem.resources = false\ninterval = '1h'\n\
         [store]\nurl = '{url}'\ninterval = '1h'"
    );
    let builder = Monitor::builder().config(Config::from_toml(&config)?);
    Ok(WorkOrders::start(builder.registry(&Registry::new()).simulated(start))?)
}

/// An hour of orders. On a bad day, every other one fails.
fn work(orders: &WorkOrders, dice: &mut Rng, is_bad: bool) {
    for _ in 0..dice.u32(1..6) {
        let priority = Priority::ALL[dice.usize(..4)];
        orders.created(priority, [Actor::Human, Actor::Agent, Actor::Schedule][dice.usize(..3)]);
    }
    for _ in 0..dice.u32(1..6) {
        let priority = Priority::ALL[dice.usize(..4)];
        // The more urgent, the sooner: in quarters of an hour.
        let took = HOUR / 4 * dice.u32(1..=64 >> priority as u32);
        let is_failed = dice.u32(..100) < if is_bad { 50 } else { 5 };
        let outcome = if is_failed { Outcome::Error } else { Outcome::Ok };
        orders.completed(priority, [Actor::Human, Actor::Agent][dice.usize(..2)], took, outcome);
    }
    orders.monitor.advance(HOUR);
}

fn main() -> Result<(), Box<dyn Error>> {
    let (folder, start) = (tempfile::tempdir()?, SystemTime::now());
    let mut dice = Rng::with_seed(2);
    let orders = simulated(folder.path(), start)?;
    (0..5 * 24).for_each(|_| work(&orders, &mut dice, false));
    drop(orders);
    // After five days it is restarted, and goes on for five more, of which the second is bad.
    let orders = simulated(folder.path(), start + 5 * DAY)?;
    orders.completed(Priority::Low, Actor::Human, 96 * DAY + 12 * HOUR, Outcome::Ok);
    (0..5 * 24).for_each(|hour| work(&orders, &mut dice, (24..48).contains(&hour)));

    for alert in orders.monitor.alert_history() {
        let after = alert.ended.unwrap_or(alert.started).duration_since(start)?;
        let (status, summary) = (alert.status.as_str(), &alert.summary);
        println!(
            "after {:.2} d {status:<9}{}: {summary}",
            after.as_secs_f64() / 86_400.0,
            alert.rule
        );
    }
    print!("\nthe last 7 of 10 days:\n{}", orders.metrics(7)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfkit::{MAX_DURATION, monitor::alert::Status};

    fn monitor(folder: &Path, start: SystemTime) -> WorkOrders {
        simulated(folder, start).unwrap()
    }

    #[test]
    fn a_week_is_a_week_to_the_interval_and_through_a_restart() {
        let (folder, start) = (tempfile::tempdir().unwrap(), SystemTime::now());
        let first = monitor(folder.path(), start);
        for created in [1, 2] {
            (0..created).for_each(|_| first.created(Priority::Normal, Actor::Human));
            first.completed(Priority::Normal, Actor::Agent, created * HOUR, Outcome::Ok);
            first.monitor.advance(HOUR);
        }
        drop(first);
        let second = monitor(folder.path(), start + 2 * HOUR);
        (0..4).for_each(|_| second.created(Priority::High, Actor::Schedule));
        // The first interval has ended seven days ago, the second an hour later.
        second.monitor.advance(6 * DAY + 23 * HOUR);
        let week = second.metrics(7).unwrap();
        assert_eq!((week.created, week.completed.unwrap().count()), (2 + 4, 1));
        let more = second.metrics(8).unwrap();
        assert_eq!((more.created, more.completed.unwrap().count()), (1 + 2 + 4, 2));
        second.monitor.advance(HOUR);
        assert_eq!(second.metrics(7).unwrap().created, 4);
        // What no interval has ended after is in too.
        second.created(Priority::Low, Actor::Agent);
        assert_eq!(second.metrics(7).unwrap().created, 5);
        assert_eq!(second.metrics(u32::MAX).unwrap().created, 8);
    }

    #[test]
    fn durations_of_months_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let orders = monitor(folder.path(), SystemTime::now());
        // The last one is more than percentiles know.
        for took in [Duration::from_secs(60), 99 * DAY + 6 * HOUR, MAX_DURATION, 120 * DAY] {
            orders.completed(Priority::Low, Actor::Human, took, Outcome::Ok);
        }
        let all = orders.metrics(7).unwrap().completed.unwrap();
        let is = |found: Option<Duration>, exact: Duration| {
            assert!(
                found.unwrap().abs_diff(exact) < Duration::from_millis(1),
                "{found:?} {exact:?}"
            );
        };
        is(all.min(), Duration::from_secs(60));
        is(all.max(), 120 * DAY);
        is(Some(all.sum()), 319 * DAY + 6 * HOUR + Duration::from_secs(60));
        is(all.mean(), (319 * DAY + 6 * HOUR + Duration::from_secs(60)) / 4);
        let p75 = all.percentile(75.0).unwrap();
        assert!(p75.abs_diff(MAX_DURATION) < DAY, "{p75:?}");
    }

    #[test]
    fn metrics_are_by_priority_and_tell_the_share_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let orders = monitor(folder.path(), SystemTime::now());
        assert_eq!(
            orders.metrics(7).unwrap().to_string(),
            "created               0\nnone was completed\n"
        );
        for outcome in [Outcome::Ok, Outcome::Error, Outcome::Cancelled, Outcome::Ok] {
            orders.completed(Priority::Urgent, Actor::Agent, HOUR, outcome);
            orders.completed(Priority::Low, Actor::Human, 3 * HOUR, Outcome::Ok);
        }
        let metrics = orders.metrics(7).unwrap();
        assert_eq!(metrics.completed.as_ref().unwrap().error_rate(), Some(0.125));
        let shown = metrics.to_string();
        assert!(shown.contains("mean time          2.00 h\n"), "{shown}");
        assert!(shown.contains("failure rate       12.5 %\n"), "{shown}");
        assert!(shown.contains("  urgent      4 orders,   1.00 h\n"), "{shown}");
    }

    #[test]
    fn many_failures_and_slow_urgent_orders_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let orders = monitor(folder.path(), SystemTime::now());
        for (count, outcome, hours) in
            [(12, Outcome::Error, 1), (80, Outcome::Ok, 1), (200, Outcome::Ok, 20)]
        {
            for _ in 0..count {
                orders.completed(Priority::Urgent, Actor::Agent, hours * HOUR, outcome);
            }
            orders.monitor.advance(HOUR);
        }
        let told = orders.monitor.alert_history();
        let told: Vec<_> = told.iter().map(|alert| (&*alert.rule, alert.status)).collect();
        let slow = "urgent orders are slow";
        assert_eq!(
            told,
            [
                ("orders fail", Status::Firing),
                ("orders fail", Status::Resolved),
                (slow, Status::Firing)
            ]
        );
    }
}
