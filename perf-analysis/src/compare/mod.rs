//! What changed between two sets of operations: before and after a change, two periods, two instances or
//! two files.
//!
//! **Percentiles.** Each side's percentile has the interval of its order statistics: ranks that the true
//! one lies between by the binomial distribution, whatever the distribution of the durations is (David &
//! Nagaraja, *Order Statistics*, 3rd ed. 2003, §7.1). On the logarithmic scale the two are put together to
//! an interval of the ratio by MOVER, the method of variance estimates recovery (Zou & Donner, *Statistics
//! in Medicine* 27, 2008, <https://doi.org/10.1002/sim.3095>). What a bucket of the histogram leaves open
//! is added in full: it is no chance that averages out. The p-value is the level at which that interval
//! begins to hold "no shift".
//!
//! **Error shares.** Fisher's exact test (*Journal of the Royal Statistical Society* 85, 1922) where few
//! failures are expected, else the test of two proportions with the pooled share.
//!
//! **Many tests.** With 100 percentiles and 5 %, five would be called changed where nothing did. All
//! p-values of a report are adjusted by Holm's method (*Scandinavian Journal of Statistics* 6, 1979), so
//! that the chance of *any* false verdict in the report stays below the significance.
//!
//! **What is taken for granted.** Calls are taken to be independent of one another. Calls that are slow
//! together (a busy minute, one slow host, a cold cache) are not: a million of them may say no more than a
//! few hundred, intervals are then too narrow, and two ordinary periods "differ". Where the logarithm of a
//! duration has an autocorrelation of 0.5 with the one before it, some 16 % of comparisons of 2,000 calls in
//! which nothing changed say that something did, and some 70 % at 0.9. Compare periods that are long against
//! such spells, and have `least_effect` cover what differs from day to day.

mod change;
mod comparison;
mod effect;
mod errors;
mod holm;
mod matching;
mod percentile;
pub(crate) mod quantile;
mod report;
mod shares;
pub(crate) mod shift;

pub use change::{OperationChange, Verdict};
pub use comparison::Comparison;
pub use errors::{ErrorChange, ErrorVerdict};
pub use percentile::PercentileChange;
pub use report::Report;
