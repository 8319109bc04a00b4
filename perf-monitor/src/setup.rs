//! What a monitor is to do.

use crate::{
    config::{Config, ConfigError, NotifySettings},
    health::HealthRegistry,
    monitor::{Monitor, Report},
    notify::{Alertmanager, Delivery, Log, Notifier, SetupError, Slack, Webhook},
    report::{Metrics, SHORTEST_INTERVAL, checked_interval},
    rules::{Rule, RuleError, Rules, ready_made},
    system::{self, Probes, Probing, Watch},
    windows::Windows,
};
use perf_core::Registry;
use secrecy::ExposeSecret;
use std::{fmt, io, time::Duration};

/// The most calls that are kept of a chosen operation.
const RECENT: usize = 1_000;

/// Windows take in what happened that often, so that the shortest one is of more than one piece.
const STEPS: u32 = 6;

/// Sets what a [`Monitor`] does. All of it can be set in a file and by the environment too:
/// [`config`](Self::config).
#[must_use = "nothing is watched until `start`"]
pub struct Builder {
    config: Result<Config, ConfigError>,
    registry: Registry,
    rules: Vec<Rule>,
    notifiers: Vec<Box<dyn Notifier>>,
    recent: Vec<String>,
    health: HealthRegistry,
    report: fn(&Metrics),
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notifiers: Vec<_> = self.notifiers.iter().map(|notifier| notifier.name()).collect();
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("rules", &self.rules)
            .field("notifiers", &notifiers)
            .finish_non_exhaustive()
    }
}

impl Default for Builder {
    /// The global registry, and what [`Config::load`] says.
    fn default() -> Self {
        Self {
            config: Config::load(),
            registry: Registry::global().clone(),
            rules: Vec::new(),
            notifiers: Vec::new(),
            recent: Vec::new(),
            health: HealthRegistry::new(),
            report: Metrics::emit,
        }
    }
}

impl Monitor {
    /// A monitor of the global registry, with the settings of [`Config::load`].
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// These settings, instead of [`Config::load`]'s.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Ok(config);
        self
    }

    /// The registry to watch, instead of the global one.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = registry.clone();
        self
    }

    /// One more rule, beside those of the settings.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// One more way to tell somebody, beside those of the settings.
    pub fn notifier(mut self, notifier: impl Notifier + 'static) -> Self {
        self.notifiers.push(Box::new(notifier));
        self
    }

    /// Keeps the last 1,000 calls of an operation, of the last hour, see [`Monitor::recent`].
    pub fn keep_recent(mut self, operation: impl Into<String>) -> Self {
        self.recent.push(operation.into());
        self
    }

    /// The health checks, where the program has them already.
    pub fn health(mut self, health: &HealthRegistry) -> Self {
        self.health = health.clone();
        self
    }

    /// What is done with the periodic report, instead of [`Metrics::emit`].
    pub fn report(mut self, report: fn(&Metrics)) -> Self {
        self.report = report;
        self
    }

    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// The settings are not understood; a rule or a notifier is wrong; there is no thread to be had.
    pub fn start(self) -> Result<Monitor, StartError> {
        let config = self.config.map_err(StartError::Config)?;
        let mut rules = config.rules;
        rules.extend(self.rules);
        if config.ready_made_rules {
            rules.extend(ready_made());
        }
        let mut notifiers = self.notifiers;
        notifiers.extend(configured(&config.notify)?);
        self.recent.iter().for_each(|name| self.registry.keep_recent(name, RECENT));
        let (registry, system) = (self.registry, &config.system);
        let probing = Probing::new(&system.probes)
            .interval(system.probe_interval)
            .timeout(system.probe_timeout);
        let probes = (!system.probes.is_empty()).then(|| probing.start(&registry)).transpose();
        let shortest =
            config.windows.iter().min().map_or(config.interval, |window| *window / STEPS);
        let (every, warning) = checked_interval(config.report.interval, SHORTEST_INTERVAL);
        if let Some(warning) = warning {
            tracing::warn!(target: "perfkit", "{warning}");
        }
        Monitor::run(Setup {
            windows: Windows::new(&config.windows),
            rules: Rules::new(rules).map_err(StartError::Rule)?,
            step: shortest
                .clamp(Duration::from_secs(1), config.interval.max(Duration::from_secs(1))),
            interval: config.interval.max(Duration::from_millis(1)),
            report: Some(Report::new(every, self.report)),
            delivery: Delivery::new(notifiers, &registry).map_err(StartError::Thread)?,
            health: self.health,
            watch: system.resources.then(|| system::watch(&registry)),
            probes: probes.map_err(StartError::Thread)?,
            registry,
        })
    }
}

/// All that is ready to run.
pub(crate) struct Setup {
    pub(crate) registry: Registry,
    pub(crate) windows: Windows,
    pub(crate) rules: Rules,
    pub(crate) step: Duration,
    pub(crate) interval: Duration,
    pub(crate) report: Option<Report>,
    pub(crate) delivery: Delivery,
    pub(crate) health: HealthRegistry,
    pub(crate) watch: Option<Watch>,
    pub(crate) probes: Option<Probes>,
}

/// The notifiers that the settings name.
fn configured(settings: &NotifySettings) -> Result<Vec<Box<dyn Notifier>>, StartError> {
    let mut all: Vec<Box<dyn Notifier>> = Vec::new();
    if settings.log.enabled {
        all.push(Box::new(Log));
    }
    if let Some(url) = settings.slack.url().map_err(StartError::Config)? {
        let slack = Slack::new(url.expose_secret())?;
        let channel = settings.slack.channel.clone();
        all.push(Box::new(channel.into_iter().fold(slack, Slack::channel)));
    }
    if let Some(url) = &settings.webhook.url {
        let webhook = Webhook::new(url.expose_secret())?;
        let token = settings.webhook.bearer_token().map_err(StartError::Config)?;
        all.push(Box::new(match token {
            Some(token) => webhook.bearer(token.expose_secret())?,
            None => webhook,
        }));
    }
    let urls = settings.alertmanager.urls.iter().map(ExposeSecret::expose_secret);
    for alertmanager in Alertmanager::cluster(urls)? {
        all.push(Box::new(alertmanager.interval(settings.alertmanager.resend)));
    }
    Ok(all)
}

/// A monitor could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is not understood.
    Config(ConfigError),
    /// A rule contradicts itself.
    Rule(RuleError),
    /// A notifier's address or header is wrong.
    Notifier(SetupError),
    /// There is no thread to be had.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Rule(error) => error.fmt(f),
            Self::Notifier(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start a thread: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<SetupError> for StartError {
    fn from(error: SetupError) -> Self {
        Self::Notifier(error)
    }
}
