//! What a monitor is to do.

use crate::{
    clock::Clock,
    config::{Config, ConfigError, NotifySettings, ReportStyle, SystemSettings},
    health::HealthRegistry,
    monitor::Monitor,
    notify::{Alertmanager, Delivery, Log, Notifier, SetupError, Slack, Webhook},
    report::{Metrics, SHORTEST_INTERVAL, checked_interval},
    rules::{Rule, RuleError, Rules, ready_made, with_ready_made},
    system::{self, Probes, Probing, Watch},
    watch::{Source, Timing},
    windows::Windows,
};
use perf_core::{Registry, Snapshot};
use secrecy::ExposeSecret;
use std::{
    collections::BTreeSet,
    fmt, io,
    time::{Duration, SystemTime},
};

/// The most calls that are kept of a chosen operation.
const RECENT: usize = 1_000;

/// The most windows, of about 120 intervals each.
const MOST_WINDOWS: usize = 24;

/// How many pieces the shortest window is of.
const STEPS: u32 = 12;

/// Sets what a [`Monitor`] does. All of it can be set in a file and by the environment too:
/// [`config`](Self::config).
#[must_use = "nothing is watched until `start`"]
pub struct Builder {
    config: Result<Config, ConfigError>,
    registry: Registry,
    source: Option<Source>,
    earlier: Vec<Snapshot>,
    clock: Clock,
    rules: Vec<Rule>,
    notifiers: Vec<Box<dyn Notifier>>,
    recent: Vec<String>,
    health: HealthRegistry,
    report: Option<fn(&Metrics)>,
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
            source: None,
            earlier: Vec::new(),
            clock: Clock::default(),
            rules: Vec::new(),
            notifiers: Vec::new(),
            recent: Vec::new(),
            health: HealthRegistry::new(),
            report: None,
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

    /// Watches what this gives instead of a registry: cumulative snapshots of one beginning, as
    /// [`Registry::snapshot`] gives them, such as those of many processes together. It is asked at each tick, and
    /// should be quick. [`Monitor::reset`] does nothing then. `earlier` are such of before, the oldest first, for
    /// windows to begin with.
    ///
    /// ```
    /// use perf_core::Registry;
    /// use perf_monitor::{Monitor, config::Config};
    ///
    /// let (one, other) = (Registry::new(), Registry::new());
    /// one.record("job", std::time::Duration::from_millis(3));
    /// other.record("job", std::time::Duration::from_millis(5));
    /// let both = move || {
    ///     let mut both = one.snapshot();
    ///     both.merge(&other.snapshot());
    ///     both
    /// };
    /// let monitor =
    ///     Monitor::builder().config(Config::from_toml("")?).source(both, Vec::new()).start()?;
    /// assert_eq!(monitor.metrics().all.total, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn source(
        mut self,
        source: impl Fn() -> Snapshot + Send + Sync + 'static,
        earlier: Vec<Snapshot>,
    ) -> Self {
        self.source = Some(Box::new(source));
        self.earlier = earlier;
        // Whatever else records there is not what is watched.
        self.registry = Registry::new();
        self
    }

    /// Watches in a time that begins now or at another time, and passes only by
    /// [`Monitor::advance`], for simulations and tests: nothing is looked at, reported or remembered by
    /// itself. Snapshots, windows, alerts and intervals of the store are of that time. What is measured by
    /// the system stays so: durations of calls, resources, and when the store forgets what is old.
    ///
    /// ```
    /// use perf_monitor::{Monitor, config::Config, rules::{Rule, Statistic}};
    /// use std::time::{Duration, SystemTime};
    ///
    /// let registry = perf_core::Registry::new();
    /// let busy = Rule::new("busy", Statistic::CounterRate).of("jobs").above(0.9);
    /// let monitor = Monitor::builder()
    ///     .config(Config::from_toml("ready_made_rules = false")?)
    ///     .registry(&registry)
    ///     .rule(busy)
    ///     .simulated(SystemTime::UNIX_EPOCH)
    ///     .start()?;
    /// registry.counter("jobs", &[]).add(60);
    /// monitor.advance(Duration::from_secs(60));
    /// assert_eq!(monitor.alerts()[0].value, 1.0);
    /// assert_eq!(monitor.alerts()[0].started, SystemTime::UNIX_EPOCH + Duration::from_secs(60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn simulated(mut self, start: SystemTime) -> Self {
        self.clock = Clock::simulated(start);
        self
    }

    /// One more rule, beside those of the settings. It takes the place of one that is ready made and of
    /// the same name.
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

    /// What is done with the periodic report, instead of what
    /// [`report.style`](crate::config::ReportSettings::style) says.
    pub fn report(mut self, report: fn(&Metrics)) -> Self {
        self.report = Some(report);
        self
    }

    /// Begins to watch. The windows are those of the settings, and those that the rules look at: 24 of
    /// them at most.
    ///
    /// # Errors
    ///
    /// The settings are not understood; a rule or a notifier is wrong; there is no thread to be had.
    /// Nothing is left running then.
    pub fn start(self) -> Result<Monitor, StartError> {
        let config = self.config.map_err(StartError::Config)?;
        let mut rules = checked(config.rules, self.rules, config.ready_made_rules)?;
        let mut notifiers = self.notifiers;
        notifiers.extend(configured(&config.notify)?);
        // All is well that can be known. From here on something runs, and is dropped by an error.
        let (registry, system, clock) = (self.registry, &config.system, self.clock);
        let check = config.interval.max(Duration::from_millis(1));
        rules.ask(check);
        let lengths = lengths(&config.windows, &rules);
        let tick = config.tick.unwrap_or_else(|| step(&lengths, config.interval));
        let timing = Timing {
            tick,
            step: clock.every(tick),
            check: clock.every(check),
            report: clock.every(report_interval(config.report.interval)),
            emit: self.report.unwrap_or(emitter(config.report.style)),
        };
        let mut monitor = Monitor::run(Setup {
            windows: Windows::new(&lengths),
            shown: config.windows,
            rules,
            timing,
            delivery: Delivery::new(notifiers, &registry).map_err(StartError::Thread)?,
            health: self.health,
            probes: probes(system, &registry).map_err(StartError::Thread)?,
            watch: system.resources.then(|| system::watch(&registry)),
            registry: registry.clone(),
            source: self.source,
            earlier: self.earlier,
            clock,
        })?;
        self.recent.iter().for_each(|name| registry.keep_recent(name, RECENT));
        monitor.remember(&config.store)?;
        monitor.listen(&config.http).map_err(StartError::Config)?;
        Ok(monitor)
    }
}

/// All that is ready to run.
pub(crate) struct Setup {
    pub(crate) registry: Registry,
    pub(crate) source: Option<Source>,
    pub(crate) earlier: Vec<Snapshot>,
    pub(crate) clock: Clock,
    pub(crate) windows: Windows,
    /// The windows that people choose from.
    pub(crate) shown: Vec<Duration>,
    pub(crate) rules: Rules,
    pub(crate) timing: Timing,
    pub(crate) delivery: Delivery,
    pub(crate) health: HealthRegistry,
    pub(crate) watch: Option<Watch>,
    pub(crate) probes: Option<Probes>,
}

/// The rules of the settings and of the program, and those that are ready made.
fn checked(settings: Vec<Rule>, own: Vec<Rule>, ready: bool) -> Result<Rules, StartError> {
    let mut rules = settings;
    rules.extend(own);
    if ready {
        rules = with_ready_made(rules, ready_made());
    }
    Rules::new(rules).map_err(StartError::Rule)
}

/// The windows of the settings, and those that rules look at; of too many, the shortest and the longest.
fn lengths(settings: &[Duration], rules: &Rules) -> Vec<Duration> {
    let all: BTreeSet<_> = settings.iter().copied().chain(rules.lengths()).collect();
    let longest = all.last().copied();
    let others = all.into_iter().filter(|length| Some(*length) != longest);
    others.take(MOST_WINDOWS - 1).chain(longest).collect()
}

/// How often windows take in what happened: the shortest one is of more than one piece.
fn step(lengths: &[Duration], interval: Duration) -> Duration {
    let shortest = lengths.first().map_or(interval, |window| *window / STEPS);
    shortest.clamp(Duration::from_secs(1), interval.max(Duration::from_secs(1)))
}

fn report_interval(every: Duration) -> Duration {
    let (every, warning) = checked_interval(every, SHORTEST_INTERVAL);
    if let Some(warning) = warning {
        tracing::warn!(target: "perfkit", "{warning}");
    }
    every
}

fn emitter(style: ReportStyle) -> fn(&Metrics) {
    match style {
        ReportStyle::Event => Metrics::emit,
        ReportStyle::Table => Metrics::print,
        ReportStyle::Both => |metrics| {
            metrics.emit();
            metrics.print();
        },
    }
}

fn probes(system: &SystemSettings, registry: &Registry) -> io::Result<Option<Probes>> {
    let probing =
        Probing::new(&system.probes).interval(system.probe_interval).timeout(system.probe_timeout);
    (!system.probes.is_empty()).then(|| probing.start(registry)).transpose()
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
    /// The store's URL is not understood.
    #[cfg(feature = "store")]
    Store(perf_store::StoreError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Rule(error) => error.fmt(f),
            Self::Notifier(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start a thread: {error}"),
            #[cfg(feature = "store")]
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

impl From<SetupError> for StartError {
    fn from(error: SetupError) -> Self {
        Self::Notifier(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Measure, Statistic};
    use std::sync::{Arc, Mutex};
    use tracing::{Event, Subscriber};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    fn seconds(seconds: &[u64]) -> Vec<Duration> {
        seconds.iter().copied().map(Duration::from_secs).collect()
    }

    #[test]
    fn windows_are_those_of_the_settings_and_of_the_rules() {
        let rate =
            Measure::ShareOfHistory { of: Statistic::Rate, history: Duration::from_secs(900) };
        let quiet = Rule::new("quiet", rate).over(Duration::from_secs(30)).below(0.8);
        let deep = Rule::new("deep", Statistic::Gauge).above(1.0);
        let rules = Rules::new(vec![quiet, deep]).unwrap();
        let all = lengths(&seconds(&[3_600, 60]), &rules);
        assert_eq!(all, seconds(&[30, 60, 900, 3_600]));
        assert_eq!(step(&all, Duration::from_secs(60)), Duration::from_millis(2_500));
        assert_eq!(step(&all, Duration::from_millis(10)), Duration::from_secs(1));
        assert_eq!(step(&[], Duration::from_secs(60)), Duration::from_secs(60));
        let many = lengths(&seconds(&(1..=100).collect::<Vec<_>>()), &rules);
        assert_eq!(many.len(), MOST_WINDOWS);
        assert_eq!((many[22], many[23]), (Duration::from_secs(23), Duration::from_secs(900)));
    }

    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<u32>>);

    impl<S: Subscriber> Layer<S> for Seen {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            *self.0.lock().unwrap() += u32::from(event.metadata().target() == "perfkit::report");
        }
    }

    #[test]
    fn a_report_is_an_event_where_its_style_says_so() {
        for (style, events) in
            [(ReportStyle::Event, 1), (ReportStyle::Table, 0), (ReportStyle::Both, 1)]
        {
            let seen = Seen::default();
            let subscriber = tracing_subscriber::registry().with(seen.clone());
            tracing::subscriber::with_default(subscriber, || emitter(style)(&Metrics::default()));
            assert_eq!(*seen.0.lock().unwrap(), events, "{style:?}");
        }
    }
}
