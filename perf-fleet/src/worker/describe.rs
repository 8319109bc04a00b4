//! What a worker is.

use super::{Worker, state::MOST_SECONDS};
use crate::id::cut;
use std::time::Duration;

impl Worker {
    /// Its name for people; its id until one is said. Said anew, it is the label of series of its own, as long
    /// as there are [series](crate::FleetBuilder::series) left.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1").name("Accessibility");
    /// assert_eq!(worker.stats().name, "Accessibility");
    /// ```
    #[must_use = "it is the worker"]
    pub fn name(self, name: &str) -> Self {
        self.state().name = Some(cut(name).into());
        self
    }

    /// The domain it works in.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1").domain("Platform");
    /// assert_eq!(worker.stats().domain, "Platform");
    /// ```
    #[must_use = "it is the worker"]
    pub fn domain(self, domain: &str) -> Self {
        self.state().domain = cut(domain).into();
        self
    }

    /// What the mean duration of its tasks should be at most: up to 1e9 seconds. Zero changes nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1").objective(Duration::from_secs(2));
    /// assert_eq!(worker.stats().figures.objective_seconds, 2.0);
    /// ```
    #[must_use = "it is the worker"]
    pub fn objective(self, mean: Duration) -> Self {
        if !mean.is_zero() {
            self.state().objective_seconds = mean.as_secs_f64().min(MOST_SECONDS);
        }
        self
    }

    /// How many tasks it can have under way, at least 1: its workload is in percent of that, unless it
    /// says itself what it is. It is the mean of the last five minutes, the one under way among them, or of
    /// as long as the worker has been there, a minute at least.
    ///
    /// ```
    /// use std::time::Duration;
    /// let clock = perf_fleet::ManualClock::new();
    /// let fleet = perf_fleet::Fleet::builder().clock(clock.clone()).build();
    /// let worker = fleet.worker("w1").max_concurrent(4);
    /// let task = worker.task("build");
    /// clock.advance(Duration::from_secs(60));
    /// task.ok();
    /// assert_eq!(worker.stats().figures.workload, Some(25.0));
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(worker.stats().figures.workload, Some(12.5));
    /// ```
    #[must_use = "it is the worker"]
    pub fn max_concurrent(self, tasks: u64) -> Self {
        self.current().0.max_concurrent = Some(tasks.max(1));
        self
    }

    /// Something it can do, too; 64 at most.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1").capability("rust");
    /// assert_eq!(worker.stats().capabilities, ["rust"]);
    /// ```
    #[must_use = "it is the worker"]
    pub fn capability(self, capability: &str) -> Self {
        self.state().capability(capability);
        self
    }

    /// Something else to know of it, shown in its report. An empty value takes it away. Of 64 keys at
    /// most something is kept.
    ///
    /// ```
    /// let worker = perf_fleet::Fleet::builder().build().worker("w1").metadata("version", "1.2");
    /// assert_eq!(worker.stats().metadata["version"], "1.2");
    /// ```
    #[must_use = "it is the worker"]
    pub fn metadata(self, key: &str, value: &str) -> Self {
        self.state().metadata(key, value);
        self
    }
}
