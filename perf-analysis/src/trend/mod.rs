//! Whether a series of values, such as each day's 99th percentile, rises or falls.
//!
//! The test is Mann's and Kendall's (Mann, *Econometrica* 13, 1945; Kendall, *Rank Correlation Methods*,
//! 4th ed. 1975), with its correction for ties. It asks of all pairs only which value is larger, so that
//! neither the shape of the rise nor outliers matter. The slope is Sen's, the median of those of all pairs,
//! with the interval that goes with it (Sen, *Journal of the American Statistical Association* 63, 1968).
//!
//! Days resemble the days before them, and a test that takes them for independent finds trends where there
//! are none. So the variance is raised as Hamed & Rao (*Journal of Hydrology* 204, 1998) have it, with the
//! autocorrelation of the ranks around the slope: of lag 1, those of longer lags following from it as in a
//! process of order one, for by themselves they are mostly chance in a short series. It is never lowered.
//! Where values resemble one another strongly (an autocorrelation of 0.4 over 30 values, 0.6 over 90), a
//! significance of 5 % still finds a trend in some 7 to 8 % of series that have none.
//!
//! ```
//! use perf_analysis::trend::{Direction, TrendTest};
//!
//! // The p99 of 30 days in milliseconds: up by half a millisecond a day, with noise and one bad day.
//! let day = |n: u32| 100.0 + f64::from(n) / 2.0 + [2.0, -3.0, 1.0, 0.5, -1.5, 3.0, -2.0][n as usize % 7];
//! let mut days: Vec<f64> = (0..30).map(day).collect();
//! days[4] = 900.0;
//! let trend = TrendTest::new().of(&days);
//! assert_eq!(trend.direction, Direction::Rising);
//! assert!((trend.slope.unwrap() - 0.5).abs() < 0.1);
//! ```

mod kendall;
mod serial;
mod test;

pub use test::{Direction, Trend, TrendTest};
