//! What is asked of a gauge's readings.

use super::{
    line::Line,
    outlook::{Forecast, Outlook},
};
use crate::numbers::{finite, within};
use std::time::{Duration, SystemTime};

/// Asks when a gauge reaches a limit.
///
/// ```
/// use perf_analysis::forecast::{Forecaster, Outlook};
/// use std::time::{Duration, SystemTime};
/// // Free memory that falls by 10 MB an hour from 1,000 MB.
/// let hour = |n: u32| SystemTime::UNIX_EPOCH + Duration::from_secs(3_600) * n;
/// let readings: Vec<_> = (0..=24).map(|n| (hour(n), 1_000.0 - 10.0 * f64::from(n))).collect();
/// let soon = Forecaster::falling_to(100.0).within(Duration::from_secs(86_400)).confidence(0.9);
/// let forecast = soon.of(&readings);
/// assert_eq!(forecast.outlook, Outlook::NotWithin);
/// // It has 760 MB left, and loses 660 of them in 66 hours.
/// assert_eq!(forecast.likely.unwrap().as_secs_f64().round(), 66.0 * 3_600.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Forecaster {
    limit: f64,
    is_falling: bool,
    horizon: Duration,
    confidence: f64,
    least_points: usize,
}

impl Forecaster {
    /// For a limit above: reached by values as large, or larger. Within 7 days, at a confidence of 95 %,
    /// of at least 8 readings.
    ///
    /// ```
    /// # use perf_analysis::forecast::{Forecaster, Outlook};
    /// assert_eq!(Forecaster::rising_to(90.0).of(&[]).outlook, Outlook::TooFewPoints);
    /// ```
    #[must_use]
    pub fn rising_to(limit: f64) -> Self {
        let horizon = Duration::from_secs(7 * 86_400);
        Self { limit, is_falling: false, horizon, confidence: 0.95, least_points: 8 }
    }

    /// For a limit below: reached by values as small, or smaller.
    ///
    /// ```
    /// # use perf_analysis::forecast::{Forecaster, Outlook};
    /// let now = std::time::SystemTime::UNIX_EPOCH;
    /// assert_eq!(Forecaster::falling_to(3.0).of(&[(now, 3.0)]).outlook, Outlook::AlreadyOver);
    /// ```
    #[must_use]
    pub fn falling_to(limit: f64) -> Self {
        Self { is_falling: true, ..Self::rising_to(limit) }
    }

    /// How far ahead a crossing is of interest, from the last reading on.
    ///
    /// ```
    /// # use perf_analysis::forecast::Forecaster;
    /// let week = std::time::Duration::from_secs(7 * 86_400);
    /// assert_eq!(Forecaster::rising_to(1.0).within(week), Forecaster::rising_to(1.0));
    /// ```
    #[must_use]
    pub fn within(mut self, horizon: Duration) -> Self {
        self.horizon = horizon;
        self
    }

    /// The confidence level of intervals, 0.5 to 0.999999. A trend is one only if the slope's interval of
    /// this level does not include zero.
    ///
    /// ```
    /// # use perf_analysis::forecast::Forecaster;
    /// assert_eq!(Forecaster::rising_to(1.0).confidence(2.0).of(&[]).confidence, 0.999_999);
    /// ```
    #[must_use]
    pub fn confidence(mut self, level: f64) -> Self {
        self.confidence = within(level, 0.5, 0.999_999, 0.95);
        self
    }

    /// How many readings there must be; at least 4.
    ///
    /// ```
    /// # use perf_analysis::forecast::Forecaster;
    /// assert_eq!(Forecaster::rising_to(1.0).least_points(0), Forecaster::rising_to(1.0).least_points(4));
    /// ```
    #[must_use]
    pub fn least_points(mut self, points: usize) -> Self {
        self.least_points = points.max(4);
        self
    }

    /// The forecast by these readings. They may be in any order, for they are put in that of their times;
    /// several of one time each count. Those that are no finite numbers are left out. "Now" is the time of
    /// the last reading. Where a clock was set back, readings of before and after lie over one another:
    /// that is seen only as deviations from the line.
    ///
    /// ```
    /// use perf_analysis::forecast::{Forecaster, Outlook};
    /// use std::time::{Duration, SystemTime};
    /// let at = |n: u32, value| (SystemTime::UNIX_EPOCH + Duration::from_secs(60) * n, value);
    /// let readings: Vec<_> = (0..30).map(|n| at(n, if n == 7 { f64::NAN } else { 5.0 })).collect();
    /// let forecast = Forecaster::rising_to(9.0).of(&readings);
    /// assert_eq!((forecast.outlook, forecast.ignored), (Outlook::NoTrend, 1));
    /// ```
    #[must_use]
    pub fn of(&self, readings: &[(SystemTime, f64)]) -> Forecast {
        let mut known: Vec<_> = readings.iter().copied().filter(|(_, y)| y.is_finite()).collect();
        known.sort_by_key(|(at, _)| *at);
        let mut forecast = Forecast {
            outlook: Outlook::TooFewPoints,
            slope_per_hour: None,
            earliest: None,
            likely: None,
            latest: None,
            confidence: self.confidence,
            from: known.last().map(|(at, _)| *at),
            points: known.len(),
            effective_points: known.len() as f64,
            ignored: readings.len() - known.len(),
        };
        let Some((now, last)) = known.last().copied() else { return forecast };
        // Around the largest value, so that sums of squares stay finite.
        let scale = known.iter().map(|(_, y)| y.abs()).fold(f64::MIN_POSITIVE, f64::max);
        let points: Vec<_> = known.iter().map(|(at, y)| (hours(*at, now), y / scale)).collect();
        let line = Line::through(&points).filter(|_| points.len() >= self.least_points);
        if let Some(line) = &line {
            forecast.slope_per_hour = finite(line.slope * scale);
            forecast.effective_points = line.effective;
        }
        if if self.is_falling { last <= self.limit } else { last >= self.limit } {
            forecast.outlook = Outlook::AlreadyOver;
            let now = Some(Duration::ZERO);
            (forecast.earliest, forecast.likely, forecast.latest) = (now, now, now);
        } else if let Some(line) = line {
            self.follow(&line, self.limit / scale, &mut forecast);
        }
        forecast
    }

    /// Where the line leads.
    fn follow(&self, line: &Line, limit: f64, forecast: &mut Forecast) {
        // Whether there is a trend does not depend on the limit. What is no number is never reached.
        if limit.is_nan() || line.interval(0.0, self.confidence).is_none() {
            forecast.outlook = Outlook::NoTrend;
            return;
        }
        forecast.outlook = Outlook::NotWithin;
        let is_falling = line.slope < 0.0;
        if is_falling != self.is_falling {
            return;
        }
        if let Some((earliest, latest)) = line.interval(limit, self.confidence) {
            (forecast.earliest, forecast.latest) = (after(earliest), after(latest));
        }
        forecast.likely = after(line.reaches(limit));
        if forecast.likely.is_some_and(|likely| likely <= self.horizon) {
            forecast.outlook = Outlook::Crosses;
        }
    }
}

/// Hours from the last reading, so never above zero.
fn hours(at: SystemTime, now: SystemTime) -> f64 {
    -now.duration_since(at).unwrap_or_default().as_secs_f64() / 3_600.0
}

/// As a duration: what lies behind is now. `None` for what is beyond all durations.
fn after(hours: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(hours.max(0.0) * 3_600.0).ok()
}
