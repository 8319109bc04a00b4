//! Alerts to Alertmanager.

use super::{
    Failure, Notifier, SetupError,
    form::{self, Pairs},
    http::Client,
};
use crate::alert::{Alert, Status};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// How many times an alert may be missing before Alertmanager takes it as resolved.
const MISSES: u32 = 4;

/// Tells an Alertmanager by its API v2 (<https://prometheus.io/docs/alerting/latest/clients/>), which
/// groups, silences and routes.
///
/// Labels are `alertname`, `severity`, those given for all alerts such as `instance` and `job`, and the
/// alert's own under legal names; a name that is taken gets `exported_` in front. Annotations are
/// `summary`, `description`, `value` and `threshold`.
///
/// A [`Delivery`](super::Delivery) lets it repeat what fires every minute, from its own thread, each time
/// with an `endsAt` four minutes ahead: if the program goes, Alertmanager takes its alerts as resolved
/// after that. What is resolved is told with the time when it was. An alert that begins and ends before
/// Alertmanager was reached is told as resolved, of which Alertmanager tells nobody.
///
/// The URL and the headers count as secrets. A user and password in the URL are sent as
/// `Authorization: Basic`, unless that is set. `http://` is allowed to any host; no proxy is asked for this
/// one.
///
/// ```
/// use perf_monitor::notify::Alertmanager;
///
/// let alertmanager = Alertmanager::new("http://localhost:9093")?.label("job", "shop");
/// # Ok::<(), perf_monitor::notify::SetupError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it sends nothing by itself"]
pub struct Alertmanager {
    client: Client,
    labels: Pairs,
    generator_url: Option<String>,
    interval: Duration,
    /// What fires, as far as Alertmanager was told, by labels.
    firing: BTreeMap<Pairs, Alert>,
}

impl Alertmanager {
    /// The Alertmanager at this base URL, such as `http://localhost:9093`, under which `/api/v2/alerts` is.
    ///
    /// # Errors
    ///
    /// [`SetupError`] if it is no URL of `http` or `https`, or it is `https` without the feature `tls`.
    pub fn new(base: &str) -> Result<Self, SetupError> {
        Ok(Self {
            client: Client::new(&format!("{}/api/v2/alerts", base.trim_end_matches('/')))?,
            labels: Pairs::new(),
            generator_url: None,
            interval: Duration::from_secs(60),
            firing: BTreeMap::new(),
        })
    }

    /// One for each member of a cluster: each is to be told everything, as they ask for it. Each has its own
    /// thread and queue in a delivery, so that one that is away holds no other up.
    ///
    /// ```
    /// use perf_monitor::notify::{Alertmanager, Notifier};
    ///
    /// let cluster = Alertmanager::cluster(["http://am-1:9093", "http://am-2:9093"])?;
    /// let notifiers: Vec<Box<dyn Notifier>> =
    ///     cluster.into_iter().map(|member| Box::new(member.label("job", "shop")) as _).collect();
    /// assert_eq!(notifiers.len(), 2);
    /// # Ok::<(), perf_monitor::notify::SetupError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), of the first that has one.
    pub fn cluster<'a>(bases: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, SetupError> {
        bases.into_iter().map(Self::new).collect()
    }

    /// A label of every alert, such as `instance` or `job`; its name is made legal.
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.insert(form::legal(name), value.into());
        self
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

    /// Where people find more, a URL: what each `generatorURL` says; there is none unless set.
    pub fn generator_url(mut self, url: impl Into<String>) -> Self {
        self.generator_url = Some(url.into());
        self
    }

    /// How often what fires is repeated: each minute unless set, 1 s to 1 day.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.clamp(Duration::from_secs(1), Duration::from_secs(86_400));
        self
    }

    /// How long an answer is waited for: 10 seconds unless set, 1 ms to 1 day.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.client.set_timeout(timeout);
        self
    }

    fn posted(&self, labels: &Pairs, alert: &Alert, now: SystemTime) -> Posted<'_> {
        let ends = match alert.status {
            Status::Firing => now + self.interval * MISSES,
            // What ends later still fires there.
            Status::Resolved => alert.ended.map_or(now, |ended| ended.min(now)),
        };
        Posted {
            labels: labels.clone(),
            annotations: form::annotations(alert),
            // It refuses what ends before it begins.
            starts_at: form::time(alert.started.min(ends)),
            ends_at: form::time(ends),
            generator_url: self.generator_url.as_deref(),
        }
    }

    /// As many at once as otherwise: if some are refused, the others are told all the same.
    fn post(&self, alerts: &BTreeMap<Pairs, Alert>, now: SystemTime) -> Result<(), Failure> {
        let posted = alerts.iter().map(|(labels, alert)| self.posted(labels, alert, now));
        let posted: Vec<_> = posted.collect();
        let mut all = Ok(());
        for some in posted.chunks(self.most()) {
            match self.client.post(&some) {
                Err(failure) if failure.is_temporary => return Err(failure),
                sent => all = all.and(sent),
            }
        }
        all
    }
}

impl Notifier for Alertmanager {
    fn name(&self) -> &'static str {
        "alertmanager"
    }

    fn send(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        let now = SystemTime::now();
        // Of one alert, the last state is what is.
        let new = alerts.iter().map(|alert| (form::labels(alert, &self.labels), alert.clone()));
        let new: BTreeMap<_, _> = new.collect();
        // Whether or not it is told: repeated, they would begin again.
        new.keys().for_each(|labels| drop(self.firing.remove(labels)));
        self.post(if alerts.is_empty() { &self.firing } else { &new }, now)?;
        self.firing.extend(new.into_iter().filter(|(_, alert)| alert.status == Status::Firing));
        Ok(())
    }

    fn repeat_interval(&self) -> Option<Duration> {
        Some(self.interval)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted<'a> {
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<&'a str>,
}
