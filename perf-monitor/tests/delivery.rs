//! Alerts on their way: to a Slack of the test's own, and to notifiers that fail in every way.

mod support;

use perf_core::Registry;
use perf_monitor::{
    alert::{Alert, Severity, Status},
    notify::{Delivery, Failure, Log, Notifier, Slack, Webhook},
};
use serde_json::Value;
use std::{
    net::TcpListener,
    sync::mpsc::{self, Receiver, Sender},
    time::{Duration, Instant},
};
use support::{
    alert,
    collector::{Answer, Collector, Request},
    log,
};

const SECRET: &str = "s3cretTokenOfSlack";
const WAIT: Duration = Duration::from_secs(60);

fn slack(collector: &Collector) -> Slack {
    let url = format!("http://{}/services/T0/B0/{SECRET}", collector.address);
    Slack::new(&url).unwrap().timeout(Duration::from_secs(2))
}

fn refused(status: &'static str, headers: &str) -> Answer {
    Answer::Status(status, headers.to_owned(), format!("no: {SECRET}").into_bytes())
}

fn count(registry: &Registry, notifier: &str, result: &str) -> u64 {
    let labels = [("notifier", notifier), ("result", result)];
    registry.snapshot().counter("perfkit_notifications", &labels).unwrap()
}

fn queued(registry: &Registry, notifier: &str) -> u64 {
    let labels = [("notifier", notifier)];
    registry.snapshot().gauge("perfkit_notifications_queued", &labels).unwrap() as u64
}

fn fires(rule: &str, at: u64) -> Alert {
    alert(rule, at, Status::Firing)
}

/// The alerts of a message, each as the word its summary begins with and the number in it.
fn arrived(request: &Request) -> Vec<(String, u64)> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let lines = body["text"].as_str().unwrap().lines();
    let parsed = lines.filter_map(|line| {
        let (rule, at) = line.trim_end_matches(';').rsplit_once(" #")?;
        Some((rule.rsplit_once(' ')?.1.to_owned(), at.parse().unwrap()))
    });
    parsed.collect()
}

/// What goes wrong, and what does not; whether the alerts of the request arrive with it.
fn script() -> Vec<(Answer, bool)> {
    vec![
        (refused("500 Internal Server Error", ""), false),
        (Answer::ok(), true),
        (refused("429 Too Many Requests", "retry-after: 2\r\n"), false),
        (Answer::Closed, false),
        (Answer::Silence, false),
        (Answer::Late(Duration::from_millis(300)), true),
        (refused("503 Service Unavailable", "retry-after: soon\r\n"), false),
    ]
}

#[test]
fn whatever_slack_answers_every_alert_arrives_once_and_in_order() {
    log::keep();
    std::thread::scope(|scope| {
        for first in 0..script().len() {
            scope.spawn(move || {
                let mut script = script();
                script.rotate_left(first);
                all_arrive(&script);
            });
        }
    });
    assert!(!log::text().contains(SECRET));
}

fn all_arrive(script: &[(Answer, bool)]) {
    let collector = Collector::start(script.iter().map(|(answer, _)| answer.clone()));
    let registry = Registry::new();
    let delivery = Delivery::new(vec![Box::new(slack(&collector))], &registry).unwrap();
    // A message holds 10.
    let alerts = (0..27).map(|at| {
        let status = if at % 2 == 0 { Status::Firing } else { Status::Resolved };
        alert(["one", "two", "three"][at as usize % 3], at, status)
    });
    let alerts: Vec<_> = alerts.collect();
    delivery.send(alerts.clone());

    let (mut requests, mut all) = (Vec::new(), Vec::new());
    while all.len() < alerts.len() {
        let is_accepted = script.get(requests.len()).is_none_or(|(_, is_accepted)| *is_accepted);
        requests.push(collector.next());
        all.extend(requests.last().filter(|_| is_accepted).into_iter().flat_map(arrived));
    }
    let expected = alerts.iter().map(|alert| (alert.rule.clone(), alert.value as u64));
    assert_eq!(all, expected.collect::<Vec<_>>());
    assert_eq!(delivery.stop(WAIT), []);
    assert!(collector.rest().is_empty());

    for (at, two) in requests.windows(2).enumerate() {
        let gap = two[1].at - two[0].at;
        let is_asked =
            matches!(script.get(at), Some((Answer::Status("429 Too Many Requests", ..), _)));
        let least = if is_asked { 2000 } else { 1000 };
        assert!(gap >= Duration::from_millis(least), "{gap:?} after {:?}", script.get(at));
    }
    let counts = ["sent", "dropped", "failed"].map(|result| count(&registry, "slack", result));
    assert_eq!((counts, queued(&registry, "slack")), ([27, 0, 0], 0));
    let again = requests.len() as u64 - 3;
    assert!(again >= 3 && count(&registry, "slack", "retried") >= again * 7, "{again}");
    let said = log::lines(&collector.address.to_string());
    assert!(said.iter().any(|line| line.contains("WARN")), "{said:#?}");
}

#[test]
fn what_is_refused_for_good_is_given_up_and_said_once() {
    log::keep();
    let answers = [
        refused("404 Not Found", ""),
        refused("302 Found", "location: http://127.0.0.1:9/\r\nretry-after: 9\r\n"),
    ];
    let (registry, collector) = (Registry::new(), Collector::start(answers));
    let delivery = Delivery::new(vec![Box::new(slack(&collector))], &registry).unwrap();
    for at in 0..3 {
        delivery.send(vec![fires("rule", at)]);
        collector.next();
    }
    assert_eq!(delivery.stop(WAIT), []);
    let counts = ["sent", "retried", "failed"].map(|result| count(&registry, "slack", result));
    assert_eq!(counts, [1, 0, 2]);
    let said = log::lines(&collector.address.to_string());
    let errors: Vec<_> = said.iter().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{said:#?}");
    assert!(errors[0].contains("answered 404: no: …") && errors[0].contains("slack"), "{errors:?}");
    assert!(!log::text().contains(SECRET));
}

#[test]
fn stopping_ends_and_tells_what_is_left() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let collector = Collector::start([
        Answer::Silence,
        refused("429 Too Many Requests", "retry-after: 600\r\n"),
    ]);
    let (registry, silent) = (Registry::new(), Webhook::new(&collector.url()).unwrap());
    let dead = Slack::new(&format!("http://{dead}/{SECRET}")).unwrap();
    let delivery = Delivery::new(vec![Box::new(dead), Box::new(silent)], &registry).unwrap();
    let alerts: Vec<_> = (0..12).map(|at| fires("rule", at)).collect();
    delivery.send(alerts.clone());
    collector.next();
    let began = Instant::now();
    let left = delivery.stop(Duration::from_millis(1500));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let left: Vec<_> = left.iter().map(|left| (&*left.notifier, &left.alerts)).collect();
    assert_eq!(left, [("slack", &alerts), ("webhook", &alerts)]);
    for notifier in ["slack", "webhook"] {
        assert_eq!((count(&registry, notifier, "dropped"), queued(&registry, notifier)), (12, 0));
    }
}

#[test]
fn stopping_waits_for_nobody_who_asked_for_more_time_than_there_is() {
    let collector =
        Collector::start([refused("429 Too Many Requests", "retry-after: 600\r\n"), Answer::ok()]);
    let (registry, webhook) = (Registry::new(), Webhook::new(&collector.url()).unwrap());
    let delivery = Delivery::new(vec![Box::new(webhook)], &registry).unwrap();
    delivery.send(vec![fires("rule", 1)]);
    collector.next();
    let began = Instant::now();
    assert_eq!(delivery.stop(Duration::from_secs(300))[0].alerts, [fires("rule", 1)]);
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(collector.rest().is_empty());
}

/// Gives what it is sent to the test, and answers as told.
struct Told {
    name: &'static str,
    seen: Sender<Vec<Alert>>,
    answers: Receiver<Result<(), Failure>>,
}

fn told(name: &'static str) -> (Told, Receiver<Vec<Alert>>, Sender<Result<(), Failure>>) {
    let (seen, alerts) = mpsc::channel();
    let (answer, answers) = mpsc::channel();
    (Told { name, seen, answers }, alerts, answer)
}

impl Notifier for Told {
    fn name(&self) -> &str {
        self.name
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        self.seen.send(alerts.to_vec()).unwrap();
        self.answers.recv().expect("what to answer")
    }
}

fn next(seen: &Receiver<Vec<Alert>>) -> Vec<Alert> {
    seen.recv_timeout(WAIT).expect("alerts")
}

#[test]
fn one_that_is_slow_holds_no_other_up_and_finds_all_together() {
    let (slow, slow_sees, slow_answer) = told("slow");
    let (quick, quick_sees, quick_answer) = told("quick");
    let registry = Registry::new();
    let delivery = Delivery::new(vec![Box::new(slow), Box::new(quick)], &registry).unwrap();
    delivery.send(vec![fires("rule", 0)]);
    assert_eq!(next(&slow_sees), [fires("rule", 0)]);
    quick_answer.send(Ok(())).unwrap();
    assert_eq!(next(&quick_sees), [fires("rule", 0)]);
    for at in 1..3 {
        delivery.send(vec![fires("rule", at)]);
        quick_answer.send(Ok(())).unwrap();
        assert_eq!(next(&quick_sees), [fires("rule", at)]);
    }
    slow_answer.send(Err(Failure::temporary("later"))).unwrap();
    // The same, not more.
    assert_eq!(next(&slow_sees), [fires("rule", 0)]);
    assert_eq!(queued(&registry, "slow"), 3);
    (0..2).for_each(|_| slow_answer.send(Ok(())).unwrap());
    assert_eq!(next(&slow_sees), [fires("rule", 1), fires("rule", 2)]);
    assert_eq!(delivery.stop(WAIT), []);
    assert_eq!((count(&registry, "slow", "sent"), count(&registry, "slow", "retried")), (3, 1));
}

#[test]
fn one_that_panics_is_called_again_with_the_next() {
    let (told, sees, answer) = told("panics");
    let registry = Registry::new();
    let delivery = Delivery::new(vec![Box::new(told), Box::new(Log)], &registry).unwrap();
    delivery.send(vec![fires("rule", 1)]);
    next(&sees);
    // It expects an answer.
    drop(answer);
    loop {
        delivery.send(vec![fires("rule", 2)]);
        if next(&sees) == [fires("rule", 2)] {
            break;
        }
    }
    drop(delivery);
    assert!(count(&registry, "panics", "failed") >= 2);
    assert_eq!(count(&registry, "panics", "sent"), 0);
    assert_eq!(count(&registry, "log", "sent"), count(&registry, "panics", "failed"));
}

#[test]
fn at_the_bound_what_is_over_is_dropped_and_counted() {
    let (told, sees, answer) = told("full");
    let registry = Registry::new();
    let delivery = Delivery::new(vec![Box::new(told)], &registry).unwrap();
    delivery.send(vec![fires("first", 0)]);
    next(&sees);
    let over = [fires("over", 1), alert("over", 2, Status::Resolved)];
    delivery.send(over.to_vec());
    delivery.send((3..=1000).map(|at| fires("rule", at)).collect());
    assert_eq!((count(&registry, "full", "dropped"), queued(&registry, "full")), (2, 999));
    answer.send(Ok(())).unwrap();
    assert_eq!(next(&sees)[0], fires("rule", 3));
    drop(answer);
    drop(delivery);
    assert_eq!(queued(&registry, "full"), 0);
}

#[test]
fn the_log_has_each_alert_with_its_fields() {
    log::keep();
    let mut fires = fires("Logged", 7);
    fires.severity = Severity::Critical;
    fires.summary = "line one\nline two".into();
    let ends = Alert { value: f64::NAN, ..alert("Logged", 7, Status::Resolved) };
    Log.send(&[fires, ends]).unwrap();
    let lines = log::lines("rule=\"Logged\"");
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for part in [
        "ERROR",
        "perfkit::alert: an alert is firing",
        "severity=\"critical\"",
        "value=7.0",
        "threshold=0.5",
        r#"labels="operation=\"shop::Logged\"""#,
        "started=\"2023-11-14T22:13:27.000Z\"",
        r"line one\nline two",
    ] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    assert!(!lines[0].contains("ended=") && !lines[0].contains("description="), "{}", lines[0]);
    assert!(lines[1].contains(" INFO ") && lines[1].contains("ended=\"2023-11-14T22:13:28.000Z\""));
    // There was nothing to measure.
    assert!(!lines[1].contains(" value="), "{}", lines[1]);
}
