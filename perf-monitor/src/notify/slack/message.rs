//! Messages in Block Kit, within its limits (<https://docs.slack.dev/reference/block-kit/blocks>).

use super::{
    Trend,
    text::{escaped, number},
};
use crate::{
    alert::{Alert, Severity, Status},
    notify::form,
};
use serde_json::{Value, json};

/// How many alerts a message has at most.
pub(super) const MOST_ALERTS: usize = 10;

const HEADER: usize = 150;
const TEXT: usize = 3000;
const FIELDS: usize = 10;
const FIELD: usize = 2000;
/// Of a context block; the length of one is not told.
const ELEMENTS: usize = 10;
const ELEMENT: usize = 500;
/// What Slack advises for the text that stands for the blocks where there is no room for them
/// (<https://docs.slack.dev/changelog/2018-04-truncating-really-long-messages>).
const FALLBACK: usize = 4000;
/// Of all blocks together. Slack tells no limit, but has one at about 12,000
/// (<https://github.com/slackapi/bolt-js/issues/2509>).
const ALL: usize = 9000;

/// A name and what it is.
pub(crate) type Field = (String, String);

/// At most [`MOST_ALERTS`] of them.
pub(super) fn alerts(alerts: &[Alert]) -> Value {
    let share = ALL / alerts.len().max(1);
    let lines: Vec<_> =
        alerts.iter().map(|alert| line(alert, FALLBACK / alerts.len() - 1)).collect();
    let sections = alerts.iter().map(|alert| alert_section(alert, share));
    let blocks: Vec<_> = std::iter::once(header(&title(alerts))).chain(sections).collect();
    json!({ "text": lines.join("\n"), "blocks": blocks })
}

/// What somebody has to say.
pub(crate) fn said(title: &str, message: &str, severity: Severity, fields: &[Field]) -> Value {
    let title = format!("{} {title}", sign(severity));
    let text = escaped(message, TEXT);
    let fallback = escaped(&format!("{title}: {message}"), FALLBACK);
    json!({ "text": fallback, "blocks": [header(&title), section(&text, fields, ALL - TEXT)] })
}

/// A figure, and where it goes.
pub(super) fn metric(name: &str, value: f64, trend: Trend, context: &[Field]) -> Value {
    let line = format!("{} {name}: {}", trend.sign(), number(value));
    let text = format!("*{}*\n{} {}", escaped(name, TEXT / 2), trend.sign(), number(value));
    let mut blocks = vec![json!({ "type": "section", "text": mrkdwn(&text) })];
    let elements: Vec<_> =
        context.iter().take(ELEMENTS).map(|field| mrkdwn(&pair(field, ": ", ELEMENT))).collect();
    if !elements.is_empty() {
        blocks.push(json!({ "type": "context", "elements": elements }));
    }
    json!({ "text": escaped(&line, FALLBACK), "blocks": blocks })
}

fn title(alerts: &[Alert]) -> String {
    if let [alert] = alerts {
        return match alert.status {
            Status::Firing => {
                format!("{} {}: {}", sign(alert.severity), alert.severity, alert.rule)
            }
            Status::Resolved => format!("✅ resolved: {}", alert.rule),
        };
    }
    let firing = alerts.iter().filter(|alert| alert.status == Status::Firing);
    let worst = firing.clone().map(|alert| alert.severity).max().map_or("✅", sign);
    let firing = firing.count();
    format!("{worst} {firing} firing, {} resolved", alerts.len() - firing)
}

/// One line.
fn line(alert: &Alert, most: usize) -> String {
    let (severity, status) = (alert.severity, alert.status.as_str());
    let line = format!("{} {severity} {status}: {}", alert_sign(alert), alert.rule);
    escaped(&format!("{line}: {}", alert.summary), most)
}

fn alert_section(alert: &Alert, share: usize) -> Value {
    let said = format!("{}\n{}", alert.summary, alert.description);
    let (rule, status) = (escaped(&alert.rule, HEADER), alert.status.as_str());
    let text = format!("{} *{rule}* {status}\n", alert_sign(alert));
    let text = text + &escaped(&said, (share / 2 - HEADER).min(TEXT - HEADER * 2));
    section(&text, &fields(alert), share / 2)
}

fn fields(alert: &Alert) -> Vec<Field> {
    let value = format!("{} (limit {})", number(alert.value), number(alert.threshold));
    let ended = alert.ended.map(|ended| ("ended", form::time(ended)));
    let own = [("value", value), ("since", form::time(alert.started))].into_iter().chain(ended);
    let own = own.map(|(name, value)| (name.to_owned(), value));
    own.chain(alert.labels.iter().map(|(key, value)| (key.clone(), value.clone()))).collect()
}

fn header(text: &str) -> Value {
    json!({ "type": "header", "text": { "type": "plain_text", "text": escaped(text, HEADER) } })
}

/// The text is escaped, and `most` is what all fields together may have. Of more fields than there is
/// room for, the last one says how many.
fn section(text: &str, fields: &[Field], most: usize) -> Value {
    let mut section = json!({ "type": "section", "text": mrkdwn(text) });
    if fields.is_empty() {
        return section;
    }
    let room = if fields.len() > FIELDS { FIELDS - 1 } else { fields.len() };
    let each = (most / fields.len().min(FIELDS)).min(FIELD);
    let shown = fields.iter().take(room).map(|field| mrkdwn(&pair(field, "\n", each)));
    let more = fields.len() - room;
    let more = (more > 0).then(|| mrkdwn(&format!("… and {more} more")));
    section["fields"] = shown.chain(more).collect();
    section
}

fn pair((name, value): &Field, between: &str, most: usize) -> String {
    let name = escaped(name, most / 3);
    let left = most.saturating_sub(name.encode_utf16().count() + between.len() + 2);
    format!("*{name}*{between}{}", escaped(value, left))
}

/// Text with `*bold*` in it, and nothing else that is understood: `verbatim` keeps Slack from making
/// links and calls of names.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

fn alert_sign(alert: &Alert) -> &'static str {
    if alert.status == Status::Resolved { "✅" } else { sign(alert.severity) }
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "⚪",
        Severity::Low => "🔵",
        Severity::Medium => "🟡",
        Severity::High => "🟠",
        Severity::Critical => "🔴",
    }
}
