//! Messages to Slack, held against its published limits
//! (<https://docs.slack.dev/reference/block-kit/blocks>).

mod support;

use perf_monitor::{
    alert::{Alert, Severity, Status},
    notify::{Notifier, Slack, Trend},
};
use proptest::prelude::*;
use serde_json::Value;
use std::time::Duration;
use support::{
    alert,
    collector::{Answer, Collector},
};

thread_local! {
    /// Of each test its own.
    static COLLECTOR: Collector = Collector::start([]);
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn object<'a>(value: &'a Value, allowed: &[&str]) -> &'a serde_json::Map<String, Value> {
    let object = value.as_object().unwrap();
    assert!(object.keys().all(|key| allowed.contains(&&**key)), "{value}");
    object
}

/// What Slack would read in it but bold: nobody is called, and no link is made.
fn check_escaped(text: &str) {
    assert!(!text.contains(['<', '>']), "{text}");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    for rest in text.split('&').skip(1) {
        let is_entity = ["amp;", "lt;", "gt;"].iter().any(|entity| rest.starts_with(entity));
        assert!(is_entity, "{text}");
    }
}

/// A text object of a type; how long it is.
fn check_text(text: &Value, kind: &str, most: usize) -> usize {
    let allowed: &[&str] =
        if kind == "mrkdwn" { &["type", "text", "verbatim"] } else { &["type", "text", "emoji"] };
    let text = object(text, allowed);
    assert_eq!(text["type"], kind);
    assert!(kind != "mrkdwn" || text["verbatim"] == true);
    let text = text["text"].as_str().unwrap();
    check_escaped(text);
    assert!((1..=most).contains(&units(text)), "{} of {most}: {text}", units(text));
    units(text)
}

fn check_block(block: &Value) -> usize {
    match block["type"].as_str().unwrap() {
        "header" => check_text(&object(block, &["type", "text"])["text"], "plain_text", 150),
        "section" => {
            let section = object(block, &["type", "text", "fields"]);
            let fields = section.get("fields").map(|fields| fields.as_array().unwrap());
            assert!(fields.is_none_or(|fields| (1..=10).contains(&fields.len())), "{block}");
            let fields = fields.into_iter().flatten();
            let length: usize = fields.map(|field| check_text(field, "mrkdwn", 2000)).sum();
            length + check_text(&section["text"], "mrkdwn", 3000)
        }
        "context" => {
            let elements = object(block, &["type", "elements"])["elements"].as_array().unwrap();
            assert!((1..=10).contains(&elements.len()), "{block}");
            elements.iter().map(|element| check_text(element, "mrkdwn", 2000)).sum()
        }
        other => panic!("{other}"),
    }
}

fn check(body: &[u8]) -> Value {
    let message: Value = serde_json::from_slice(body).unwrap();
    let fields = object(&message, &["text", "blocks", "channel"]);
    let text = fields["text"].as_str().unwrap();
    check_escaped(text);
    assert!((1..=4000).contains(&units(text)), "{}", units(text));
    let blocks = fields["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()), "{}", blocks.len());
    // See bolt-js, issue 2509.
    assert!(blocks.iter().map(check_block).sum::<usize>() <= 12_000, "{message}");
    message
}

/// One whose turn is now.
fn slack() -> Slack {
    Slack::new(&COLLECTOR.with(Collector::url)).unwrap()
}

/// The message that this sends.
fn sent(send: impl FnOnce()) -> Value {
    send();
    check(&COLLECTOR.with(Collector::next).body)
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("<!channel> <@U1> <https://x|y> & @here #general".to_owned()),
        Just("\0\u{7f}\n\r\t\u{202e}\"'`*_~\\".to_owned()),
        Just("&".repeat(10_000)),
        Just("🔥".repeat(10_000)),
        Just("a\n".repeat(5_000)),
        any::<String>(),
    ]
}

fn hostile_alert() -> impl Strategy<Value = Alert> {
    let labels = prop::collection::btree_map(hostile(), hostile(), 0..14);
    let severity = prop::sample::select(Severity::ALL.to_vec());
    (hostile(), hostile(), hostile(), labels, severity, any::<(bool, f64, f64)>()).prop_map(
        |(rule, summary, description, labels, severity, (fires, value, threshold))| {
            let status = if fires { Status::Firing } else { Status::Resolved };
            let like = alert("like", 1, status);
            Alert { rule, summary, description, labels, severity, value, threshold, ..like }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn alerts_are_valid_messages(alerts in prop::collection::vec(hostile_alert(), 1..=10)) {
        let message = sent(|| slack().send(&alerts).unwrap());
        prop_assert_eq!(message["blocks"].as_array().unwrap().len(), 1 + alerts.len());
    }

    #[test]
    fn what_is_said_is_a_valid_message(title in hostile(), text in hostile(), fields in prop::collection::vec((hostile(), hostile()), 0..14)) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        sent(|| slack().channel("#ops").send_alert(&title, &text, Severity::Low, &fields).unwrap());
    }

    #[test]
    fn figures_are_valid_messages(name in hostile(), value: f64, context in prop::collection::vec((hostile(), hostile()), 0..14)) {
        let context: Vec<_> = context.iter().map(|(name, value)| (&**name, &**value)).collect();
        sent(|| slack().send_metric(&name, value, Trend::Down, &context).unwrap());
    }
}

#[test]
fn messages_say_what_there_is_to_say() {
    let mut one = alert("Slow", 1, Status::Firing);
    one.description = "See <the book>.".into();
    let message = sent(|| slack().channel("#ops").send(&[one.clone()]).unwrap());
    assert_eq!(message["channel"], "#ops");
    assert_eq!(message["text"], "🟠 high firing: Slow: Slow #1;");
    assert_eq!(message["blocks"][0]["text"]["text"], "🟠 high: Slow");
    let section = &message["blocks"][1];
    assert_eq!(section["text"]["text"], "🟠 *Slow* firing\nSlow #1;\nSee &lt;the book&gt;.");
    let fields: Vec<_> = section["fields"].as_array().unwrap().iter().map(|f| &f["text"]).collect();
    let expected =
        ["*value*\n1 (limit 0.5)", "*since*\n2023-11-14T22:13:21.000Z", "*operation*\nshop::Slow"];
    assert_eq!(fields, expected);

    let ended = alert("Slow", 2, Status::Resolved);
    let message = sent(|| slack().send(&[one, ended]).unwrap());
    assert_eq!(message["blocks"][0]["text"]["text"], "🟠 1 firing, 1 resolved");

    let fields: Vec<_> = (0..12).map(|_| ("key", "value")).collect();
    let message =
        sent(|| slack().send_alert("Queue", "It grows.", Severity::Info, &fields).unwrap());
    assert_eq!(message["text"], "⚪ Queue: It grows.");
    assert_eq!(message["blocks"][1]["fields"][9]["text"], "… and 3 more");

    let message =
        sent(|| slack().send_metric("rate", 0.1 + 0.2, Trend::Up, &[("host", "a")]).unwrap());
    assert_eq!(message["text"], "↗ rate: 0.3");
    assert_eq!(message["blocks"][0]["text"]["text"], "*rate*\n↗ 0.3");
    assert_eq!(message["blocks"][1]["elements"][0]["text"], "*host*: a");
}

#[test]
fn clones_keep_one_pace_and_heed_what_slack_asked() {
    let wait = "retry-after: 100\r\n".to_owned();
    let refused = Answer::Status("429 Too Many Requests", wait, Vec::new());
    let collector = Collector::start([Answer::ok(), refused]);
    let slack = Slack::new(&collector.url()).unwrap();
    let send = || slack.clone().send_metric("rate", 1.0, Trend::Stable, &[]);
    send().unwrap();
    assert!(send().unwrap_err().message.contains("answered 429"));
    let (first, second) = (collector.next(), collector.next());
    assert!(second.at - first.at >= Duration::from_millis(990));
    let asked = send().unwrap_err();
    assert!(asked.is_temporary && asked.retry_after.unwrap().as_secs() >= 50, "{asked:?}");
    assert!(collector.rest().is_empty());
}
