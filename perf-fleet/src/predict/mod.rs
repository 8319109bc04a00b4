//! What upcoming tasks will need, when a worker will have too much to do, and how many workers it takes.

mod needs;
mod scaling;

pub use needs::{Needs, Prediction, Range, Total};
pub use scaling::{Scaling, ScalingAdvice};

use crate::{
    fleet::Fleet,
    history::{Bucket, minute, time},
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
        let (state, now) = self.current();
        let now = state.history.current(minute(now));
        // Of a minute that is not over, what was said counts, and not yet what is worked out.
        let reading = |(of, minutes): (&Bucket, u32)| {
            let is_over = of.start < now;
            let said = of.workload.get();
            let workload = if is_over { state.workload_of(of, minutes) } else { said };
            Some((time(of.start), workload?))
        };
        let readings: Vec<_> = state.history.lengths().filter_map(reading).collect();
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
