//! What a webhook and an Alertmanager are sent, by a double of the test's own.

mod support;

use perf_monitor::{
    alert::{Alert, Status},
    notify::{Alertmanager, Notifier, Slack, Webhook},
};
use serde_json::{Value, json};
use support::{
    alert,
    collector::{Answer, Collector},
};

fn body(collector: &Collector) -> Value {
    serde_json::from_slice(&collector.next().body).unwrap()
}

#[test]
fn a_webhook_has_its_headers_and_shows_none_of_them() {
    let refused = Answer::Status("400 Bad Request", String::new(), b"t0ken k3y: no".to_vec());
    let collector = Collector::start([refused]);
    let webhook = Webhook::new(&collector.url()).unwrap().bearer("t0ken").unwrap();
    let mut webhook = webhook.header("x-key", "k3y").unwrap();
    let failure = webhook.send(&[alert("rule", 1, Status::Firing)]).unwrap_err();
    let expected = format!("{} answered 400: … …: no", collector.address);
    assert_eq!((failure.message, failure.is_temporary), (expected, false));
    let shown = format!("{webhook:?}");
    assert!(!shown.contains("t0ken") && !shown.contains("k3y"), "{shown}");
    let request = collector.next();
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(request.header("x-key"), Some("k3y"));
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[test]
fn a_user_in_the_url_is_sent_as_such() {
    let refused = Answer::Status("401 Unauthorized", String::new(), b"bWU6cHd+QCE= pw~@!".to_vec());
    let collector = Collector::start([refused]);
    let url = format!("http://me:pw~%40!@{}/in", collector.address);
    let mut webhook = Webhook::new(&url).unwrap();
    let failure = webhook.send(&[alert("rule", 1, Status::Firing)]).unwrap_err();
    assert!(failure.is_for_all && failure.message.ends_with("answered 401: … …"), "{failure:?}");
    assert_eq!(collector.next().header("authorization"), Some("Basic bWU6cHd+QCE="));
    // One that is set counts.
    let mut webhook = Webhook::new(&url).unwrap().bearer("t0ken").unwrap();
    webhook = webhook.header("content-type", "application/json; charset=utf-8").unwrap();
    webhook.send(&[alert("rule", 1, Status::Firing)]).unwrap();
    let request = collector.next();
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    let types = request.head.iter().filter(|line| line.starts_with("content-type"));
    assert_eq!(types.collect::<Vec<_>>(), ["content-type: application/json; charset=utf-8"]);
}

/// The environment is of a process: this one calls itself with another.
#[test]
fn what_is_meant_for_this_host_goes_through_no_proxy() {
    const URL: &str = "PERFKIT_TEST_WEBHOOK";
    if let Ok(url) = std::env::var(URL) {
        Webhook::new(&url).unwrap().send(&[alert("rule", 1, Status::Firing)]).unwrap();
        return;
    }
    let [proxy, collector] = [(); 2].map(|()| Collector::start([]));
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "what_is_meant_for_this_host_goes_through_no_proxy"]);
    again.env(URL, collector.url()).env("ALL_PROXY", format!("http://{}", proxy.address));
    assert!(again.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap().status.success());
    collector.next();
    assert!(proxy.rest().is_empty());
}

#[test]
fn where_there_is_nothing_to_measure_that_is_said() {
    let collector = Collector::start([]);
    let absent = [Alert { value: f64::NAN, ..alert("gone", 1, Status::Firing) }];
    Webhook::new(&collector.url()).unwrap().send(&absent).unwrap();
    assert_eq!(body(&collector)["alerts"][0]["annotations"]["value"], "no data");
    let mut alertmanager = Alertmanager::new(&format!("http://{}", collector.address)).unwrap();
    alertmanager.send(&absent).unwrap();
    assert_eq!(body(&collector)[0]["annotations"]["value"], "no data");
    let mut slack = Slack::new(&collector.url()).unwrap();
    slack.send(&absent).unwrap();
    let fields = &body(&collector)["blocks"][1]["fields"];
    assert_eq!(fields[0]["text"], "*value*\nno data (limit 0.5)");
}

#[test]
fn a_webhook_says_what_alertmanager_does() {
    let collector = Collector::start([]);
    let mut webhook = Webhook::new(&collector.url()).unwrap().external_url("http://shop/");
    let alerts = [alert("one", 1, Status::Firing), alert("one", 1, Status::Resolved)];
    webhook.send(&alerts).unwrap();
    webhook.send(&[]).unwrap();
    let labels = json!({ "alertname": "one", "operation": "shop::one", "severity": "high" });
    let annotations = json!({ "summary": "one #1;", "threshold": "0.5", "value": "1" });
    let sent = |status, ends| {
        json!({
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": "2023-11-14T22:13:21.000Z",
            "endsAt": ends,
            "generatorURL": "http://shop/",
            "fingerprint": "FINGERPRINT",
        })
    };
    let mut body = body(&collector);
    for alert in body["alerts"].as_array_mut().unwrap() {
        // Alertmanager's own is what it is compared with elsewhere.
        assert_eq!(alert["fingerprint"].as_str().unwrap().len(), 16);
        alert["fingerprint"] = "FINGERPRINT".into();
    }
    let alerts =
        [sent("firing", "0001-01-01T00:00:00Z"), sent("resolved", "2023-11-14T22:13:22.000Z")];
    let expected = json!({
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "perfkit",
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://shop/",
        "alerts": alerts,
    });
    assert_eq!(body, expected);
    assert!(collector.rest().is_empty());
}

#[test]
fn alertmanager_is_reminded_of_what_fires_until_it_ends() {
    let away = Answer::Status("503 Service Unavailable", String::new(), Vec::new());
    let collector =
        Collector::start([Answer::ok(), Answer::ok(), away, Answer::ok(), Answer::ok()]);
    let base = format!("http://{}/", collector.address);
    let mut alertmanager = Alertmanager::new(&base).unwrap();
    let names = || -> Vec<String> {
        let body = body(&collector);
        let alerts = body.as_array().unwrap().iter();
        alerts.map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect()
    };
    let is_ahead = |alert: &Value| {
        let ends: jiff::Timestamp = alert["endsAt"].as_str().unwrap().parse().unwrap();
        ends.duration_since(jiff::Timestamp::now()).as_secs() > 180
    };
    let over = [alert("over", 1, Status::Firing), alert("over", 1, Status::Resolved)];
    let fires = ["one", "two"].map(|rule| alert(rule, 1, Status::Firing));
    alertmanager.send(&[over, fires].concat()).unwrap();
    let first = body(&collector);
    // Of what is over, one: that it is.
    let ahead: Vec<_> = first.as_array().unwrap().iter().map(is_ahead).collect();
    assert_eq!(ahead, [true, false, true], "{first}");

    alertmanager.send(&[]).unwrap();
    assert_eq!(names(), ["one", "two"]);
    // Also where it cannot be told now.
    let ends = [alert("one", 1, Status::Resolved)];
    assert!(alertmanager.send(&ends).unwrap_err().is_temporary);
    assert_eq!(names(), ["one"]);
    alertmanager.send(&[]).unwrap();
    assert_eq!(names(), ["two"]);
    alertmanager.send(&[alert("two", 1, Status::Resolved)]).unwrap();
    assert_eq!(names(), ["two"]);
    alertmanager.send(&[]).unwrap();
    assert!(collector.rest().is_empty());
}

#[cfg(feature = "tls")]
#[test]
fn https_is_spoken_by_tls() {
    use std::{io::Read, net::TcpListener};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/in", listener.local_addr().unwrap());
    let hello = std::thread::spawn(move || {
        let mut first = [0];
        listener.accept().unwrap().0.read_exact(&mut first).map(|()| first[0])
    });
    let mut webhook = Webhook::new(&url).unwrap();
    assert!(webhook.send(&[alert("rule", 1, Status::Firing)]).unwrap_err().is_temporary);
    // A handshake record.
    assert_eq!(hello.join().unwrap().unwrap(), 22);
}
