//! Alerts to any URL, in Alertmanager's own words.

use super::{
    Failure, Notifier, SetupError,
    form::{self, NEVER, Pairs},
    http::Client,
};
use crate::alert::{Alert, Status};
use serde::Serialize;
use std::time::Duration;

/// Posts alerts to a URL as Alertmanager's webhook does, version 4
/// (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>), so that what takes those
/// takes these. The alerts of one request are in the order they came; `annotations` have the measured
/// `value` and the `threshold` too. Labels are as [`Alertmanager`](super::Alertmanager) has them.
///
/// Any answer of 200 to 299 is well. 408, 425, 429, all from 500 on, and no answer are failures for now, the
/// others for good; redirects are not followed. The URL and the headers count as secrets: of them only
/// the host and the names are ever shown. A user and password in the URL are sent as
/// `Authorization: Basic`, unless that is set. `http://` is allowed to any host; no proxy is asked for this
/// one.
///
/// ```
/// use perf_monitor::notify::Webhook;
///
/// let webhook = Webhook::new("http://alerts.internal:8080/in")?.bearer("s3cret")?.label("job", "shop");
/// assert!(!format!("{webhook:?}").contains("s3cret"));
/// # Ok::<(), perf_monitor::notify::SetupError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it sends nothing by itself"]
pub struct Webhook {
    client: Client,
    receiver: String,
    external_url: String,
    labels: Pairs,
}

impl Webhook {
    /// One that posts to this URL.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if it is no URL of `http` or `https`, or it is `https` without the feature `tls`.
    pub fn new(url: &str) -> Result<Self, SetupError> {
        let client = Client::new(url)?;
        let (labels, external_url) = (Pairs::new(), String::new());
        Ok(Self { client, receiver: "perfkit".into(), external_url, labels })
    }

    /// Sends `Authorization: Bearer` with this token.
    ///
    /// # Errors
    ///
    /// [`SetupError::Header`] if HTTP does not allow it.
    pub fn bearer(self, token: &str) -> Result<Self, SetupError> {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends this header.
    ///
    /// # Errors
    ///
    /// [`SetupError::Header`] if HTTP does not allow it.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, SetupError> {
        self.client.set_header(name, value)?;
        Ok(self)
    }

    /// A label of every alert, such as `instance` or `job`; its name is made legal.
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.insert(form::legal(name), value.into());
        self
    }

    /// What `receiver` says; `perfkit` unless set.
    pub fn receiver(mut self, name: impl Into<String>) -> Self {
        self.receiver = name.into();
        self
    }

    /// Where people find more: what `externalURL` and each `generatorURL` say; empty unless set.
    pub fn external_url(mut self, url: impl Into<String>) -> Self {
        self.external_url = url.into();
        self
    }

    /// How long an answer is waited for: 10 seconds unless set, 1 ms to 1 day.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.client.set_timeout(timeout);
        self
    }

    fn body(&self, alerts: &[Alert]) -> Body<'_> {
        let alerts: Vec<_> = alerts.iter().map(|alert| self.sent(alert)).collect();
        let fires = alerts.iter().any(|alert| alert.status == Status::Firing.as_str());
        Body {
            version: "4",
            // Alertmanager's, of a route without grouping.
            group_key: "{}:{}",
            truncated_alerts: 0,
            status: if fires { Status::Firing } else { Status::Resolved }.as_str(),
            receiver: &self.receiver,
            group_labels: Pairs::new(),
            common_labels: common(alerts.iter().map(|alert| &alert.labels)),
            common_annotations: common(alerts.iter().map(|alert| &alert.annotations)),
            external_url: &self.external_url,
            alerts,
        }
    }

    fn sent(&self, alert: &Alert) -> Sent<'_> {
        let labels = form::labels(alert, &self.labels);
        Sent {
            status: alert.status.as_str(),
            annotations: form::annotations(alert),
            starts_at: form::time(alert.started),
            ends_at: alert.ended.map_or_else(|| NEVER.to_owned(), form::time),
            generator_url: &self.external_url,
            fingerprint: form::fingerprint(&labels),
            labels,
        }
    }
}

impl Notifier for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        if alerts.is_empty() { Ok(()) } else { self.client.post(&self.body(alerts)) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    version: &'static str,
    group_key: &'static str,
    truncated_alerts: u64,
    status: &'static str,
    receiver: &'a str,
    group_labels: Pairs,
    common_labels: Pairs,
    common_annotations: Pairs,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    alerts: Vec<Sent<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    status: &'static str,
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: String,
}

/// What all have.
fn common<'a>(mut all: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let mut common = all.next().cloned().unwrap_or_default();
    all.for_each(|pairs| common.retain(|name, value| pairs.get(name) == Some(value)));
    common
}
