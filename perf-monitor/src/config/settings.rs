//! The settings. What is said of each here is what the example file says of it.

use super::error::ConfigError;
use super::values::{
    durations, from_milliseconds, from_text, not_empty, secret, secret_in, secret_text, secrets,
    text,
};
use crate::{duration::some as duration, rules::Rule};
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Settings of perfkit's watcher. Durations are text such as "1m30s", or numbers of seconds.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Config {
    /// How often a snapshot is taken and the rules are looked at.
    #[config(
        env = "SUPERVISOR_CHECK_INTERVAL",
        parse_env = from_text,
        deserialize_with = duration,
        default = "1m"
    )]
    pub interval: Duration,

    /// How often windows take in what happened, and those who look are told. Unless set, a twelfth of the
    /// shortest window.
    #[config(deserialize_with = duration)]
    pub tick: Option<Duration>,

    /// How far back to look, beside everything since the start.
    #[config(deserialize_with = durations, default = ["1m", "5m", "1h"])]
    pub windows: Vec<Duration>,

    /// Whether perfkit's own rules are looked at too, but for those that a rule with the same name
    /// takes the place of.
    #[config(default = true)]
    pub ready_made_rules: bool,

    /// Rules: what to tell somebody about. They may also be written as `[[rules]]`, each with its keys on
    /// lines of their own, at the end of the file.
    #[config(default = [])]
    pub rules: Vec<Rule>,

    /// The periodic report.
    #[config(nested)]
    pub report: ReportSettings,

    /// Whom to tell.
    #[config(nested)]
    pub notify: NotifySettings,

    /// What the process and its host use.
    #[config(nested)]
    pub system: SystemSettings,

    /// The dashboard, probes, metrics and an API, if there is a port.
    #[config(nested)]
    pub http: HttpSettings,

    /// What happened, remembered in a database, if it has a URL.
    #[config(nested)]
    pub store: StoreSettings,
}

/// The periodic report.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct ReportSettings {
    /// How often it comes. The variable is in milliseconds.
    #[config(
        env = "METRICS_INTERVAL",
        parse_env = from_milliseconds,
        deserialize_with = duration,
        default = "1m"
    )]
    pub interval: Duration,

    /// As what: an "event" of tracing, a "table" on standard error, or "both".
    #[config(default = "event")]
    pub style: ReportStyle,
}

/// As what the periodic report comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportStyle {
    /// An event of tracing.
    Event,
    /// A table for people on standard error, where perfkit's summary goes too.
    Table,
    /// Both.
    Both,
}

impl ReportStyle {
    /// Whether it is an event, or that too.
    #[must_use]
    pub fn has_event(self) -> bool {
        self != Self::Table
    }

    /// Whether it is a table, or that too.
    #[must_use]
    pub fn has_table(self) -> bool {
        self != Self::Event
    }
}

/// Whom to tell.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct NotifySettings {
    /// Slack, if it has a webhook.
    #[config(nested)]
    pub slack: SlackSettings,

    /// A webhook that takes what Alertmanager sends, if it has a URL.
    #[config(nested)]
    pub webhook: WebhookSettings,

    /// Alertmanager, if it has URLs.
    #[config(nested)]
    pub alertmanager: AlertmanagerSettings,

    /// The program's log.
    #[config(nested)]
    pub log: LogSettings,
}

/// Slack, if it has a webhook.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct SlackSettings {
    /// The URL of the incoming webhook. It is a secret.
    #[config(env = "SLACK_WEBHOOK_URL", parse_env = secret_text, deserialize_with = secret)]
    pub webhook_url: Option<SecretString>,

    /// A file that holds it, read when the watcher starts. The URL itself comes first.
    pub webhook_url_file: Option<PathBuf>,

    /// The channel, where the webhook allows another than its own.
    #[config(env = "SLACK_CHANNEL", parse_env = not_empty, deserialize_with = text)]
    pub channel: Option<String>,
}

impl SlackSettings {
    /// The URL of the webhook, or what its file holds now; `None` where neither is set.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is empty.
    pub fn url(&self) -> Result<Option<SecretString>, ConfigError> {
        secret_or_file(self.webhook_url.as_ref(), self.webhook_url_file.as_deref())
    }
}

/// A webhook that takes what Alertmanager sends, if it has a URL.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct WebhookSettings {
    /// Its URL. It may be a secret.
    #[config(deserialize_with = secret)]
    pub url: Option<SecretString>,

    /// A file that holds the token to send with `Authorization: Bearer`.
    pub bearer_token_file: Option<PathBuf>,
}

impl WebhookSettings {
    /// What the file of the token holds now; `None` where none is set.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is empty.
    pub fn bearer_token(&self) -> Result<Option<SecretString>, ConfigError> {
        self.bearer_token_file.as_deref().map(secret_in).transpose()
    }
}

/// Alertmanager, if it has URLs.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct AlertmanagerSettings {
    /// The URLs of all its instances, such as `["http://alertmanager:9093"]`. They may
    /// have passwords in them.
    #[config(deserialize_with = secrets, default = [])]
    pub urls: Vec<SecretString>,

    /// How often what still fires is sent again.
    #[config(deserialize_with = duration, default = "1m")]
    pub resend: Duration,
}

/// The program's log.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct LogSettings {
    /// Whether alerts are events of tracing.
    #[config(default = true)]
    pub enabled: bool,
}

/// What the process and its host use.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct SystemSettings {
    /// Whether CPU, memory, files, threads and load are gauges.
    #[config(default = true)]
    pub resources: bool,

    /// What to connect to, for `network_latency`: "host:port" each.
    #[config(default = [])]
    pub probes: Vec<String>,

    /// How often.
    #[config(deserialize_with = duration, default = "15s")]
    pub probe_interval: Duration,

    /// When to give up.
    #[config(deserialize_with = duration, default = "1s")]
    pub probe_timeout: Duration,
}

/// The dashboard, probes, metrics and an API, if there is a port.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct HttpSettings {
    /// The port to listen at; 0 is any that is free.
    #[config(env = "HEALTH_SERVER_PORT")]
    pub port: Option<u16>,

    /// The address to listen at. Unless it is one of this host's only, set a token too.
    #[config(default = "127.0.0.1")]
    pub host: String,

    /// The token that is needed for all but health.
    #[config(env = "PERFKIT_HTTP_TOKEN", parse_env = secret_text, deserialize_with = secret)]
    pub token: Option<SecretString>,

    /// A file that holds it. The token itself comes first.
    pub token_file: Option<PathBuf>,

    /// Names that a server without a token answers to, beside addresses and localhost.
    #[config(default = [])]
    pub hosts: Vec<String>,

    /// The signing secret of the Slack app whose commands are answered.
    #[config(env = "SLACK_SIGNING_SECRET", parse_env = secret_text, deserialize_with = secret)]
    pub slack_signing_secret: Option<SecretString>,

    /// A file that holds it. The secret itself comes first.
    pub slack_signing_secret_file: Option<PathBuf>,
}

impl HttpSettings {
    /// The token, or what its file holds now; `None` where neither is set.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is empty.
    pub fn token(&self) -> Result<Option<SecretString>, ConfigError> {
        secret_or_file(self.token.as_ref(), self.token_file.as_deref())
    }

    /// The signing secret, or what its file holds now; `None` where neither is set.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is empty.
    pub fn slack_signing_secret(&self) -> Result<Option<SecretString>, ConfigError> {
        let file = self.slack_signing_secret_file.as_deref();
        secret_or_file(self.slack_signing_secret.as_ref(), file)
    }
}

/// What happened, remembered in a database, if it has a URL.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct StoreSettings {
    /// Where: `"sqlite:perfkit.db"`, or `"postgres://user:password@host/database"`. It may be a secret.
    #[config(env = "PERFKIT_STORE", parse_env = secret_text, deserialize_with = secret)]
    pub url: Option<SecretString>,

    /// A file that holds it, read when the watcher starts. The URL itself comes first.
    pub url_file: Option<PathBuf>,

    /// How long an interval is, of which the calls are remembered together.
    #[config(deserialize_with = duration, default = "1m")]
    pub interval: Duration,

    /// For how many days. Intervals are kept as they are for three of them, hours and days for all. What is
    /// of a day that is not over is never forgotten.
    #[config(env = "METRICS_RETENTION_DAYS", default = 30)]
    pub retention_days: u32,

    /// The folder where intervals wait while the store is away. Unless set, `perfkit.db-spool` beside
    /// that file, or `perfkit-spool` where the program was started.
    #[config(env = "PERFKIT_SPOOL")]
    pub spool: Option<PathBuf>,

    /// The most megabytes in it. Beyond, the oldest intervals are dropped, and counted.
    #[config(default = 64)]
    pub spool_megabytes: u32,
}

impl StoreSettings {
    /// The URL, or what its file holds now; `None` where neither is set.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is empty.
    pub fn url(&self) -> Result<Option<SecretString>, ConfigError> {
        secret_or_file(self.url.as_ref(), self.url_file.as_deref())
    }
}

fn secret_or_file(
    secret: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<Option<SecretString>, ConfigError> {
    let in_file = || file.map(secret_in).transpose();
    secret.cloned().map_or_else(in_file, |secret| Ok(Some(secret)))
}
