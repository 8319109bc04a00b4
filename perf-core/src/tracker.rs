//! A registry of one's own with a smaller face.

use crate::{operation::Operation, registry::Registry, summary::Summary, timer::Timer};
use std::time::Duration;

/// Tracks the operations of one part of a program, apart from the global registry: each has its
/// count, total, average, minimum and maximum.
///
/// ```
/// use perf_core::PerformanceTracker;
///
/// let tracker = PerformanceTracker::new();
/// {
///     let _t = tracker.measure("llm_call");
///     // …
/// }
/// let answer = tracker.time("rank", || 42);
///
/// assert_eq!(answer, 42);
/// assert_eq!(tracker.operations().len(), 2);
/// println!("{}", tracker.summary());
/// ```
#[derive(Clone, Debug, Default)]
pub struct PerformanceTracker {
    registry: Registry,
}

/// An operation as [`PerformanceTracker::operations`] reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationSummary {
    /// Its name.
    pub name: String,
    /// How many calls have ended; never 0.
    pub count: u64,
    /// The time of its outermost calls.
    pub total: Duration,
    /// The mean duration.
    pub avg: Duration,
    /// The shortest duration.
    pub min: Duration,
    /// The longest duration.
    pub max: Duration,
}

impl PerformanceTracker {
    /// A tracker that has tracked nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Measures until the returned guard is dropped.
    pub fn measure(&self, name: &str) -> Timer {
        self.registry.timer(name)
    }

    /// Measures a closure, and returns what it returns.
    pub fn time<R>(&self, name: &str, f: impl FnOnce() -> R) -> R {
        self.registry.time(name, f)
    }

    /// The operations that were called, the one with the largest total first.
    #[must_use]
    pub fn operations(&self) -> Vec<OperationSummary> {
        let snapshot = self.registry.snapshot();
        let mut operations: Vec<_> =
            snapshot.operations().iter().filter_map(OperationSummary::of).collect();
        operations.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.name.cmp(&b.name)));
        operations
    }

    /// The time spent in measured operations, where they nest only once.
    ///
    /// ```
    /// # let tracker = perf_core::PerformanceTracker::new();
    /// tracker.time("outer", || tracker.time("inner", || ()));
    /// let [outer, inner] = &tracker.operations()[..] else { panic!() };
    /// assert!(tracker.total_time() < outer.total + inner.total + inner.total);
    /// ```
    #[must_use]
    pub fn total_time(&self) -> Duration {
        self.registry.snapshot().total_time()
    }

    /// The table of its operations; it prints itself.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::new(self.registry.snapshot())
    }

    /// The registry behind it, with everything else there is to know.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl OperationSummary {
    /// `None` if it was not called, or not since the last reset.
    fn of(operation: &Operation) -> Option<Self> {
        Some(Self {
            name: operation.name().to_owned(),
            count: operation.count(),
            total: operation.total(),
            avg: operation.mean()?,
            min: operation.min()?,
            max: operation.max()?,
        })
    }
}
