//! When a gauge will reach a limit, by the line through its readings.
//!
//! The line is that of least squares. The interval of the time it reaches the limit is Fieller's (*Journal
//! of the Royal Statistical Society B* 16, 1954, "Some problems in interval estimation"; inverse
//! regression: Draper & Smith, *Applied Regression Analysis*, 3rd ed. 1998, §3.2), with Student's t. It is
//! unbounded exactly where the slope's own interval includes zero: then there is no trend to go by.
//!
//! Readings follow one another closely, and so do their deviations from the line: each then says less than
//! a reading of its own. With a lag-1 autocorrelation r of the deviations, n readings count as
//! n (1 − r) / (1 + r) (Bayley & Hammersley, *Supplement to the JRSS* 8, 1946; for the errors of slopes:
//! Santer et al., *Journal of Geophysical Research* 105, 2000, <https://doi.org/10.1029/1999JD901105>),
//! where r, which is estimated too low from few readings, is raised by (1 + 4r)/n (Marriott & Pope,
//! *Biometrika* 41, 1954) and does not count below zero.
//!
//! What is forecast is where the line is; single readings around it may reach the limit before. And a line
//! is taken for granted: what grows by the day and falls at night has to be asked of over days.
//!
//! ```
//! use perf_analysis::forecast::{Forecaster, Outlook};
//! use std::time::{Duration, SystemTime};
//!
//! // A disk of 500 GB that fills by some 2 GB an hour, read every ten minutes for a day.
//! let reading = |n: u32| {
//!     let wobble = [0.3, -0.5, 0.1, 0.4, -0.2, -0.4, 0.3][n as usize % 7];
//!     let at = SystemTime::UNIX_EPOCH + Duration::from_secs(600) * n;
//!     (at, 400.0 + f64::from(n) / 3.0 + wobble)
//! };
//! let day: Vec<_> = (0..144).map(reading).collect();
//! let forecast = Forecaster::rising_to(500.0).within(Duration::from_secs(48 * 3_600)).of(&day);
//! assert_eq!(forecast.outlook, Outlook::Crosses);
//! assert!((forecast.slope_per_hour.unwrap() - 2.0).abs() < 0.01);
//! // 447.7 GB now, so 26.2 hours to go.
//! let hours = |after: Option<Duration>| after.unwrap().as_secs_f64() / 3_600.0;
//! assert!((hours(forecast.likely) - 26.2).abs() < 0.2);
//! assert!(hours(forecast.earliest) > 25.8 && hours(forecast.latest) < 26.6);
//! assert!(forecast.at(forecast.likely) > Some(day[143].0));
//! ```

mod forecaster;
mod line;
mod outlook;

pub use forecaster::Forecaster;
pub use outlook::{Forecast, Outlook};
