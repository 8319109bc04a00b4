//! The test, and what it says.

use super::{kendall::Pairs, serial::raised};
use crate::numbers::{finite, median, two_sided, within, z_of};
use serde::Serialize;
use std::fmt;

/// Below it the normal distribution is no good stand-in for that of the score.
const LEAST_POINTS: usize = 8;
/// Longer series are thinned: half a million pairs are enough for any trend.
const MOST_POINTS: usize = 1_000;

/// Where a series goes.
///
/// ```
/// use perf_analysis::trend::Direction;
/// assert_eq!(Direction::None.to_string(), "no trend");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// Up, beyond chance.
    Rising,
    /// Down, beyond chance.
    Falling,
    /// No trend that chance would not make as well.
    None,
    /// Fewer than 8 values.
    TooFewPoints,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::None => "no trend",
            Self::TooFewPoints => "too few points",
        })
    }
}

/// What the test says of a series.
///
/// ```
/// use perf_analysis::trend::{Direction, TrendTest};
/// let trend = TrendTest::new().of(&[9.0, 8.0, 7.5, 7.0, 6.0, f64::NAN, 5.0, 4.5, 3.0, 2.0]);
/// assert_eq!((trend.direction, trend.points, trend.ignored), (Direction::Falling, 9, 1));
/// assert_eq!(trend.tau, Some(-1.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Trend {
    /// Where it goes.
    pub direction: Direction,
    /// Sen's slope: the change from one value to the next; `None` with too few points.
    pub slope: Option<f64>,
    /// The lower end of its confidence interval; `None` where it is unbounded.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The score of Mann and Kendall as a standard normal.
    pub z: Option<f64>,
    /// The chance of a score as far from zero, to either side, where there is no trend.
    pub p: Option<f64>,
    /// Kendall's tau: from −1, always falling, to 1, always rising; equal values count as neither.
    pub tau: Option<f64>,
    /// By how much the variance is raised for values that resemble those before them; 1 if they do not.
    pub variance_raised: Option<f64>,
    /// The confidence level of the interval: 1 − significance.
    pub confidence: f64,
    /// How many values counted.
    pub points: usize,
    /// Values that were left out, for they were no finite numbers.
    pub ignored: usize,
}

/// Asks whether a series rises or falls.
///
/// ```
/// use perf_analysis::trend::{Direction, TrendTest};
/// let trend = TrendTest::new().significance(0.01).of(&[5.0; 30]);
/// assert_eq!((trend.direction, trend.slope), (Direction::None, Some(0.0)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TrendTest {
    significance: f64,
}

impl Default for TrendTest {
    fn default() -> Self {
        Self { significance: 0.05 }
    }
}

impl TrendTest {
    /// A significance of 5 %.
    ///
    /// ```
    /// # use perf_analysis::trend::TrendTest;
    /// assert_eq!(TrendTest::new(), TrendTest::new().significance(0.05));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The chance, 10⁻¹² to 0.5, of a trend where there is none.
    ///
    /// ```
    /// # use perf_analysis::trend::TrendTest;
    /// assert_eq!(TrendTest::new().significance(0.1).of(&[]).confidence, 0.9);
    /// ```
    #[must_use]
    pub fn significance(mut self, significance: f64) -> Self {
        self.significance = within(significance, 1e-12, 0.5, 0.05);
        self
    }

    /// Tests values at equal steps of time, oldest first. What is no finite number is a step without a
    /// value. Of more than 1,000 steps the medians of so many consecutive ones are taken that there are
    /// fewer.
    ///
    /// ```
    /// # use perf_analysis::trend::{Direction, TrendTest};
    /// let long: Vec<f64> = (0..5_000).map(|n| f64::from(n) * 0.25).collect();
    /// let trend = TrendTest::new().of(&long);
    /// assert_eq!((trend.direction, trend.slope), (Direction::Rising, Some(0.25)));
    /// assert_eq!(TrendTest::new().of(&[1.0, 2.0]).direction, Direction::TooFewPoints);
    /// ```
    #[must_use]
    pub fn of(&self, values: &[f64]) -> Trend {
        let known = values.iter().filter(|value| value.is_finite()).count();
        let mut trend = Trend {
            direction: Direction::TooFewPoints,
            slope: None,
            low: None,
            high: None,
            z: None,
            p: None,
            tau: None,
            variance_raised: None,
            confidence: 1.0 - self.significance,
            points: known,
            ignored: values.len() - known,
        };
        let points = thinned(values);
        if points.len() >= LEAST_POINTS {
            self.test(&points, &mut trend);
        }
        trend
    }

    fn test(&self, points: &[(f64, f64)], trend: &mut Trend) {
        let pairs = Pairs::of(points);
        let slope = median(&pairs.slopes).unwrap_or_default();
        let raised = raised(points, slope);
        let z = pairs.z(raised);
        let p = two_sided(z);
        let interval = pairs.interval(z_of(self.significance), raised);
        trend.slope = finite(slope);
        trend.low = interval.and_then(|(low, _)| finite(low));
        trend.high = interval.and_then(|(_, high)| finite(high));
        trend.z = Some(z);
        trend.p = Some(p);
        trend.tau = Some(pairs.score / pairs.slopes.len() as f64);
        trend.variance_raised = Some(raised);
        trend.direction = match () {
            () if p >= self.significance => Direction::None,
            () if z > 0.0 => Direction::Rising,
            () => Direction::Falling,
        };
    }
}

/// The steps that have a value, or the medians of several of them each.
fn thinned(values: &[f64]) -> Vec<(f64, f64)> {
    let steps = values.len().div_ceil(MOST_POINTS).max(1);
    let group = |(at, group): (usize, &[f64])| {
        let known: Vec<f64> = group.iter().copied().filter(|value| value.is_finite()).collect();
        // The last group may be shorter.
        let middle = (at * steps) as f64 + (group.len() as f64 - 1.0) / 2.0;
        Some((middle, median(&known)?))
    };
    values.chunks(steps).enumerate().filter_map(group).collect()
}
