//! Alerts and figures to Slack.

mod message;
mod text;

use super::{Failure, Notifier, SetupError, http::Client};
use crate::alert::{Alert, Severity};
pub(crate) use message::{Field, said};
use perf_core::__bridge::heal;
use serde_json::Value;
use std::{
    ffi::OsString,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Slack takes one message a second (<https://docs.slack.dev/apis/web-api/rate-limits>).
const PACE: Duration = Duration::from_secs(1);

/// Sends to a channel of Slack's by an incoming webhook
/// (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).
///
/// As a [`Notifier`] it puts up to 10 alerts in a message. It can be cloned, to send by hand beside that;
/// all clones together send at most one message a second, and none while Slack asks to wait. Texts are
/// shown as they are, cut where they are longer than Slack takes.
///
/// The URL is a secret: whoever has it can post. It is never shown, and has to be `https://` (the feature
/// `tls`, on by default) but for a host that is this one, as in tests. Redirects are not followed.
/// Mind that the `log` records of `ureq` at level TRACE hold requests as they are; do not keep those.
///
/// ```no_run
/// use perf_monitor::{alert::Severity, notify::{Slack, Trend}};
///
/// if let Some(slack) = Slack::from_env()? {
///     slack.send_alert("Queue", "It grows.", Severity::High, &[("depth", "812")])?;
///     slack.send_metric("orders per minute", 42.0, Trend::Up, &[("host", "shop-1")])?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it sends nothing by itself"]
pub struct Slack {
    client: Client,
    channel: Option<String>,
    times: Arc<Mutex<Times>>,
}

/// When the next message may be sent.
#[derive(Debug)]
struct Times {
    free: Instant,
    /// As Slack asked.
    asked: Instant,
}

/// Where a figure goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trend {
    /// It rises.
    Up,
    /// It falls.
    Down,
    /// It stays.
    Stable,
}

impl Trend {
    fn sign(self) -> &'static str {
        match self {
            Self::Up => "↗",
            Self::Down => "↘",
            Self::Stable => "→",
        }
    }
}

impl Slack {
    /// By the webhook of this URL, `https://hooks.slack.com/services/…`.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if it is no URL, or not `https://` but of this host, or that without the feature
    /// `tls`.
    pub fn new(url: &str) -> Result<Self, SetupError> {
        let client = Client::new(url)?;
        if !client.is_safe {
            return Err(SetupError::Insecure);
        }
        let now = Instant::now();
        let times = Arc::new(Mutex::new(Times { free: now, asked: now }));
        Ok(Self { client, channel: None, times })
    }

    /// By the variables `SLACK_WEBHOOK_URL` and `SLACK_CHANNEL`; `None` if the first is not set, or empty.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_env() -> Result<Option<Self>, SetupError> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(var: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, SetupError> {
        let var = |name| var(name).filter(|value| !value.is_empty());
        let Some(url) = var("SLACK_WEBHOOK_URL") else { return Ok(None) };
        let slack = Self::new(url.to_str().ok_or(SetupError::Url)?.trim())?;
        let channel = var("SLACK_CHANNEL").map(|channel| channel.to_string_lossy().into_owned());
        Ok(Some(Self { channel, ..slack }))
    }

    /// Asks for a channel, such as `#alerts`. Only webhooks of old heed it; those of apps have one channel.
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// How long an answer is waited for: 10 seconds unless set, 1 ms to 1 day.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.client.set_timeout(timeout);
        self
    }

    /// Sends a message of one's own, now: it waits for its turn and for the answer. Of more than 10
    /// fields the first 9 are shown.
    ///
    /// # Errors
    ///
    /// [`Failure`] if Slack is not known to have accepted it, or asked to wait with an earlier one. It is
    /// not tried again.
    pub fn send_alert(
        &self,
        title: &str,
        message: &str,
        severity: Severity,
        fields: &[(&str, &str)],
    ) -> Result<(), Failure> {
        self.post(said(title, message, severity, &owned(fields)))
    }

    /// Sends a figure, now, as [`send_alert`](Self::send_alert) does. The first 10 pairs of the context are
    /// shown.
    ///
    /// # Errors
    ///
    /// As [`send_alert`](Self::send_alert).
    pub fn send_metric(
        &self,
        name: &str,
        value: f64,
        trend: Trend,
        context: &[(&str, &str)],
    ) -> Result<(), Failure> {
        self.post(message::metric(name, value, trend, &owned(context)))
    }

    fn post(&self, mut message: Value) -> Result<(), Failure> {
        if let Some(channel) = &self.channel {
            message["channel"] = channel.as_str().into();
        }
        // Until the answer, or two might arrive within a second.
        let mut times = heal(self.times.lock());
        times.wait(&self.client.host)?;
        let sent = self.client.post(&message);
        times.sent(Instant::now(), sent.as_ref().err());
        sent
    }
}

impl Times {
    /// Waits for the turn, but not as long as Slack asked.
    fn wait(&self, host: &str) -> Result<(), Failure> {
        let now = Instant::now();
        let asked = self.asked.saturating_duration_since(now);
        if !asked.is_zero() {
            let message = format!("{host} asked to wait for {} s more", asked.as_secs() + 1);
            return Err(Failure { retry_after: Some(asked), ..Failure::temporary(message) });
        }
        thread::sleep(self.free.saturating_duration_since(now));
        Ok(())
    }

    fn sent(&mut self, now: Instant, failure: Option<&Failure>) {
        self.free = now + PACE;
        self.asked = now + failure.and_then(|failure| failure.retry_after).unwrap_or_default();
    }
}

impl Notifier for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        // A delivery gives no more than fit in one.
        alerts.chunks(message::MOST_ALERTS).try_for_each(|some| self.post(message::alerts(some)))
    }

    fn most(&self) -> usize {
        message::MOST_ALERTS
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<Field> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://localhost:1/services/T0/B0/s3cret";

    #[test]
    fn variables_are_its_settings() {
        let of = |url: &str, channel: &str| {
            Slack::from_variables(|name| match name {
                "SLACK_WEBHOOK_URL" => Some(url.into()),
                "SLACK_CHANNEL" => Some(channel.into()),
                _ => None,
            })
        };
        let slack = of(URL, "#ops").unwrap().unwrap();
        assert_eq!(slack.channel.as_deref(), Some("#ops"));
        assert_eq!(of(URL, "").unwrap().unwrap().channel, None);
        assert!(of("", "#ops").unwrap().is_none());
        assert_eq!(of("no url", "").unwrap_err(), SetupError::Url);
        assert!(Slack::from_variables(|_| None).unwrap().is_none());
    }

    #[test]
    fn the_secret_is_not_sent_in_the_open() {
        assert_eq!(Slack::new("http://example.com/s3cret").unwrap_err(), SetupError::Insecure);
        assert!(!format!("{:?}", Slack::new(URL).unwrap()).contains("s3cret"));
    }
}
