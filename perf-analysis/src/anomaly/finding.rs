//! What was found unusual.

use serde::Serialize;
use std::fmt;

/// What kind of thing is unusual.
///
/// ```
/// use perf_analysis::anomaly::{AnomalyKind, Statistic};
/// assert_eq!(Statistic::P99.kind(), AnomalyKind::LatencyDrift);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnomalyKind {
    /// Calls take longer, or less long, than usual.
    LatencyDrift,
    /// More calls fail than usual.
    ErrorSpike,
    /// There are fewer calls than usual.
    ThroughputDrop,
}

/// The figure that is unusual.
///
/// ```
/// use perf_analysis::anomaly::Statistic;
/// assert_eq!(Statistic::Rate.to_string(), "rate");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Statistic {
    /// The median duration, in seconds.
    Median,
    /// The 99th percentile, in seconds.
    P99,
    /// The share of calls that failed, 0 to 1.
    ErrorShare,
    /// Calls per second.
    Rate,
}

impl Statistic {
    /// What kind of thing it tells of.
    ///
    /// ```
    /// # use perf_analysis::anomaly::{AnomalyKind, Statistic};
    /// assert_eq!(Statistic::Rate.kind(), AnomalyKind::ThroughputDrop);
    /// ```
    #[must_use]
    pub fn kind(self) -> AnomalyKind {
        match self {
            Self::Median | Self::P99 => AnomalyKind::LatencyDrift,
            Self::ErrorShare => AnomalyKind::ErrorSpike,
            Self::Rate => AnomalyKind::ThroughputDrop,
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Median => "median",
            Self::P99 => "p99",
            Self::ErrorShare => "error share",
            Self::Rate => "rate",
        })
    }
}

/// One figure that is unusual. As text it is a sentence.
///
/// ```
/// use perf_analysis::anomaly::{Detector, Stretch};
/// use std::time::Duration;
/// let registry = perf_core::Registry::new();
/// (0..360).for_each(|_| registry.record("pay", Duration::from_millis(5)));
/// let usual = registry.get("pay").unwrap();
/// (0..40).for_each(|_| registry.record("rarer", Duration::from_millis(5)));
/// let rarer = registry.get("rarer").unwrap();
/// let hour = Duration::from_secs(3_600);
/// let history = vec![Stretch::new(&usual, hour); 12];
/// let found = Detector::new().inspect(&history, Stretch::new(&rarer, hour));
/// let sentence = found.anomalies[0].to_string();
/// assert_eq!(sentence, "rarer: 0.0111 calls a second, usually 0.1 (−88.9 %)");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Anomaly {
    /// The operation's full name.
    pub operation: String,
    /// What kind of thing is unusual.
    pub kind: AnomalyKind,
    /// Which figure.
    pub statistic: Statistic,
    /// Its value, in the statistic's unit.
    pub value: f64,
    /// Its usual value: the median of the history, or its share of failed calls.
    pub usual: f64,
    /// value/usual; `None` where nothing is usual.
    pub ratio: Option<f64>,
    /// The modified z-score; `None` for error shares.
    pub z: Option<f64>,
    /// The chance of a figure so far from the history's by the number of calls alone.
    pub p: f64,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.ratio {
            Some(ratio) if ratio < 1.0 => format!(" (−{:.1} %)", (1.0 - ratio) * 100.0),
            Some(ratio) => format!(" (+{:.1} %)", (ratio - 1.0) * 100.0),
            None => String::new(),
        };
        let (name, value, usual) = (&self.operation, self.value, self.usual);
        match self.statistic {
            Statistic::Median | Statistic::P99 => {
                let (value, usual) = (duration(value), duration(usual));
                write!(f, "{name}: {} of {value}, usually {usual}{change}", self.statistic)
            }
            Statistic::ErrorShare => {
                let [value, usual] = [value, usual].map(|share| digits(share * 100.0));
                write!(f, "{name}: {value} % of calls failed, usually {usual} %")
            }
            Statistic::Rate => {
                let (value, usual) = (digits(value), digits(usual));
                write!(f, "{name}: {value} calls a second, usually {usual}{change}")
            }
        }
    }
}

/// Seconds with their unit, to three digits.
fn duration(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
    let unit = units.into_iter().find(|(unit, _)| seconds >= *unit);
    let (unit, name) = unit.unwrap_or((1e-9, "ns"));
    format!("{} {name}", digits(seconds / unit))
}

/// A number to three digits.
fn digits(value: f64) -> String {
    if value.is_finite() && value > 0.0 {
        let unit = 10.0_f64.powi(2 - value.log10().floor().clamp(-300.0, 300.0) as i32);
        let rounded = (value * unit).round() / unit;
        if rounded.is_finite() {
            return rounded.to_string();
        }
    }
    value.to_string()
}

/// What an inspection found.
///
/// ```
/// use perf_analysis::anomaly::{Detector, Stretch};
/// let registry = perf_core::Registry::new();
/// registry.record("pay", std::time::Duration::from_millis(5));
/// let pay = registry.get("pay").unwrap();
/// let found = Detector::new().inspect(&[], Stretch::new(&pay, std::time::Duration::from_secs(60)));
/// // Nothing unusual: but there is nothing to compare with either.
/// assert!(found.anomalies.is_empty() && !found.has_history);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// All that is unusual.
    pub anomalies: Vec<Anomaly>,
    /// How many stretches of the history were looked at: with a length, and without those skipped.
    pub stretches: usize,
    /// How many of these have calls enough for their percentiles to count.
    pub busy_stretches: usize,
    /// Whether the history is long enough. If not, nothing is looked at.
    pub has_history: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        let seconds = [0.0, 1.5e-9, 0.000_012_345, 0.045_67, 1.0, 1234.5];
        let written = ["0 ns", "1.5 ns", "12.3 µs", "45.7 ms", "1 s", "1230 s"];
        assert_eq!(seconds.map(duration), written);
        assert_eq!([f64::MIN_POSITIVE, f64::NAN].map(|n| digits(n).len()), [1, 3]);
    }
}
