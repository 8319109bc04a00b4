//! A real Alertmanager is told, groups, is reminded, and tells on in the words that our webhook uses.

mod support;

use perf_core::Registry;
use perf_monitor::{
    alert::{Alert, Status},
    notify::{Alertmanager, Delivery, Notifier, Webhook},
};
use serde_json::Value;
use std::{
    process::Command,
    time::{Duration, Instant, SystemTime},
};
use support::{Folder, Running, alert, collector::Collector, free_port};

/// Long enough for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

struct Server {
    base: String,
    _running: Running,
    _folder: Folder,
}

impl Server {
    /// It tells all alerts together to one receiver, and those of each name to another.
    fn start(all: &Collector, by_name: &Collector) -> Self {
        let folder = Folder::new("alertmanager");
        let hook = |name, to: &Collector| {
            format!("  - name: {name}\n    webhook_configs: [{{ url: '{}' }}]\n", to.url())
        };
        let config = format!(
            "route:\n  receiver: all\n  group_wait: 1s\n  group_interval: 1s\n  repeat_interval: 1h\n  routes:\n  \
             - {{ receiver: all, continue: true }}\n  - {{ receiver: by_name, group_by: [alertname] }}\n\
             receivers:\n{}{}",
            hook("all", all),
            hook("by_name", by_name),
        );
        let config = folder.write("am.yml", config);
        let port = free_port();
        let running = Running::start(
            Command::new("prometheus-alertmanager")
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.path={}", folder.path().join("data").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .args(["--cluster.listen-address=", "--log.level=warn"]),
        );
        let base = format!("http://127.0.0.1:{port}");
        let server = Self { base, _running: running, _folder: folder };
        eventually(|| ureq::get(format!("{}/-/ready", server.base)).call().ok());
        server
    }

    /// What it knows to fire, by fingerprint.
    fn firing(&self) -> Vec<Value> {
        let url = format!("{}/api/v2/alerts?active=true", self.base);
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn eventually<T>(mut f: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = f() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "it did not come to that");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The next message that tells of so many alerts of this status.
fn told(hook: &Collector, alerts: usize, status: &str) -> Value {
    eventually(|| {
        let told: Value = serde_json::from_slice(&hook.next().body).unwrap();
        let all = told["alerts"].as_array().unwrap();
        let is_wanted = all.len() == alerts && all.iter().all(|alert| alert["status"] == status);
        is_wanted.then_some(told)
    })
}

/// The alerts of a message as their fingerprints, statuses, labels and annotations, in any order.
fn content(message: &Value) -> Vec<[Value; 4]> {
    let known = ["fingerprint", "status", "labels", "annotations"];
    let alerts = message["alerts"].as_array().unwrap().iter();
    let mut all: Vec<_> = alerts.map(|alert| known.map(|name| alert[name].clone())).collect();
    all.sort_by_key(|[fingerprint, ..]| fingerprint.to_string());
    all
}

/// Keys and types, all the way down; of a list, those of its first.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key}: {}", shape(value)));
            let mut fields: Vec<_> = fields.collect();
            fields.sort();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(all) => format!("[{}]", all.first().map(shape).unwrap_or_default()),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "bool".into(),
        Value::Null => "null".into(),
    }
}

fn started(alert: Alert) -> Alert {
    let now = SystemTime::now();
    let ended = (alert.status == Status::Resolved).then_some(now);
    let labels = [("code.function", "shop::pay"), ("severity", "own"), ("naïve", "a\"b\n<ü>")];
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Alert { started: now - Duration::from_secs(9), ended, labels, ..alert }
}

#[test]
#[ignore = "needs prometheus-alertmanager: cargo xtask ci"]
fn alertmanager_is_told_and_tells_as_we_do() {
    let [all, by_name, ours] = [(); 3].map(|()| Collector::start([]));
    let server = Server::start(&all, &by_name);
    let alertmanager = Alertmanager::new(&format!("{}/", server.base)).unwrap();
    let alertmanager = alertmanager.label("job", "shop").interval(Duration::from_secs(1));
    let mut webhook = Webhook::new(&ours.url()).unwrap().label("job", "shop");
    let delivery = Delivery::new(vec![Box::new(alertmanager)], &Registry::new()).unwrap();

    let firing = ["one", "two"].map(|rule| started(alert(rule, 1, Status::Firing)));
    delivery.send(firing.to_vec());
    webhook.send(&firing).unwrap();
    let theirs = told(&all, 2, "firing");
    let our_firing: Value = serde_json::from_slice(&ours.next().body).unwrap();
    assert_eq!(content(&our_firing), content(&theirs));
    assert_eq!(shape(&our_firing), shape(&theirs));
    for field in ["version", "status", "commonLabels", "commonAnnotations", "truncatedAlerts"] {
        assert_eq!(our_firing[field], theirs[field], "{field}");
    }
    assert_eq!(our_firing["alerts"][0]["endsAt"], theirs["alerts"][0]["endsAt"]);
    let groups = [told(&by_name, 1, "firing"), told(&by_name, 1, "firing")];
    assert_ne!(groups[0]["groupLabels"], groups[1]["groupLabels"]);

    // It would take them as resolved 4 s after the last time it was told.
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(server.firing().len(), 2);

    let [one, _] = firing;
    delivery.send(vec![Alert { status: Status::Resolved, ended: Some(SystemTime::now()), ..one }]);
    let theirs = told(&by_name, 1, "resolved");
    assert_eq!(theirs["groupLabels"]["alertname"], "one");
    let resolved = started(alert("one", 1, Status::Resolved));
    webhook.send(&[resolved]).unwrap();
    let our_resolved: Value = serde_json::from_slice(&ours.next().body).unwrap();
    assert_eq!(
        (content(&our_resolved), shape(&our_resolved)),
        (content(&theirs), {
            let mut theirs = theirs.clone();
            // Ours are in no group.
            theirs["groupLabels"] = serde_json::json!({});
            shape(&theirs)
        })
    );
    // Nor is it brought up again.
    std::thread::sleep(Duration::from_secs(3));
    let left = server.firing();
    assert_eq!((left.len(), &left[0]["labels"]["alertname"]), (1, &"two".into()));

    // Once nobody tells it again, the other is over too.
    assert_eq!(delivery.stop(PATIENCE), []);
    assert_eq!(told(&by_name, 1, "resolved")["groupLabels"]["alertname"], "two");
}
