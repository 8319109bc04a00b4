//! All rules, and the alerts they have begun.

use super::{
    check::{Checked, RuleError},
    description::RuleDescription,
    measure::Measure,
    pace::{Pace, Step},
    reading::{self, Labels, Readings, View},
    rule::Rule,
    state::{Absent, Phase, Seen},
    template::LABEL,
    trend::Trends,
    unit,
};
use crate::{
    alert::{Alert, Severity, Status},
    duration,
    windows::Windows,
};
use perf_core::Snapshot;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

/// The most alerts that are pending or firing at once, and the most series of which slopes are kept:
/// 10,000.
pub const MAX_ALERTS: usize = 10_000;

/// What rules look at: windows, or one snapshot.
pub trait Source {
    /// What came in the last so much time; `None` while nothing did.
    fn over(&self, length: Duration) -> Option<Snapshot>;

    /// Everything since the start, with gauges as they are.
    fn total(&self) -> Option<&Snapshot>;
}

impl Source for Windows {
    fn over(&self, length: Duration) -> Option<Snapshot> {
        self.over(length)
    }

    fn total(&self) -> Option<&Snapshot> {
        self.total()
    }
}

/// Every window is all there is.
impl Source for Snapshot {
    fn over(&self, _length: Duration) -> Option<Snapshot> {
        Some(self.clone())
    }

    fn total(&self) -> Option<&Snapshot> {
        Some(self)
    }
}

/// The rule, and the series.
type Key = (usize, Labels);

/// Rules that have been checked, and the alerts that are pending or firing.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    checked: Vec<Checked>,
    pace: Pace,
    states: BTreeMap<Key, State>,
    trends: Trends,
    refused: u64,
}

#[derive(Clone, Debug)]
struct State {
    /// `None` once it is over.
    phase: Option<Phase>,
    /// As it is told, or would be if it fired now.
    alert: Alert,
    /// Whether somebody was told that it fires.
    is_told: bool,
}

impl Rules {
    /// Checks rules.
    ///
    /// # Errors
    ///
    /// [`RuleError`] says of the first that makes no sense what is wrong with it. Names must differ.
    ///
    /// ```
    /// use perf_monitor::rules::{Rule, Rules, Statistic};
    /// let odd = Rule::new("slow", Statistic::Mean).above(5.0).clear(6.0);
    /// assert_eq!(
    ///     Rules::new(vec![odd]).unwrap_err().to_string(),
    ///     "rule \"slow\": clear = 6 is itself above 5: it must be at most that"
    /// );
    /// ```
    pub fn new(rules: Vec<Rule>) -> Result<Self, RuleError> {
        let checked = rules.into_iter().map(Checked::new).collect::<Result<Vec<_>, _>>()?;
        let mut names = BTreeSet::new();
        if let Some(twice) = checked.iter().find(|checked| !names.insert(&checked.rule.name)) {
            let problem = "another rule has the same name".into();
            return Err(RuleError { rule: twice.rule.name.clone(), problem });
        }
        Ok(Self { checked, ..Self::default() })
    }

    /// Looks at the windows, and gives the alerts that begin or end, in the order of the rules, then of
    /// their labels. `now` is that of the last tick.
    pub fn evaluate(&mut self, source: &impl Source, now: SystemTime) -> Vec<Alert> {
        let step = self.pace.step(now);
        self.trends.begin(step.is_gap);
        let view = View { total: source.total(), windows: self.windows(source) };
        for at in 0..self.checked.len() {
            self.advance(at, &view, step, now);
        }
        self.tell(now)
    }

    /// The alerts that fire, in the order of the rules, then of their labels: those that were told to
    /// begin and not to end.
    ///
    /// ```
    /// let rules = perf_monitor::rules::Rules::default();
    /// assert_eq!(rules.active().count() + rules.pending().count(), 0);
    /// ```
    pub fn active(&self) -> impl Iterator<Item = &Alert> {
        self.states.values().filter(|state| state.is_told).map(|state| &state.alert)
    }

    /// The alerts that would fire if it stayed as it is, and for how long it has been so, in the same
    /// order. Their `started` is when they became pending.
    pub fn pending(&self) -> impl Iterator<Item = (&Alert, Duration)> {
        self.states.values().filter_map(|state| match state.phase {
            Some(Phase::Pending { held }) => Some((&state.alert, held)),
            _ => None,
        })
    }

    /// The lengths of the windows that the rules look at, the shortest first: those that
    /// [`Windows::new`] is best told of.
    ///
    /// ```
    /// use perf_monitor::rules::{Rules, ready_made};
    /// let lengths = Rules::new(ready_made())?.lengths();
    /// assert_eq!(lengths, [300, 3_600].map(std::time::Duration::from_secs));
    /// # Ok::<(), perf_monitor::rules::RuleError>(())
    /// ```
    #[must_use]
    pub fn lengths(&self) -> Vec<Duration> {
        let rules = self.checked.iter().map(|checked| &checked.rule);
        let lengths: BTreeSet<_> = rules.flat_map(|rule| rule.measure.windows(rule.over)).collect();
        lengths.into_iter().collect()
    }

    /// What each rule looks for, in their order.
    ///
    /// ```
    /// use perf_monitor::rules::{Rule, Rules, Statistic};
    /// let rules = Rules::new(vec![Rule::new("slow", Statistic::Mean).of("job").above(0.5)])?;
    /// let slow = rules.descriptions().next().unwrap();
    /// assert_eq!(slow.condition, "mean of job over 5m above 500.0 ms");
    /// # Ok::<(), perf_monitor::rules::RuleError>(())
    /// ```
    pub fn descriptions(&self) -> impl Iterator<Item = RuleDescription> {
        self.checked.iter().map(RuleDescription::of)
    }

    /// The rules as they were checked, in their order.
    pub(super) fn checked(&self) -> &[Checked] {
        &self.checked
    }

    /// Says how often they are to be looked at: ticks in between do not make that a gap.
    pub(crate) fn ask(&mut self, every: Duration) {
        self.pace.ask(every);
    }

    /// How many times a series was bad, but no more alerts could be kept.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Each window the rules need, once.
    fn windows(&self, source: &impl Source) -> BTreeMap<Duration, Snapshot> {
        let lengths = self.lengths().into_iter();
        lengths.filter_map(|length| Some((length, source.over(length)?))).collect()
    }

    /// Moves the alerts of one rule on.
    fn advance(&mut self, at: usize, view: &View<'_>, step: Step, now: SystemTime) {
        let all = self.seen(at, view, now);
        let Some(checked) = self.checked.get(at) else { return };
        for (labels, (seen, value)) in all {
            let key = (at, labels);
            let before = self.states.get(&key);
            let is_new = before.is_none();
            let phase =
                Phase::next(before.and_then(|state| state.phase), seen, step, checked.timing);
            if is_new && phase.is_none() {
                continue;
            }
            if is_new && self.states.len() >= MAX_ALERTS {
                self.refused += 1;
                continue;
            }
            let started = before.map_or(now, |state| state.alert.started);
            let is_told = before.is_some_and(|state| state.is_told);
            let alert = alert(checked, &key.1, value, started, view.total);
            self.states.insert(key, State { phase, alert, is_told });
        }
    }

    /// What there is to see of the series of one rule, and of those it has alerts of.
    fn seen(
        &mut self,
        at: usize,
        view: &View<'_>,
        now: SystemTime,
    ) -> BTreeMap<Labels, (Seen, f64)> {
        let Some(Checked { rule, limits, .. }) = self.checked.get(at) else {
            return BTreeMap::new();
        };
        let readings = view.read(rule);
        let is_absent = readings.is_empty() && view.can_tell(rule);
        let values = self.trends.applied((at, rule), readings, now).into_iter();
        let mut seen: BTreeMap<_, _> =
            values.map(|(labels, value)| (labels, (limits.judge(value), value))).collect();
        if is_absent && rule.absent == Absent::Fire {
            seen.insert(reading::whole_labels(rule), (Seen::Breach, f64::NAN));
        }
        let of_rule = (at, Labels::new())..(at + 1, Labels::new());
        for ((_, labels), State { alert, .. }) in self.states.range(of_rule) {
            // That there was nothing is over as soon as there is something.
            let was_nothing = alert.value.is_nan();
            let without = if was_nothing { Seen::Clear } else { Seen::Nothing };
            let (now, _) = seen.entry(labels.clone()).or_insert((without, alert.value));
            if was_nothing && *now == Seen::NotClear {
                *now = Seen::Clear;
            }
        }
        seen
    }

    /// What begins and ends, now that the state of all is known.
    fn tell(&mut self, now: SystemTime) -> Vec<Alert> {
        let worst = self.worst();
        let mut told = Vec::new();
        for ((at, labels), state) in &mut self.states {
            let worst =
                family(&self.checked, *at).and_then(|family| worst.get(&(family, labels.clone())));
            let is_worst = worst.is_none_or(|worst| state.alert.severity >= *worst);
            let fires = is_worst && state.phase.is_some_and(Phase::is_firing);
            if fires != state.is_told {
                state.is_told = fires;
                told.push(transition(&mut state.alert, fires, now));
            }
        }
        self.states.retain(|_, state| state.phase.is_some());
        told
    }

    /// The worst that fires of each family and series.
    fn worst(&self) -> BTreeMap<(String, Labels), Severity> {
        let mut worst = BTreeMap::new();
        for ((at, labels), state) in &self.states {
            if let Some(family) =
                family(&self.checked, *at).filter(|_| state.phase.is_some_and(Phase::is_firing))
            {
                let severity = worst.entry((family, labels.clone())).or_insert(Severity::Info);
                *severity = state.alert.severity.max(*severity);
            }
        }
        worst
    }
}

fn family(checked: &[Checked], at: usize) -> Option<String> {
    checked.get(at)?.rule.family.clone()
}

impl Trends {
    /// The values of a rule's readings: their slopes, where it asks for that.
    fn applied(
        &mut self,
        (at, rule): (usize, &Rule),
        readings: Readings,
        now: SystemTime,
    ) -> BTreeMap<Labels, f64> {
        let Measure::Slope { points, .. } = rule.measure else {
            return readings.into_iter().map(|(labels, reading)| (labels, reading.value)).collect();
        };
        let slopes = readings.into_iter().filter_map(|(labels, reading)| {
            let slope = self.push((at, &labels), (now, reading.value), points, MAX_ALERTS)?;
            Some((labels, slope))
        });
        let slopes = slopes.collect();
        self.forget(at, points);
        slopes
    }
}

/// An alert that fires, with its texts.
fn alert(
    checked: &Checked,
    labels: &Labels,
    value: f64,
    started: SystemTime,
    total: Option<&Snapshot>,
) -> Alert {
    let rule = &checked.rule;
    let threshold = checked.limits.threshold;
    // What tells series from one another must stay.
    let labels: Labels = rule.labels.clone().into_iter().chain(labels.clone()).collect();
    let of_label = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let own = total.and_then(|total| total.description(labels.get("metric")?)?.unit.as_deref());
    let place = |name: &str| match name {
        "rule" => rule.name.clone(),
        "severity" => rule.severity.to_string(),
        "measure" => rule.measure.to_string(),
        "value" => unit::shown(value, &rule.measure, own),
        "threshold" => unit::shown(threshold, &rule.measure, own),
        "window" => duration::written(rule.over),
        name => of_label(name.strip_prefix(LABEL).unwrap_or(name)),
    };
    Alert {
        rule: rule.name.clone(),
        severity: rule.severity,
        status: Status::Firing,
        value,
        threshold,
        started,
        ended: None,
        summary: checked.summary.fill(place),
        description: checked.description.fill(place),
        labels,
    }
}

/// An alert that begins or ends now.
fn transition(alert: &mut Alert, begins: bool, now: SystemTime) -> Alert {
    if begins {
        alert.started = now;
        return alert.clone();
    }
    // The clock may have been set back.
    let ended = Some(now.max(alert.started));
    Alert { status: Status::Resolved, ended, ..alert.clone() }
}
