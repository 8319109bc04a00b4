//! The summary's columns: what each shows, and which figures deserve a mark.

use crate::{human, operation::Operation, overhead::overhead};
use std::time::Duration;

/// A median below this many times the cost of timing a call is marked.
pub(crate) const TRUSTED_COSTS: u32 = 20;

/// What a figure's mark means; the marks in use are explained below the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    None,
    FewSamples,
    CostMatters,
}

impl Mark {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::None => "",
            Self::FewSamples => "*",
            Self::CostMatters => "~",
        }
    }
}

/// One column of figures.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Column {
    Calls,
    Errors,
    Total,
    SelfShare,
    Mean,
    Min,
    Percentile(f64),
    Max,
    Busy,
    Allocations,
    Allocated,
    SelfAllocated,
}

impl Column {
    pub(crate) fn title(self) -> String {
        match self {
            Self::Calls => "calls".into(),
            Self::Errors => "errors".into(),
            Self::Total => "total".into(),
            Self::SelfShare => "self %".into(),
            Self::Mean => "mean".into(),
            Self::Min => "min".into(),
            Self::Percentile(percentile) => format!("p{percentile}"),
            Self::Max => "max".into(),
            Self::Busy => "busy %".into(),
            Self::Allocations => "allocs".into(),
            Self::Allocated => "alloc".into(),
            Self::SelfAllocated => "self alloc".into(),
        }
    }

    /// The lower, the sooner it is left out where space is short.
    pub(crate) fn worth(self) -> u8 {
        match self {
            Self::Min | Self::Allocations | Self::Allocated => 0,
            Self::Mean | Self::SelfAllocated | Self::Busy => 1,
            Self::Max => 2,
            Self::Percentile(percentile) if percentile > 50.0 => 3,
            Self::SelfShare => 4,
            Self::Errors => 5,
            Self::Percentile(_) => 6,
            Self::Calls => 7,
            Self::Total => 8,
        }
    }

    pub(crate) fn figure(self, operation: &Operation, all: Duration) -> (String, Mark) {
        let duration = |duration: Option<Duration>| {
            duration.map_or_else(String::new, |d| human::spaced(nanos(d)).to_string())
        };
        let allocated = operation.allocations().unwrap_or_default();
        let text = match self {
            Self::Calls => human::count(operation.count()),
            Self::Errors => human::count(operation.errors()),
            Self::Total => duration(Some(operation.total())),
            Self::SelfShare => human::percent(operation.self_time(), all),
            Self::Mean => duration(operation.mean()),
            Self::Min => duration(operation.min()),
            Self::Percentile(percentile) => duration(operation.percentile(percentile)),
            Self::Max => duration(operation.max()),
            Self::Busy => operation.polls().map_or_else(String::new, |polls| {
                human::percent(Duration::from_nanos(polls.busy_ns), operation.sum())
            }),
            Self::Allocations => human::count(allocated.count),
            Self::Allocated => human::bytes(allocated.bytes as f64),
            Self::SelfAllocated => human::bytes(allocated.self_bytes as f64),
        };
        (text, self.mark(operation))
    }

    fn mark(self, operation: &Operation) -> Mark {
        let Self::Percentile(percentile) = self else {
            return Mark::None;
        };
        // p99 says something from 100 calls on, p99.9 from 1,000: one call beyond it.
        if operation.timed() as f64 * (100.0 - percentile) < 100.0 - 1e-6
            && percentile > 50.0
            && percentile < 100.0
        {
            return Mark::FewSamples;
        }
        if operation.percentile(50.0) < Some(overhead() * TRUSTED_COSTS) {
            return Mark::CostMatters;
        }
        Mark::None
    }
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::OperationParts;

    #[test]
    fn a_percentile_rests_on_the_calls_that_were_timed() {
        let of = |timed, skipped| {
            let buckets = vec![(1_000_000_000, timed)];
            Operation::from(OperationParts { buckets, skipped, ..Default::default() })
        };
        let mark = |of: Operation| Column::Percentile(95.0).figure(&of, Duration::ZERO).1;
        assert!(mark(of(20, 0)) == Mark::None);
        assert!(mark(of(15, 985)) == Mark::FewSamples);
    }
}
