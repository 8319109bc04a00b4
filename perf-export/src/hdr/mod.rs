//! HdrHistogram's text formats: the interval log and the percentile table. For the tools of
//! <https://hdrhistogram.org>, in any language.

mod log;
mod percentiles;
mod tag;
pub(crate) mod v2;

pub use log::{Error, Interval, log, read_log};
pub use percentiles::{operation_percentiles, percentiles};
