//! What a rule compares with its threshold.

use super::{
    selector::Selector,
    statistic::{Statistic, UnknownStatistic},
    text,
};
use crate::duration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr, time::Duration};

/// What is measured: a statistic of the rule's window, or that compared with other times.
///
/// In files it is a [`Statistic`], or a table such as
/// `{ share_of_history = { of = "rate", history = "1d" } }`.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A statistic of the window.
    Now(Statistic),
    /// The statistic over the window, divided by the same over a longer one: 0.8 where throughput is
    /// 80 % of its average. Needs that the latter is above 0, and that it covers four times the rule's
    /// window, or where its length is less than that, three quarters of it: shortly after a start there
    /// is no history. The minimum is of both windows, but for `count` and `rate` of the longer one.
    ShareOfHistory {
        /// The statistic.
        of: Statistic,
        /// The longer window.
        history: Duration,
    },
    /// How many times higher the error rate is in the window than in the longer one before it. Without
    /// an error there, one is taken as given. The minimum is of the window.
    ErrorSpike {
        /// The longer window, in which the rule's is not counted.
        history: Duration,
    },
    /// How fast a statistic rises per hour: the slope of the least-squares line through its values at
    /// the last evaluations, as Prometheus's `deriv()`
    /// (<https://prometheus.io/docs/prometheus/latest/querying/functions/#deriv>,
    /// <https://en.wikipedia.org/wiki/Simple_linear_regression>). It begins anew after a gap between
    /// evaluations, and has no value until there are enough.
    Slope {
        /// The statistic.
        of: Statistic,
        /// How many evaluations, 3 to 1,000.
        points: usize,
    },
    /// How many times too fast the error budget is spent: the error rate divided by what the objective
    /// leaves, in the rule's window and in a shorter one, of which the smaller number counts. So it
    /// is above a threshold where both are: multi-window burn rate of the SRE workbook
    /// (<https://sre.google/workbook/alerting-on-slos/>), which recommends 14.4 over 1 h and 5 min, and
    /// 6 over 6 h and 30 min. The minimum is of the rule's window.
    BurnRate {
        /// The share of calls that are to succeed, above 0 and below 1: 0.999.
        objective: f64,
        /// The shorter window, by which the alert ends soon.
        short: Duration,
    },
}

impl Measure {
    /// What it is about, as a label: `operation` or `metric`.
    pub(super) fn subject(&self) -> &'static str {
        self.statistic().subject()
    }

    /// What it is measured by.
    pub(super) fn statistic(&self) -> &Statistic {
        match self {
            Self::Now(of) | Self::ShareOfHistory { of, .. } | Self::Slope { of, .. } => of,
            Self::ErrorSpike { .. } | Self::BurnRate { .. } => &Statistic::ErrorRate,
        }
    }

    /// Whether it is of a window, and not of the last snapshot.
    pub(super) fn looks_back(&self) -> bool {
        !matches!(self.statistic(), Statistic::Gauge | Statistic::InFlight)
    }

    /// Whether it is of how often something happens, and so of the time as well.
    pub(super) fn is_of_time(&self) -> bool {
        matches!(self.statistic(), Statistic::Count | Statistic::Rate | Statistic::CounterRate)
    }

    /// The windows it needs: the rule's, and another.
    pub(super) fn windows(&self, over: Duration) -> impl Iterator<Item = Duration> {
        let over = self.looks_back().then_some(over);
        over.into_iter().chain(self.other_window())
    }

    /// The window it needs beside the rule's.
    fn other_window(&self) -> Option<Duration> {
        match self {
            Self::Now(_) | Self::Slope { .. } => None,
            Self::ShareOfHistory { history, .. } | Self::ErrorSpike { history } => Some(*history),
            Self::BurnRate { short, .. } => Some(*short),
        }
    }
}

impl From<Statistic> for Measure {
    fn from(statistic: Statistic) -> Self {
        Self::Now(statistic)
    }
}

/// For people: `p95`, `rate as share of its 1day`.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(of) => write!(f, "{of}"),
            Self::ShareOfHistory { of, history } => {
                write!(f, "{of} as share of its {}", duration::written(*history))
            }
            Self::ErrorSpike { history } => {
                write!(f, "error_rate against its {}", duration::written(*history))
            }
            Self::Slope { of, .. } => write!(f, "rise of {of}"),
            Self::BurnRate { objective, .. } => {
                write!(f, "burn rate for {}", super::unit::percent(*objective))
            }
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        text.parse().map(Self::Now)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Table {
    Ratio {
        part: Vec<Selector>,
        whole: Vec<Selector>,
    },
    ShareOfHistory {
        of: Statistic,
        #[serde(with = "duration")]
        history: Duration,
    },
    ErrorSpike {
        #[serde(with = "duration")]
        history: Duration,
    },
    Slope {
        of: Statistic,
        points: usize,
    },
    BurnRate {
        #[serde(deserialize_with = "text::amount")]
        objective: f64,
        #[serde(with = "duration")]
        short: Duration,
    },
}

impl From<Table> for Measure {
    fn from(table: Table) -> Self {
        match table {
            Table::Ratio { part, whole } => Self::Now(Statistic::Ratio { part, whole }),
            Table::ShareOfHistory { of, history } => Self::ShareOfHistory { of, history },
            Table::ErrorSpike { history } => Self::ErrorSpike { history },
            Table::Slope { of, points } => Self::Slope { of, points },
            Table::BurnRate { objective, short } => Self::BurnRate { objective, short },
        }
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a measure such as \"p95\", or a table such as \
            { burn_rate = { objective = \"99.9 %\", short = \"5m\" } }";
        text::text_or_table::<D, Self, Table>(deserializer, expected)
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = match self.clone() {
            Self::Now(statistic) => return statistic.serialize(serializer),
            Self::ShareOfHistory { of, history } => Table::ShareOfHistory { of, history },
            Self::ErrorSpike { history } => Table::ErrorSpike { history },
            Self::Slope { of, points } => Table::Slope { of, points },
            Self::BurnRate { objective, short } => Table::BurnRate { objective, short },
        };
        table.serialize(serializer)
    }
}
