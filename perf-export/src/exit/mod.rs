//! `init()`: what is written when the program ends, and where to.

mod output;
mod replace;
mod settings;
mod signals;

pub use output::{Format, Output};

use output::Shown;
use perf_core::{
    __bridge::heal, LevelFilter, MetricValue, Registry, Snapshot, Sort, set_log_level,
};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    sync::{Arc, Mutex, Weak},
};

/// Sets what [`init`] leaves at its defaults. Each setting has a `PERFKIT_*` variable, which wins
/// over the program's own: whoever runs a program has the last word.
///
/// | method | variable | default |
/// |---|---|---|
/// | [`percentiles`](Self::percentiles) | `PERFKIT_PERCENTILES=50,95,99.9` | 50, 95, 99 |
/// | [`sort`](Self::sort) | `PERFKIT_SORT=total\|self\|calls\|mean\|max\|errors\|name` | total |
/// | [`limit`](Self::limit) | `PERFKIT_LIMIT=20` | all |
/// | [`output`](Self::output), [`also`](Self::also) | `PERFKIT_OUTPUT=stderr,stdout,PATH`: one or several, paths without a comma | stderr |
/// | [`format`](Self::format) | `PERFKIT_FORMAT=table\|json\|none` | table |
/// | [`precision`](Self::precision) | `PERFKIT_PRECISION=1…5` | 3 |
/// | [`level`](Self::level) | `PERFKIT_LEVEL=off\|error\|warn\|info\|debug\|trace` | debug |
/// | [`signals`](Self::signals) | `PERFKIT_SIGNALS=0\|1` | 0 |
/// | [`set_enabled`](perf_core::set_enabled) | `PERFKIT_ENABLED=0\|1` | 1 |
///
/// ```
/// use perf_core::Sort;
/// use perf_export::{Builder, Format};
///
/// let _perf = Builder::new().percentiles(&[50.0, 99.9]).sort(Sort::SelfTime).limit(20).init();
/// # let _quiet = Builder::new().format(Format::None).init();
/// # std::mem::forget(_perf);
/// ```
#[derive(Debug, Default)]
#[must_use = "nothing happens until `init`"]
pub struct Builder {
    shown: Shown,
    /// Standard error, if there is none.
    outputs: Vec<Output>,
    precision: Option<u8>,
    level: Option<LevelFilter>,
    signals: bool,
}

impl Builder {
    /// All settings at their defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The percentiles shown, each 0 to 100 and once; others are left out.
    pub fn percentiles(mut self, percentiles: &[f64]) -> Self {
        self.shown.set_percentiles(percentiles);
        self
    }

    /// What the operations are sorted by.
    pub fn sort(mut self, sort: Sort) -> Self {
        self.shown.sort = sort;
        self
    }

    /// The most operations shown.
    pub fn limit(mut self, operations: usize) -> Self {
        self.shown.limit = operations;
        self
    }

    /// Where the summary goes, and nowhere else.
    pub fn output(mut self, output: Output) -> Self {
        self.outputs = vec![output];
        self
    }

    /// One more place the summary goes to, or a form of it. The first one called by `also` or
    /// [`output`](Self::output) takes the place of standard error.
    ///
    /// ```no_run
    /// use perf_export::{Builder, Output};
    ///
    /// let _perf = Builder::new()
    ///     .output(Output::Stderr)
    ///     .also(Output::File("report.html".into()))
    ///     .also(Output::File("run.json".into()))
    ///     .init();
    /// ```
    pub fn also(mut self, output: Output) -> Self {
        self.outputs.push(output);
        self
    }

    /// What it looks like, where the name of a file does not say.
    pub fn format(mut self, format: Format) -> Self {
        self.shown.format = format;
        self
    }

    /// The significant digits of percentiles, see [`Registry::set_precision`](perf_core::Registry::set_precision).
    pub fn precision(mut self, digits: u8) -> Self {
        self.precision = Some(digits);
        self
    }

    /// The level of log events of call sites that name none, see [`set_log_level`](perf_core::set_log_level).
    pub fn level(mut self, level: LevelFilter) -> Self {
        self.level = Some(level);
        self
    }

    /// Whether to print the summary on SIGINT and SIGTERM, before they end the program as ever,
    /// and on SIGUSR1, after which it goes on. A second SIGINT or SIGTERM ends the program at once,
    /// printed or not. On Unix, with the feature `signals`.
    pub fn signals(mut self, signals: bool) -> Self {
        self.signals = signals;
        self
    }

    /// Puts the settings in force, those of the environment on top, and returns the guard that
    /// prints the summary when dropped. A variable that is not understood is reported on standard
    /// error, and its setting stays as it was.
    pub fn init(mut self) -> SummaryGuard {
        for warning in settings::apply(&mut self) {
            say(&warning);
        }
        if let Some(digits) = self.precision {
            Registry::global().set_precision(digits);
        }
        if let Some(level) = self.level {
            set_log_level(level);
        }
        let signals = self.signals;
        if self.outputs.is_empty() {
            self.outputs.push(Output::default());
        }
        self.outputs.iter_mut().for_each(Output::fix);
        let reporter = Arc::new(Reporter {
            shown: self.shown,
            outputs: Mutex::new(self.outputs),
            flushed: Mutex::new(None),
        });
        *heal(CURRENT.lock()) = Arc::downgrade(&reporter);
        if signals {
            signals::watch();
        }
        SummaryGuard { reporter }
    }
}

/// Prints the summary of the global registry when it is dropped, also while panicking.
#[derive(Debug)]
#[must_use = "the summary is printed when this is dropped: keep it, as in `let _perf = init();`"]
pub struct SummaryGuard {
    reporter: Arc<Reporter>,
}

impl SummaryGuard {
    /// Prints the summary now, and again when dropped.
    pub fn print(&self) {
        self.reporter.print();
    }
}

impl Drop for SummaryGuard {
    fn drop(&mut self) {
        if *heal(self.reporter.flushed.lock()) != Some(Recorded::of(&Registry::global().snapshot()))
        {
            self.reporter.print();
        }
    }
}

/// Prints a summary of the global registry when the returned guard is dropped: hold it in `main`.
/// [`Builder`] and `PERFKIT_*` variables change what is printed and where.
///
/// ```no_run
/// let _perf = perf_export::init();
/// // … the rest of `main`
/// ```
pub fn init() -> SummaryGuard {
    Builder::new().init()
}

/// Prints the summary now, if a guard of [`init`] is alive; that then prints it again only if a call has
/// ended or a metric has changed. For before `std::process::exit`, which drops nothing.
///
/// ```no_run
/// perf_export::flush();
/// std::process::exit(2);
/// ```
pub fn flush() {
    if let Some(reporter) = current() {
        let recorded = reporter.print();
        *heal(reporter.flushed.lock()) = Some(recorded);
    }
}

/// The reporter of the newest guard.
static CURRENT: Mutex<Weak<Reporter>> = Mutex::new(Weak::new());

fn current() -> Option<Arc<Reporter>> {
    heal(CURRENT.lock()).upgrade()
}

/// How much a summary told of, as a hash.
#[derive(Debug, PartialEq)]
struct Recorded(u64);

impl Recorded {
    fn of(snapshot: &Snapshot) -> Self {
        let mut hasher = DefaultHasher::new();
        snapshot.started().hash(&mut hasher);
        snapshot.operations().iter().for_each(|of| of.count().hash(&mut hasher));
        for metric in snapshot.metrics() {
            let value = match metric.value() {
                MetricValue::Counter(count) => *count,
                MetricValue::Gauge(value) => value.to_bits(),
                MetricValue::Distribution(values) => values.count(),
            };
            value.hash(&mut hasher);
        }
        Self(hasher.finish())
    }
}

/// What writes a summary.
#[derive(Debug)]
struct Reporter {
    shown: Shown,
    outputs: Mutex<Vec<Output>>,
    /// What the last [`flush`] told of.
    flushed: Mutex<Option<Recorded>>,
}

impl Reporter {
    fn print(&self) -> Recorded {
        let snapshot = Registry::global().snapshot();
        let mut outputs = heal(self.outputs.lock());
        if self.shown.format != Format::None {
            outputs.iter_mut().for_each(|output| self.shown.write(&snapshot, output));
        }
        Recorded::of(&snapshot)
    }
}

/// A line on standard error. If that is closed, there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
