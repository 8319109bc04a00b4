//! What is measured of one window.

use super::{selector::Selector, text};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A number that one window, or the last snapshot, gives.
///
/// In files it is a word: `p95` (any percentile: `p99.9`), `mean`, `min`, `max`, `count`, `rate`,
/// `error_rate`, `in_flight`, `gauge`, `counter_rate`; or `{ ratio = { part = […], whole = […] } }`.
///
/// ```
/// use perf_monitor::rules::Statistic;
/// assert_eq!("p99.9".parse(), Ok(Statistic::Percentile(99.9)));
/// assert_eq!(Statistic::ErrorRate.to_string(), "error_rate");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Statistic {
    /// A percentile of the durations, 0 to 100, in seconds. Needs calls.
    Percentile(f64),
    /// The mean duration in seconds. Needs calls.
    Mean,
    /// The shortest duration in seconds. Needs calls.
    Min,
    /// The longest duration in seconds. Needs calls.
    Max,
    /// How many calls ended. 0 without one, if the operation is known.
    Count,
    /// Calls that ended per second. 0 without one, if the operation is known.
    Rate,
    /// Of the calls, the share that failed, 0 to 1: errors and panics. Needs calls.
    ErrorRate,
    /// Calls that run at the last snapshot, of operations that ask for it; the window does not matter.
    InFlight,
    /// The gauge at the last snapshot; the window does not matter. Of several together, their sum.
    Gauge,
    /// How fast the counter rises per second. 0 if it does not, if it is known.
    CounterRate,
    /// What came to some counters of what came to others: hits / (hits + misses). Needs that anything
    /// came to `whole`. Those with the same labels belong together, whatever their names; the
    /// minimum is of `whole`.
    Ratio {
        /// The counters above the line, which are summed.
        part: Vec<Selector>,
        /// The counters below the line, which are summed.
        whole: Vec<Selector>,
    },
}

impl Statistic {
    /// A ratio of the counters of these names.
    ///
    /// ```
    /// use perf_monitor::rules::Statistic;
    /// let hits = Statistic::ratio(&["cache_hits"], &["cache_hits", "cache_misses"]);
    /// assert_eq!(hits.to_string(), "cache_hits / (cache_hits + cache_misses)");
    /// ```
    #[must_use]
    pub fn ratio(part: &[&str], whole: &[&str]) -> Self {
        let selectors = |names: &[&str]| names.iter().map(|name| Selector::from(*name)).collect();
        Self::Ratio { part: selectors(part), whole: selectors(whole) }
    }

    /// What it is about, as a label: `operation` or `metric`.
    pub(super) fn subject(&self) -> &'static str {
        match self {
            Self::Gauge | Self::CounterRate | Self::Ratio { .. } => "metric",
            _ => "operation",
        }
    }

    /// Whether it is known of a window in which nothing happened.
    pub(super) fn counts_calls(&self) -> bool {
        matches!(self, Self::Count | Self::Rate)
    }
}

/// Their words in files.
const WORDS: [(&str, Statistic); 9] = [
    ("mean", Statistic::Mean),
    ("min", Statistic::Min),
    ("max", Statistic::Max),
    ("count", Statistic::Count),
    ("rate", Statistic::Rate),
    ("error_rate", Statistic::ErrorRate),
    ("in_flight", Statistic::InFlight),
    ("gauge", Statistic::Gauge),
    ("counter_rate", Statistic::CounterRate),
];

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(percentile) => write!(f, "p{percentile}"),
            Self::Ratio { part, whole } => write!(f, "{} / {}", sum(part), sum(whole)),
            word => {
                f.write_str(WORDS.iter().find(|(_, of)| of == word).map_or("", |(text, _)| text))
            }
        }
    }
}

fn sum(selectors: &[Selector]) -> String {
    let names: Vec<_> = selectors.iter().map(ToString::to_string).collect();
    if names.len() == 1 { names.concat() } else { format!("({})", names.join(" + ")) }
}

/// The text names no statistic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStatistic(String);

impl fmt::Display for UnknownStatistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
        write!(
            f,
            "unknown measure {:?}: expected p0 to p100 (such as p95, p99.9), {}, or a table of \
            one of ratio, share_of_history, error_spike, slope, burn_rate",
            self.0,
            words.join(", ")
        )
    }
}

impl std::error::Error for UnknownStatistic {}

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        let percentile = || {
            let percentile = text.strip_prefix('p')?.parse().ok()?;
            (0.0..=100.0).contains(&percentile).then_some(Self::Percentile(percentile))
        };
        let word = WORDS.iter().find(|(word, _)| *word == text).map(|(_, of)| of.clone());
        word.or_else(percentile).ok_or_else(|| UnknownStatistic(text.to_owned()))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Table {
    Ratio { part: Vec<Selector>, whole: Vec<Selector> },
}

impl From<Table> for Statistic {
    fn from(Table::Ratio { part, whole }: Table) -> Self {
        Self::Ratio { part, whole }
    }
}

impl<'de> Deserialize<'de> for Statistic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a statistic such as \"p95\", or { ratio = { part = […], whole = […] } }";
        text::text_or_table::<D, Self, Table>(deserializer, expected)
    }
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ratio { part, whole } => {
                Table::Ratio { part: part.clone(), whole: whole.clone() }.serialize(serializer)
            }
            word => serializer.collect_str(word),
        }
    }
}
