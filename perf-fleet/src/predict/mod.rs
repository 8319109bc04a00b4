//! What upcoming tasks will need, when a worker will have too much to do, and how many workers it takes.

mod needs;
mod scaling;

pub use needs::{Needs, Prediction, Range, Total};
pub use scaling::{Scaling, ScalingAdvice};

use crate::{
    fleet::Fleet,
    history::{minute, time},
    worker::Worker,
};
use perf_analysis::forecast::{Forecast, Forecaster};

/// From here on a worker is overloaded.
const OVERLOADED: f64 = 85.0;

impl Worker {
    /// When its workload will reach 85 %, by the trend of what is kept of it, with the interval of 95 %
    /// confidence: see [`perf_analysis::forecast`]. Minutes without a reading are left out.
    ///
    /// ```
    /// use perf_analysis::forecast::Outlook;
    /// use std::time::Duration;
    /// let clock = perf_fleet::ManualClock::new();
    /// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
    /// let worker = fleet.worker("w1");
    /// for minute in 0..30 {
    ///     worker.set_workload(50.0 + f64::from(minute));
    ///     clock.advance(Duration::from_secs(60));
    /// }
    /// let forecast = worker.time_until_overload();
    /// assert_eq!(forecast.outlook, Outlook::Crosses);
    /// // It is at 79 % and rises by a percent a minute.
    /// assert_eq!(forecast.likely.unwrap().as_secs_f64().round(), 360.0);
    /// ```
    #[must_use]
    pub fn time_until_overload(&self) -> Forecast {
        let now = minute(self.clock().now());
        let state = self.state();
        let buckets = state.history.range(0, now.saturating_add(1));
        let reading = |of: &crate::history::Bucket| Some((time(of.start), of.workload.get()?));
        let readings: Vec<_> = buckets.filter_map(reading).collect();
        drop(state);
        Forecaster::rising_to(OVERLOADED).of(&readings)
    }
}

impl Fleet {
    /// The workers that will be overloaded within a day, those first that are sooner.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().overloads_to_come().is_empty());
    /// ```
    #[must_use]
    pub fn overloads_to_come(&self) -> Vec<(String, Forecast)> {
        let day = std::time::Duration::from_secs(86_400);
        let workers = self.workers();
        let forecasts =
            workers.iter().map(|worker| (worker.id().to_owned(), worker.time_until_overload()));
        let soon = |(_, of): &(String, Forecast)| of.likely.is_some_and(|likely| likely <= day);
        let mut soon: Vec<_> = forecasts.filter(soon).collect();
        soon.sort_by_key(|(_, forecast)| forecast.likely);
        soon
    }
}
