//! What to do when a resource runs short, and what it did.

use crate::fleet::Fleet;
use perf_core::__bridge::heal;
use serde::Serialize;
use std::{
    collections::VecDeque,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::SystemTime,
};

/// Events that are kept; older ones are forgotten.
const KEPT: usize = 256;
/// How far below its threshold a resource has to fall before its hook may run again, in percent, where
/// nothing else is said.
const GAP: f64 = 10.0;

/// A resource that may run short.
///
/// ```
/// use perf_fleet::pressure::Resource;
/// let trigger = Resource::Memory.above(85.0);
/// assert_eq!((trigger.above, trigger.clear_below), (85.0, 75.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// Processor time.
    Cpu,
    /// Memory.
    Memory,
    /// Disk.
    Disk,
    /// Open files.
    Files,
    /// Queues.
    Queue,
}

impl Resource {
    /// A trigger for more than so many percent of it being used.
    ///
    /// ```
    /// use perf_fleet::pressure::Resource;
    /// assert_eq!(Resource::Disk.above(90.0).resource, Resource::Disk);
    /// ```
    #[must_use]
    pub fn above(self, percent: f64) -> Trigger {
        Trigger { resource: self, above: percent, clear_below: percent - GAP }
    }
}

/// When a hook runs: once its resource is above a threshold, and not again before it has been below
/// another.
///
/// ```
/// use perf_fleet::pressure::Resource;
/// let trigger = Resource::Memory.above(85.0).clear_below(80.0);
/// assert_eq!(trigger.clear_below, 80.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trigger {
    /// The resource.
    pub resource: Resource,
    /// Above so many percent it runs.
    pub above: f64,
    /// Below so many percent it may run again.
    pub clear_below: f64,
}

impl Trigger {
    /// It may run again once the resource has been below so many percent: 10 less than the threshold
    /// unless it is said, and no more than that.
    ///
    /// ```
    /// use perf_fleet::pressure::Resource;
    /// assert_eq!(Resource::Memory.above(85.0).clear_below(99.0).clear_below, 85.0);
    /// ```
    #[must_use]
    pub fn clear_below(mut self, percent: f64) -> Self {
        self.clear_below = percent.min(self.above);
        self
    }
}

/// A hook that ran, and what came of it.
///
/// ```
/// use perf_fleet::pressure::Resource;
/// let fleet = perf_fleet::Fleet::builder().build();
/// fleet.on_pressure(Resource::Memory.above(85.0), || {});
/// let mut readings = [90.0, 60.0].into_iter();
/// let events = fleet.check_pressure(|_| readings.next());
/// assert_eq!((events[0].before, events[0].after), (90.0, Some(60.0)));
/// assert_eq!(events[0].relief(), Some(30.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PressureEvent {
    /// When.
    #[serde(serialize_with = "crate::report::shown::serialize_time")]
    pub at: SystemTime,
    /// Why it ran.
    pub trigger: Trigger,
    /// What was used of the resource, in percent, before it ran.
    pub before: f64,
    /// And right after; `None` if that could not be read.
    pub after: Option<f64>,
    /// Whether the hook panicked.
    pub panicked: bool,
}

impl PressureEvent {
    /// By how many percent less is used; below 0 if it is more.
    ///
    /// ```
    /// # use perf_fleet::pressure::Resource;
    /// # let fleet = perf_fleet::Fleet::builder().build();
    /// fleet.on_pressure(Resource::Cpu.above(50.0), || {});
    /// assert_eq!(fleet.check_pressure(|_| Some(60.0))[0].relief(), Some(0.0));
    /// ```
    #[must_use]
    pub fn relief(&self) -> Option<f64> {
        Some(self.before - self.after?)
    }
}

type Action = Arc<dyn Fn() + Send + Sync>;

struct Hook {
    trigger: Trigger,
    action: Action,
    /// Whether it ran, and its resource has not been below its lower threshold since.
    is_fired: bool,
}

#[derive(Default)]
pub(crate) struct Hooks {
    hooks: Mutex<Vec<Hook>>,
    events: Mutex<VecDeque<PressureEvent>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("hooks", &heal(self.hooks.lock()).len())
            .finish_non_exhaustive()
    }
}

impl Hooks {
    /// The hooks to run for a reading of their resource.
    fn due(&self, read: &mut dyn FnMut(Resource) -> Option<f64>) -> Vec<(Trigger, Action, f64)> {
        let triggers: Vec<_> = heal(self.hooks.lock()).iter().map(|hook| hook.trigger).collect();
        // Read without the lock held, and once for each resource.
        let mut readings: Vec<(Resource, Option<f64>)> = Vec::new();
        for Trigger { resource, .. } in triggers {
            if !readings.iter().any(|(known, _)| *known == resource) {
                readings.push((resource, read(resource)));
            }
        }
        let value_of = |resource| readings.iter().find(|(known, _)| *known == resource)?.1;
        let mut due = Vec::new();
        for hook in heal(self.hooks.lock()).iter_mut() {
            let Some(value) = value_of(hook.trigger.resource) else { continue };
            if hook.is_fired {
                hook.is_fired = value >= hook.trigger.clear_below || value.is_nan();
            } else if value > hook.trigger.above {
                hook.is_fired = true;
                due.push((hook.trigger, Arc::clone(&hook.action), value));
            }
        }
        due
    }
}

impl Fleet {
    /// Runs `action` when a resource runs short, see [`check_pressure`](Self::check_pressure).
    ///
    /// ```
    /// use perf_fleet::pressure::Resource;
    /// use std::sync::{Arc, Mutex};
    /// let cache = Arc::new(Mutex::new(vec![1, 2, 3]));
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// let cleared = Arc::clone(&cache);
    /// fleet.on_pressure(Resource::Memory.above(85.0), move || cleared.lock().unwrap().clear());
    /// fleet.check_pressure(|_| Some(86.0));
    /// assert!(cache.lock().unwrap().is_empty());
    /// ```
    pub fn on_pressure(&self, trigger: Trigger, action: impl Fn() + Send + Sync + 'static) {
        let hook = Hook { trigger, action: Arc::new(action), is_fired: false };
        heal(self.shared.hooks.hooks.lock()).push(hook);
    }

    /// Reads the resources that hooks are there for, in percent, and runs those hooks whose resource is
    /// above its threshold; then reads those again, to see what came of it. It is to be called now and
    /// then, as by a monitor; there is no thread of its own. A resource that cannot be read is left as
    /// it was. A hook that panics is survived, and recorded as that.
    ///
    /// ```
    /// use perf_fleet::pressure::Resource;
    /// let fleet = perf_fleet::Fleet::builder().build();
    /// fleet.on_pressure(Resource::Memory.above(85.0), || {});
    /// let runs = [85.0, 86.0, 90.0, 76.0, 86.0, 74.0, 86.0]
    ///     .map(|percent| fleet.check_pressure(|_| Some(percent)).len());
    /// assert_eq!(runs, [0, 1, 0, 0, 0, 0, 1]);
    /// ```
    pub fn check_pressure(
        &self,
        mut read: impl FnMut(Resource) -> Option<f64>,
    ) -> Vec<PressureEvent> {
        let mut ran = Vec::new();
        for (trigger, action, before) in self.shared.hooks.due(&mut read) {
            let panicked = catch_unwind(AssertUnwindSafe(|| action())).is_err();
            let after = read(trigger.resource);
            ran.push(PressureEvent { at: self.now(), trigger, before, after, panicked });
        }
        let mut events = heal(self.shared.hooks.events.lock());
        events.extend(ran.iter().cloned());
        let surplus = events.len().saturating_sub(KEPT);
        events.drain(..surplus);
        ran
    }

    /// The last 256 hooks that ran, oldest first.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().pressure_events().is_empty());
    /// ```
    #[must_use]
    pub fn pressure_events(&self) -> Vec<PressureEvent> {
        heal(self.shared.hooks.events.lock()).iter().cloned().collect()
    }
}
