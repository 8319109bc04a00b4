//! What upcoming tasks will need.

use crate::{fleet::Fleet, history::Amount};
use serde::Serialize;

/// How much of something the next task will take.
///
/// Of n earlier ones in rising order, the next one is between the r-th and the s-th with a chance of
/// (s − r) / (n + 1), whatever the distribution, as long as it stays the same: the range is that of 90 %
/// or the nearest that n allows, and `confidence` says which. Gerald J. Hahn and William Q. Meeker,
/// "Statistical Intervals", 1991, chapter 5. Ends are known to 3.2 %, as the history is kept.
///
/// ```
/// use perf_fleet::TaskRecord;
/// let fleet = perf_fleet::Fleet::builder().build();
/// for n in 1..=19 {
///     let task = TaskRecord::new(std::time::Duration::from_secs(n), true).kind("build");
///     fleet.worker("w1").record(&task);
/// }
/// let next = fleet.predict("build").unwrap().seconds;
/// assert_eq!((next.expected, next.confidence, next.samples), (10.0, 0.9, 19));
/// assert!((next.low - 1.0).abs() < 0.04 && (next.high - 19.0).abs() < 0.7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The mean of the earlier ones.
    pub expected: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The chance, 0 to 1, that the next one is between them.
    pub confidence: f64,
    /// How many earlier ones there are.
    pub samples: u64,
}

impl Range {
    /// `scale` is the smallest unit.
    fn of(amount: &Amount, scale: f64) -> Option<Self> {
        let samples = amount.values.count();
        let expected = amount.mean()?;
        // The fewest that may be left out at each end: 5 % of n + 1.
        let rank = (((samples + 1) as f64 * 0.05).floor() as u64).max(1);
        let last = samples.checked_sub(rank - 1)?;
        let at = |rank| Some(amount.values.at_rank(rank)? as f64 * scale);
        Some(Self {
            expected,
            low: at(rank)?.min(expected),
            high: at(last)?.max(expected),
            confidence: last.saturating_sub(rank) as f64 / (samples + 1) as f64,
            samples,
        })
    }
}

/// What the next task of a kind will take.
///
/// ```
/// use perf_fleet::TaskRecord;
/// let fleet = perf_fleet::Fleet::builder().build();
/// let second = std::time::Duration::from_secs(1);
/// fleet.worker("w1").record(&TaskRecord::new(second, true).kind("build").memory_bytes(1_024));
/// let prediction = fleet.predict("build").unwrap();
/// assert_eq!(prediction.memory_bytes.unwrap().expected, 1_024.0);
/// assert!(prediction.cpu_seconds.is_none());
/// // One task says nothing of the range of the next.
/// assert_eq!(prediction.seconds.confidence, 0.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The kind of task.
    pub kind: String,
    /// Its duration, in seconds.
    pub seconds: Range,
    /// Its processor time, in seconds, if that was said of earlier ones.
    pub cpu_seconds: Option<Range>,
    /// Its memory, in bytes, if that was said of earlier ones.
    pub memory_bytes: Option<Range>,
    /// The chance that it succeeds: the share that did.
    pub success: f64,
}

/// How much of something many tasks will take together, with a confidence of 95 %.
///
/// The sum of m tasks is near m × mean, with a variance of m × s² for their own spread and m² × s² / n for
/// that of the mean, of n earlier ones with a variance of s²; kinds add up. It takes some tens of earlier
/// ones for that to be so.
///
/// ```
/// use perf_fleet::TaskRecord;
/// let fleet = perf_fleet::Fleet::builder().build();
/// for n in 0..100 {
///     let seconds = if n % 2 == 0 { 9 } else { 11 };
///     let task = TaskRecord::new(std::time::Duration::from_secs(seconds), true).kind("build");
///     fleet.worker("w1").record(&task);
/// }
/// let total = fleet.needs(&[("build", 100)]).seconds;
/// // 1.96 × √(100 + 100) is 27.7.
/// assert_eq!((total.expected, total.high.round()), (1_000.0, 1_028.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Total {
    /// The sum of the means.
    pub expected: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What many tasks will need together.
///
/// ```
/// let needs = perf_fleet::Fleet::builder().build().needs(&[("unknown", 5)]);
/// assert_eq!((needs.seconds.expected, needs.unknown), (0.0, 5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Needs {
    /// Time, in seconds, of all tasks one after another.
    pub seconds: Total,
    /// Processor time, in seconds, of those kinds of which it was said.
    pub cpu_seconds: Total,
    /// Memory, in bytes, if all are under way at once, of those kinds of which it was said.
    pub memory_bytes: Total,
    /// Tasks of kinds that nothing is known of: they are in none of the sums.
    pub unknown: u64,
}

#[derive(Default)]
struct Sum {
    expected: f64,
    variance: f64,
}

impl Sum {
    fn add(&mut self, of: &Amount, tasks: u64) {
        let (Some(mean), Some(stddev)) = (of.mean(), of.stddev()) else { return };
        let (tasks, known) = (tasks as f64, of.count as f64);
        self.expected += tasks * mean;
        self.variance += stddev * stddev * (tasks + tasks * tasks / known);
    }

    fn total(&self) -> Total {
        let off = 1.96 * self.variance.sqrt();
        let Self { expected, .. } = *self;
        Total { expected, low: (expected - off).max(0.0), high: expected + off }
    }
}

impl Fleet {
    /// What the next task of a kind will take, by all workers' earlier ones; `None` without one.
    ///
    /// ```
    /// assert!(perf_fleet::Fleet::builder().build().predict("unknown").is_none());
    /// ```
    #[must_use]
    pub fn predict(&self, kind: &str) -> Option<Prediction> {
        let totals = self.kind_totals();
        let stats = totals.get(kind)?;
        Some(Prediction {
            kind: kind.to_owned(),
            seconds: Range::of(&stats.duration, 1e-9)?,
            cpu_seconds: Range::of(&stats.cpu, 1e-9),
            memory_bytes: Range::of(&stats.memory, 1.0),
            success: stats.success()?,
        })
    }

    /// What so many tasks of these kinds will need together, by all workers' earlier ones.
    ///
    /// ```
    /// assert_eq!(perf_fleet::Fleet::builder().build().needs(&[]).unknown, 0);
    /// ```
    #[must_use]
    pub fn needs(&self, tasks: &[(&str, u64)]) -> Needs {
        let totals = self.kind_totals();
        let [mut seconds, mut cpu, mut memory] = [(); 3].map(|()| Sum::default());
        let mut unknown = 0_u64;
        for (kind, count) in tasks {
            match totals.get(*kind) {
                Some(stats) => {
                    seconds.add(&stats.duration, *count);
                    cpu.add(&stats.cpu, *count);
                    memory.add(&stats.memory, *count);
                }
                None => unknown = unknown.saturating_add(*count),
            }
        }
        Needs {
            seconds: seconds.total(),
            cpu_seconds: cpu.total(),
            memory_bytes: memory.total(),
            unknown,
        }
    }
}
