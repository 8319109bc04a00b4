//! One rule, in code and in files.

use super::{measure::Measure, selector::Selector, state::Absent, text};
use crate::{alert::Severity, duration};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{collections::BTreeMap, time::Duration};

/// What to look at, when it is bad, and for how long before somebody is told.
///
/// It is checked by [`Rules::new`](super::Rules::new). In files, with `measure` and one of `above` and
/// `below` needed:
///
/// ```
/// # let toml = r#"
/// name = "slow queries"
/// severity = "high"
/// measure = "p95"
/// of = { name = "query *", labels = { table = "!sessions" } }
/// over = "5m"                # window
/// above = "500ms"            # or below; a number, "5 %", or a duration
/// clear = "400ms"            # resolved at this
/// for = "2m"                 # how long before it fires
/// keep_firing = "5m"         # how long it is clear before it is resolved
/// minimum = 20               # calls
/// together = false           # all that match in one, or each by itself
/// absent = "keep"            # or resolve, fire
/// family = "queries"         # of a family, only the worst severity fires
/// labels = { team = "storage" }
/// summary = "{operation}: {measure} is {value}"
/// description = "See the runbook of {labels.table}."
/// # "#;
/// use perf_monitor::rules::{Rule, Rules};
/// let rule: Rule = toml::from_str(toml)?;
/// assert!(Rules::new(vec![rule]).is_ok());
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub(super) name: String,
    #[serde(default, serialize_with = "severity", deserialize_with = "parse_severity")]
    pub(super) severity: Severity,
    pub(super) measure: Measure,
    #[serde(default)]
    pub(super) of: Selector,
    #[serde(default = "five_minutes", with = "duration")]
    pub(super) over: Duration,
    #[serde(default, deserialize_with = "text::amount", skip_serializing_if = "Option::is_none")]
    pub(super) above: Option<f64>,
    #[serde(default, deserialize_with = "text::amount", skip_serializing_if = "Option::is_none")]
    pub(super) below: Option<f64>,
    #[serde(default, deserialize_with = "text::amount", skip_serializing_if = "Option::is_none")]
    pub(super) clear: Option<f64>,
    #[serde(default, rename = "for", with = "duration")]
    pub(super) hold: Duration,
    #[serde(default, with = "duration")]
    pub(super) keep_firing: Duration,
    #[serde(default)]
    pub(super) minimum: u64,
    #[serde(default)]
    pub(super) together: bool,
    #[serde(default)]
    pub(super) absent: Absent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) family: Option<String>,
    #[serde(default)]
    pub(super) summary: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
}

impl Rule {
    /// A rule of this name, which no other has. It needs [`above`](Self::above) or
    /// [`below`](Self::below); all else is optional.
    ///
    /// ```
    /// use perf_monitor::rules::{Rule, Rules, Statistic};
    /// use std::time::Duration;
    ///
    /// let slow = Rule::new("slow queries", Statistic::Percentile(95.0))
    ///     .of("query *")
    ///     .above(0.5)
    ///     .clear(0.4)
    ///     .hold(Duration::from_secs(120));
    /// assert!(Rules::new(vec![slow]).is_ok());
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, measure: impl Into<Measure>) -> Self {
        Self {
            name: name.into(),
            severity: Severity::default(),
            measure: measure.into(),
            of: Selector::default(),
            over: five_minutes(),
            above: None,
            below: None,
            clear: None,
            hold: Duration::ZERO,
            keep_firing: Duration::ZERO,
            minimum: 0,
            together: false,
            absent: Absent::default(),
            family: None,
            summary: String::new(),
            description: String::new(),
            labels: BTreeMap::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How bad it is; medium if not said.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The operations or metrics it is about; all if not said. A ratio names its counters itself.
    #[must_use]
    pub fn of(mut self, selector: impl Into<Selector>) -> Self {
        self.of = selector.into();
        self
    }

    /// The length of the window; 5 minutes if not said. Until so much time has passed since the start, it
    /// is what there is.
    #[must_use]
    pub fn over(mut self, window: Duration) -> Self {
        self.over = window;
        self
    }

    /// It is bad where the value is greater than this. Durations are in seconds, ratios from 0 to 1.
    #[must_use]
    pub fn above(mut self, threshold: f64) -> Self {
        (self.above, self.below) = (Some(threshold), None);
        self
    }

    /// It is bad where the value is less than this. Durations are in seconds, ratios from 0 to 1.
    #[must_use]
    pub fn below(mut self, threshold: f64) -> Self {
        (self.above, self.below) = (None, Some(threshold));
        self
    }

    /// Once it fires, it is resolved at this value, or on its good side; at the threshold if not said.
    /// So a value that trembles around the threshold is one alert.
    #[must_use]
    pub fn clear(mut self, threshold: f64) -> Self {
        self.clear = Some(threshold);
        self
    }

    /// How long it must be bad before it fires, at each evaluation meanwhile: Prometheus's `for`. Only
    /// time that was watched counts. Zero if not said.
    #[must_use]
    pub fn hold(mut self, time: Duration) -> Self {
        self.hold = time;
        self
    }

    /// How long it must be clear before it is resolved: Prometheus's `keep_firing_for`. Zero if not said.
    #[must_use]
    pub fn keep_firing(mut self, time: Duration) -> Self {
        self.keep_firing = time;
        self
    }

    /// With fewer calls in the window there is no value. It does not matter for gauges and calls in
    /// flight.
    #[must_use]
    pub fn minimum(mut self, calls: u64) -> Self {
        self.minimum = calls;
        self
    }

    /// All that match are measured as one, instead of each by itself.
    #[must_use]
    pub fn together(mut self) -> Self {
        self.together = true;
        self
    }

    /// What becomes of it without a value.
    #[must_use]
    pub fn absent(mut self, absent: Absent) -> Self {
        self.absent = absent;
        self
    }

    /// Of the rules of a family, only those of the worst severity fire for the same labels. A lesser one
    /// that fires is resolved when a worse begins, and fires again if it is still bad when that ends.
    #[must_use]
    pub fn family(mut self, name: impl Into<String>) -> Self {
        self.family = Some(name.into());
        self
    }

    /// Adds a label to its alerts. Where the series has one of that key, that counts.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// One line for people. Placeholders are `{rule}`, `{severity}`, `{operation}` or `{metric}`,
    /// `{measure}`, `{value}`, `{threshold}`, `{window}` and `{labels.…}`, and `{{` is a brace.
    #[must_use]
    pub fn summary(mut self, template: impl Into<String>) -> Self {
        self.summary = template.into();
        self
    }

    /// More for people, with the same placeholders.
    #[must_use]
    pub fn description(mut self, template: impl Into<String>) -> Self {
        self.description = template.into();
        self
    }
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn severity<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(severity)
}

fn parse_severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format!("unknown severity {text:?}: {error}")))
}
