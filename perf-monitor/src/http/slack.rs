//! Slack's slash commands: `/perf summary`, `/perf top`, `/perf alerts`, `/perf health`.

use super::{
    app::{App, For},
    model::in_flight,
    problem::Problem,
    range::Range,
};
use crate::{
    alert::Severity,
    health::{Health, Status},
    notify::slack::{Field, said},
    report::{Metrics, Uptime},
    view::{Known, View},
};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use hmac::{Hmac, KeyInit, Mac};
use perf_core::{Operation, human};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use std::{
    cmp::Reverse,
    fmt::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Requests are refused that were signed longer ago, or will be: somebody may have kept them.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// How long Slack is kept waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many operations `top` has unless told, and at most.
const TOP: usize = 10;
const MOST: usize = 25;

const HELP: &str = "`summary` what happened so far\n`top [n]` where the time goes\n`alerts` what fires\n`health` what is checked";

/// What commands are signed with (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).
pub(super) struct Slack {
    secret: SecretString,
}

impl Slack {
    pub(super) fn new(secret: SecretString) -> Self {
        Self { secret }
    }

    /// Whether Slack has signed this body, not long before or after `now`.
    fn has_signed(&self, headers: &HeaderMap, body: &[u8], now: SystemTime) -> bool {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(time), Some(signature)) =
            (header("x-slack-request-timestamp"), header("x-slack-signature"))
        else {
            return false;
        };
        let signed =
            time.parse().ok().and_then(|time| UNIX_EPOCH.checked_add(Duration::from_secs(time)));
        let is_recent = signed.is_some_and(|signed| distance(signed, now) <= WINDOW);
        let signature = signature.strip_prefix("v0=").and_then(from_hex);
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes());
        let (true, Some(signature), Ok(mac)) = (is_recent, signature, mac) else { return false };
        let mac = mac.chain_update("v0:").chain_update(time).chain_update(":").chain_update(body);
        mac.verify_slice(&signature).is_ok()
    }
}

fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).ok());
    let byte =
        |pair: Option<&str>| u8::from_str_radix(pair.filter(|pair| pair.len() == 2)?, 16).ok();
    digits.map(byte).collect()
}

/// What Slack says of a command, as far as it matters here.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read as a form, and described by this")]
struct Command {
    /// What follows the command's name: `summary`, `top 5`, `alerts` or `health`.
    text: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(commands))
}

/// A slash command of Slack
///
/// Signed by Slack with the signing secret that `http.slack_signing_secret` names. Only who gave the
/// command sees the answer.
#[utoipa::path(
    post,
    path = "/slack/commands",
    tag = "slack",
    request_body(content = Command, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Object),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn commands(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let Some(slack) = &app.slack else {
        return Err(Problem::not_found("Slack's commands need http.slack_signing_secret"));
    };
    if !slack.has_signed(&headers, &body, SystemTime::now()) {
        let wrong = "Slack has not signed this, or more than five minutes ago";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, wrong));
    }
    let text = form_urlencoded::parse(&body).find(|(key, _)| key == "text");
    let text = text.map(|(_, text)| text.into_owned()).unwrap_or_default();
    let mut words = text.split_whitespace();
    if words.next().is_some_and(|word| word.eq_ignore_ascii_case("health")) {
        return how_it_is(&app).await.map(Json);
    }
    app.run(For::Answers, move |view| Json(answer(view, &text))).await
}

/// Slack waits for three seconds; a check may take longer.
async fn how_it_is(app: &App) -> Result<Value, Problem> {
    let asked = app.run(For::Checks, |view| health(&view.health().health()));
    let said = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(said) => said?,
        Err(_) => said("health", "is still being checked: ask again", Severity::Low, &[]),
    };
    Ok(only_for_the_asker(said))
}

fn answer(view: &View, text: &str) -> Value {
    let mut words = text.split_whitespace();
    let command = words.next().unwrap_or("summary").to_lowercase();
    let said = match &*command {
        "summary" => summary(view),
        "top" => top(view, words.next().and_then(|n| n.parse().ok()).unwrap_or(TOP)),
        "alerts" => alerts(view),
        _ => said("perfkit", HELP, Severity::Info, &[]),
    };
    only_for_the_asker(said)
}

fn only_for_the_asker(mut said: Value) -> Value {
    said["response_type"] = "ephemeral".into();
    said
}

fn field(name: &str, value: &impl ToString) -> Field {
    (name.to_owned(), value.to_string())
}

fn summary(view: &View) -> Value {
    let snapshot = view.snapshot();
    let metrics = Metrics::of(&snapshot);
    let firing = view.read(|known| known.rules.active().count());
    let percent = |share: Option<f64>| share.map_or("–".into(), |share| format!("{share:.1} %"));
    let time = |time: Option<Duration>| time.map_or("–".into(), shown);
    let all = &metrics.all;
    let fields = [
        field("uptime", &Uptime(metrics.uptime)),
        field("calls", &human::count(all.total)),
        field("failed", &percent(all.error_percent)),
        field("running", &human::count(in_flight(&snapshot))),
        field("p50", &time(all.p50)),
        field("p95", &time(all.p95)),
        field("p99", &time(all.p99)),
        field("alerts", &firing),
    ];
    let severity = if firing > 0 { Severity::High } else { Severity::Info };
    said("summary", "All operations, since the start", severity, &fields)
}

fn top(view: &View, most: usize) -> Value {
    let text = table(&view.known(), most).unwrap_or_else(|| "nothing was called".into());
    said("where the time of the last 5 minutes went", &text, Severity::Info, &[])
}

fn table(known: &Known, most: usize) -> Option<String> {
    let range = Range::named(None, known).ok()?;
    let called = range.snapshot.operations().iter().filter(|of| of.count() > 0);
    let mut called: Vec<_> = called.collect();
    called.sort_by_key(|operation| Reverse(operation.self_time()));
    called.truncate(most.clamp(1, MOST));
    (!called.is_empty()).then(|| rows(&called))
}

fn rows(operations: &[&Operation]) -> String {
    let mut text = String::from("```\n      self      p95     calls\n");
    for operation in operations {
        let p95 = operation.percentile(95.0).map(shown).unwrap_or_default();
        let (own, calls) = (shown(operation.self_time()), human::count(operation.count()));
        let name = human::printable(&operation.full_name()).replace('`', "'");
        let name: String = name.chars().take(60).collect();
        // Nothing can go wrong with a text.
        let _ = writeln!(text, "{own:>10} {p95:>8} {calls:>9}  {name}");
    }
    text + "```"
}

fn shown(time: Duration) -> String {
    human::spaced(super::model::nanos(time)).to_string()
}

fn alerts(view: &View) -> Value {
    let firing: Vec<_> = view.read(|known| known.rules.active().cloned().collect());
    let worst = firing.iter().map(|alert| alert.severity).max().unwrap_or(Severity::Info);
    let lines: Vec<_> = firing
        .iter()
        .map(|alert| format!("{} {}: {}", alert.severity, alert.rule, alert.summary))
        .collect();
    let text = if lines.is_empty() { "none".into() } else { lines.join("\n") };
    said(&format!("{} alerts fire", firing.len()), &text, worst, &[])
}

fn health(health: &Health) -> Value {
    let severity = match health.status {
        Status::Up => Severity::Info,
        Status::Degraded => Severity::Medium,
        Status::Down => Severity::Critical,
    };
    let line = |check: &crate::health::CheckReport| {
        format!(
            "{} {} {}",
            check.status.as_str(),
            check.name,
            check.output.as_deref().unwrap_or_default()
        )
    };
    let lines: Vec<_> = health.checks.iter().map(line).collect();
    let text = if lines.is_empty() { "nothing is checked".into() } else { lines.join("\n") };
    said(health.status.as_str(), &text, severity, &[field("uptime", &Uptime(health.uptime))])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slack's own example.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const TIME: u64 = 1_531_420_618;

    fn is_taken(time: &str, signature: &str, body: &str, now: u64) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-request-timestamp", time.parse().unwrap());
        headers.insert("x-slack-signature", signature.parse().unwrap());
        let now = UNIX_EPOCH + Duration::from_secs(now);
        Slack::new(SECRET.into()).has_signed(&headers, body.as_bytes(), now)
    }

    #[test]
    fn what_slack_signed_is_taken_for_five_minutes() {
        let time = TIME.to_string();
        for (now, expected) in [(0, true), (300, true), (301, false)] {
            assert_eq!(is_taken(&time, SIGNATURE, BODY, TIME + now), expected, "{now}");
            assert_eq!(is_taken(&time, SIGNATURE, BODY, TIME - now), expected, "-{now}");
        }
    }

    #[test]
    fn what_anybody_else_signed_is_not() {
        let time = TIME.to_string();
        assert!(!is_taken(&time, SIGNATURE, &BODY.replace("text=", "text=x"), TIME));
        assert!(!is_taken(&(TIME + 1).to_string(), SIGNATURE, BODY, TIME));
        for wrong in
            ["", "v0=", "v0=a", "v0=zz", "a2114d", &SIGNATURE.replace("v0", "v1"), &SIGNATURE[..40]]
        {
            assert!(!is_taken(&time, wrong, BODY, TIME), "{wrong}");
        }
        for wrong in ["", "-1", "18446744073709551615", "soon"] {
            assert!(!is_taken(wrong, SIGNATURE, BODY, TIME), "{wrong}");
        }
        assert!(!Slack::new(SECRET.into()).has_signed(&HeaderMap::new(), b"", UNIX_EPOCH));
    }
}
