//! What is checked, and what a check finds.

use super::status::Status;
use std::{
    fmt::{self, Display},
    future::Future,
    time::Duration,
};

/// What a check found.
///
/// `Ok(())` is [`up`](Self::up), and an error [`down`](Self::down) with what it shows.
///
/// ```
/// use perf_monitor::health::{CheckResult, Status};
/// let found = CheckResult::degraded("almost full").observed("utilization", 0.93, "ratio");
/// assert_eq!(found.status, Status::Degraded);
/// assert_eq!(CheckResult::from(Err("no route")).message.as_deref(), Some("no route"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CheckResult {
    /// How well it is.
    pub status: Status,
    /// What is wrong. It is shown to whoever asks: no secrets. Users and passwords in URLs are taken out,
    /// and more than 1,000 characters are cut.
    pub message: Option<String>,
    /// What was measured.
    pub observed: Option<Observed>,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What was measured, in the words of `application/health+json`: `utilization`, `connections`…
    pub measurement: String,
    /// How much it was.
    pub value: f64,
    /// Of what.
    pub unit: String,
}

impl CheckResult {
    /// All is well.
    #[must_use]
    pub fn up() -> Self {
        Self { status: Status::Up, message: None, observed: None }
    }

    /// It works, but not as it should.
    #[must_use]
    pub fn degraded(message: impl Into<String>) -> Self {
        Self { status: Status::Degraded, message: Some(message.into()), observed: None }
    }

    /// It does not work.
    #[must_use]
    pub fn down(message: impl Into<String>) -> Self {
        Self { status: Status::Down, message: Some(message.into()), observed: None }
    }

    /// With a value that was measured.
    #[must_use]
    pub fn observed(
        self,
        measurement: impl Into<String>,
        value: f64,
        unit: impl Into<String>,
    ) -> Self {
        let (measurement, unit) = (measurement.into(), unit.into());
        Self { observed: Some(Observed { measurement, value, unit }), ..self }
    }
}

impl<E: Display> From<Result<(), E>> for CheckResult {
    fn from(result: Result<(), E>) -> Self {
        result.map_or_else(|error| Self::down(error.to_string()), |()| Self::up())
    }
}

type Run = Box<dyn Fn() -> CheckResult + Send + Sync>;

/// Something to look at, and how.
///
/// ```
/// use perf_monitor::health::{Check, CheckResult};
/// use std::time::Duration;
///
/// let check = Check::new("cache", || CheckResult::degraded("cold"))
///     .timeout(Duration::from_secs(1))
///     .interval(Duration::from_secs(30))
///     .optional()
///     .component_type("datastore");
/// ```
pub struct Check {
    pub(super) name: String,
    pub(super) run: Run,
    pub(super) timeout: Duration,
    pub(super) interval: Duration,
    pub(super) is_critical: bool,
    pub(super) component_type: String,
}

impl Check {
    /// A check by a function, which is called on a thread of its own: a `Result<(), E>` or a
    /// [`CheckResult`]. It may take 5 s, and is asked again after 10 s at the earliest.
    pub fn new<R: Into<CheckResult>>(
        name: impl Into<String>,
        check: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            run: Box::new(move || check().into()),
            timeout: Duration::from_secs(5),
            interval: Duration::from_secs(10),
            is_critical: true,
            component_type: "component".to_owned(),
        }
    }

    /// The same by a future, which is polled on that thread until it is ready: the program needs no
    /// runtime. What waits for tokio's timers or sockets needs tokio's: use [`new`](Self::new) with
    /// `handle.block_on(…)`, where `handle` is a `tokio::runtime::Handle`.
    pub fn from_async<F: Future<Output: Into<CheckResult>>>(
        name: impl Into<String>,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, move || pollster::block_on(check()))
    }

    /// How long it may take before it counts as down.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long what it found is good for; zero asks each time.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// The program can do without it: if it is down, the program is degraded.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_critical: false, ..self }
    }

    /// What kind of thing it looks at, for `application/health+json`: `component` (which it is unless
    /// said otherwise), `datastore` or `system`.
    #[must_use]
    pub fn component_type(self, component_type: impl Into<String>) -> Self {
        Self { component_type: component_type.into(), ..self }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}
