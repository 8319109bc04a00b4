//! What a forecast says.

use serde::{Serialize, Serializer};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// What is to be expected of a gauge.
///
/// ```
/// use perf_analysis::forecast::{Forecaster, Outlook};
/// let now = std::time::SystemTime::UNIX_EPOCH;
/// assert_eq!(Forecaster::rising_to(10.0).of(&[(now, 11.0)]).outlook, Outlook::AlreadyOver);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outlook {
    /// The last reading has reached the limit.
    AlreadyOver,
    /// The line reaches the limit within the horizon.
    Crosses,
    /// The line reaches it later, or leads away from it.
    NotWithin,
    /// Too few readings, or all of one time.
    TooFewPoints,
    /// The readings may as well not rise or fall at all.
    NoTrend,
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AlreadyOver => "already over the limit",
            Self::Crosses => "reaches the limit",
            Self::NotWithin => "does not reach the limit within the horizon",
            Self::TooFewPoints => "too few points",
            Self::NoTrend => "no trend",
        })
    }
}

/// When a gauge reaches a limit. Times are from the last reading on.
///
/// ```
/// use perf_analysis::forecast::Forecaster;
/// use std::time::{Duration, SystemTime};
/// let minute = |n: u32| (SystemTime::UNIX_EPOCH + Duration::from_secs(60) * n, f64::from(n));
/// let forecast = Forecaster::rising_to(100.0).of(&(0..=40).map(minute).collect::<Vec<_>>());
/// // On a line without any deviation nothing is uncertain.
/// assert_eq!(forecast.likely.unwrap().as_secs_f64().round(), 3_600.0);
/// assert_eq!(forecast.to_string(), "reaches the limit in 60m (60m to 60m)");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Forecast {
    /// What is to be expected.
    pub outlook: Outlook,
    /// The slope of the line, in the gauge's unit per hour; `None` with too few points.
    pub slope_per_hour: Option<f64>,
    /// The earliest time the line may reach the limit; `None` if it never may. As JSON it is in seconds,
    /// like all times here.
    #[serde(rename = "earliest_seconds", serialize_with = "seconds")]
    pub earliest: Option<Duration>,
    /// When it most likely does.
    #[serde(rename = "likely_seconds", serialize_with = "seconds")]
    pub likely: Option<Duration>,
    /// The latest time; `None` if it may take for ever.
    #[serde(rename = "latest_seconds", serialize_with = "seconds")]
    pub latest: Option<Duration>,
    /// The confidence level of the interval from earliest to latest.
    pub confidence: f64,
    /// The time of the last reading; `None` without one. As JSON, in seconds since 1970.
    #[serde(rename = "from_unix_seconds", serialize_with = "unix_seconds")]
    pub from: Option<SystemTime>,
    /// How many readings counted.
    pub points: usize,
    /// How many independent readings these are worth, by their autocorrelation.
    pub effective_points: f64,
    /// Readings that were left out, for they were no finite numbers.
    pub ignored: usize,
}

impl Forecast {
    /// A time of the forecast by the clock; `None` if it has none, or the clock does not reach so far.
    ///
    /// ```
    /// use perf_analysis::forecast::Forecaster;
    /// let now = std::time::SystemTime::UNIX_EPOCH;
    /// let over = Forecaster::falling_to(3.0).of(&[(now, 2.0)]);
    /// assert_eq!((over.at(over.likely), over.at(None)), (Some(now), None));
    /// ```
    #[must_use]
    pub fn at(&self, after: Option<Duration>) -> Option<SystemTime> {
        self.from?.checked_add(after?)
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outlook.fmt(f)?;
        let (Outlook::Crosses, Some(likely)) = (self.outlook, self.likely) else { return Ok(()) };
        let time = |after: Option<Duration>| after.map_or("unbounded".to_owned(), for_people);
        let (earliest, latest) = (time(self.earliest), time(self.latest));
        write!(f, " in {} ({earliest} to {latest})", for_people(likely))
    }
}

/// To minutes, hours or days, whichever has two digits.
fn for_people(time: Duration) -> String {
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m")];
    let seconds = time.as_secs_f64();
    let unit = units.into_iter().find(|(unit, _)| seconds >= 2.0 * unit);
    let (unit, name) = unit.unwrap_or((1.0, "s"));
    let digits = usize::from(seconds < 10.0 * unit && unit > 1.0);
    format!("{:.digits$}{name}", seconds / unit)
}

// By reference, as serde hands it.
#[allow(clippy::ref_option)]
fn seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(serializer)
}

#[allow(clippy::ref_option)]
fn unix_seconds<S: Serializer>(at: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
    let seconds = at.map(|at| match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    });
    seconds.serialize(to)
}
