//! `init()`: how and where the summary is printed when the program ends.

use crate::{
    json,
    operation::Operation,
    primitive::heal,
    registry::Registry,
    settings,
    site::set_log_level,
    snapshot::Snapshot,
    summary::{Options, Sort, Summary},
};
use std::{
    fmt, fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak},
    time::SystemTime,
};
use tracing::level_filters::LevelFilter;

/// Where the summary goes.
#[derive(Default)]
pub enum Output {
    /// Standard error.
    #[default]
    Stderr,
    /// Standard output.
    Stdout,
    /// A file, replaced each time. If it cannot be written, that is said on standard error and the
    /// summary goes there.
    File(PathBuf),
    /// Anything that can be written to.
    Writer(Box<dyn Write + Send>),
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stderr => f.write_str("Stderr"),
            Self::Stdout => f.write_str("Stdout"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Writer(_) => f.debug_tuple("Writer").finish_non_exhaustive(),
        }
    }
}

/// What the summary looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    #[default]
    Table,
    /// One JSON document, times as integers in nanoseconds: all operations, by name.
    Json,
    /// Nothing is printed.
    None,
}

/// Sets what [`init`] leaves at its defaults. Each setting has a `PERFKIT_*` variable, which wins
/// over the program's own: whoever runs a program has the last word.
///
/// | method | variable | default |
/// |---|---|---|
/// | [`percentiles`](Self::percentiles) | `PERFKIT_PERCENTILES=50,95,99.9` | 50, 95, 99 |
/// | [`sort`](Self::sort) | `PERFKIT_SORT=total\|self\|calls\|mean\|max\|errors\|name` | total |
/// | [`limit`](Self::limit) | `PERFKIT_LIMIT=20` | all |
/// | [`output`](Self::output) | `PERFKIT_OUTPUT=stderr\|stdout\|PATH` | stderr |
/// | [`format`](Self::format) | `PERFKIT_FORMAT=table\|json\|none` | table |
/// | [`precision`](Self::precision) | `PERFKIT_PRECISION=1…5` | 3 |
/// | [`level`](Self::level) | `PERFKIT_LEVEL=off\|error\|warn\|info\|debug\|trace` | debug |
/// | [`signals`](Self::signals) | `PERFKIT_SIGNALS=0\|1` | 0 |
/// | [`set_enabled`](crate::set_enabled) | `PERFKIT_ENABLED=0\|1` | 1 |
///
/// ```
/// use perf_core::{Builder, Format, Sort};
///
/// let _perf = Builder::new().percentiles(&[50.0, 99.9]).sort(Sort::SelfTime).limit(20).init();
/// # let _quiet = Builder::new().format(Format::None).init();
/// # std::mem::forget(_perf);
/// ```
#[derive(Debug, Default)]
#[must_use = "nothing happens until `init`"]
pub struct Builder {
    pub(crate) options: Options,
    pub(crate) output: Output,
    pub(crate) format: Format,
    pub(crate) precision: Option<u8>,
    pub(crate) level: Option<LevelFilter>,
    pub(crate) signals: bool,
}

impl Builder {
    /// All settings at their defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The percentiles shown, each 0 to 100; others are left out.
    pub fn percentiles(mut self, percentiles: &[f64]) -> Self {
        self.options.set_percentiles(percentiles);
        self
    }

    /// What the operations are sorted by.
    pub fn sort(mut self, sort: Sort) -> Self {
        self.options.sort = sort;
        self
    }

    /// The most operations shown.
    pub fn limit(mut self, operations: usize) -> Self {
        self.options.limit = operations;
        self
    }

    /// Where the summary goes.
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// What it looks like.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// The significant digits of percentiles, see [`Registry::set_precision`].
    pub fn precision(mut self, digits: u8) -> Self {
        self.precision = Some(digits);
        self
    }

    /// The level of log events of call sites that name none, see [`set_log_level`].
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
        let reporter = Arc::new(Reporter {
            options: self.options,
            format: self.format,
            output: Mutex::new(self.output),
            flushed: Mutex::new(None),
        });
        *heal(CURRENT.lock()) = Arc::downgrade(&reporter);
        if signals {
            watch_signals(&reporter);
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
/// let _perf = perf_core::init();
/// // … the rest of `main`
/// ```
pub fn init() -> SummaryGuard {
    Builder::new().init()
}

/// Prints the summary now, if a guard of [`init`] is alive; that then prints it again only if more
/// has been recorded. For before `std::process::exit`, which drops nothing.
///
/// ```no_run
/// perf_core::flush();
/// std::process::exit(2);
/// ```
pub fn flush() {
    let current = heal(CURRENT.lock()).upgrade();
    if let Some(reporter) = current {
        let recorded = reporter.print();
        *heal(reporter.flushed.lock()) = Some(recorded);
    }
}

/// The reporter of the newest guard.
static CURRENT: Mutex<Weak<Reporter>> = Mutex::new(Weak::new());

/// How much a summary told of.
#[derive(Debug, PartialEq)]
struct Recorded {
    started: SystemTime,
    calls: u64,
}

impl Recorded {
    fn of(snapshot: &Snapshot) -> Self {
        let calls = snapshot.operations().iter().map(Operation::count);
        Self { started: snapshot.started(), calls: calls.fold(0, u64::saturating_add) }
    }
}

/// What prints a summary.
#[derive(Debug)]
struct Reporter {
    options: Options,
    format: Format,
    output: Mutex<Output>,
    /// What the last [`flush`] told of.
    flushed: Mutex<Option<Recorded>>,
}

impl Reporter {
    fn print(&self) -> Recorded {
        let snapshot = Registry::global().snapshot();
        let mut output = heal(self.output.lock());
        let written = match &mut *output {
            Output::Stderr => self.write(&snapshot, &mut io::stderr(), io::stderr().is_terminal()),
            Output::Stdout => self.write(&snapshot, &mut io::stdout(), io::stdout().is_terminal()),
            Output::Writer(writer) => self.write(&snapshot, writer, false),
            Output::File(path) => self.write_file(&snapshot, path),
        };
        if let Err(error) = written {
            say(&format!("perfkit: the summary was not written: {error}"));
        }
        Recorded::of(&snapshot)
    }

    /// Where the file cannot be written, standard error gets the summary.
    fn write_file(&self, snapshot: &Snapshot, path: &Path) -> io::Result<()> {
        let Some(text) = self.text(snapshot, false) else { return Ok(()) };
        let Err(error) = fs::write(path, &text) else { return Ok(()) };
        let path = path.display();
        say(&format!("perfkit: cannot write the summary to {path}: {error}; here it is instead"));
        io::stderr().write_all(text.as_bytes())
    }

    fn write(&self, snapshot: &Snapshot, to: &mut dyn Write, terminal: bool) -> io::Result<()> {
        let Some(text) = self.text(snapshot, terminal) else { return Ok(()) };
        to.write_all(text.as_bytes())?;
        to.flush()
    }

    fn text(&self, snapshot: &Snapshot, terminal: bool) -> Option<String> {
        match self.format {
            Format::None => None,
            Format::Json => Some(json::write(snapshot, &self.options.percentiles)),
            Format::Table => Some(self.table(snapshot.clone(), terminal)),
        }
    }

    fn table(&self, snapshot: Snapshot, terminal: bool) -> String {
        let mut options = self.options.clone();
        if terminal {
            options.color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            let size = terminal_size::terminal_size_of(io::stderr())
                .or_else(|| terminal_size::terminal_size_of(io::stdout()));
            options.width = size.map_or(usize::MAX, |(width, _)| usize::from(width.0));
        }
        Summary::with(snapshot, options).to_string()
    }
}

/// A line on standard error. If that is closed, there is nobody to tell.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(all(unix, feature = "signals"))]
fn watch_signals(reporter: &Arc<Reporter>) {
    use signal_hook::{
        consts::{SIGINT, SIGTERM, SIGUSR1},
        flag,
        iterator::Signals,
        low_level::emulate_default_handler,
    };
    use std::sync::atomic::AtomicBool;
    // The program may hold what the summary is printed to, so that printing waits for it: the
    // second signal to end it ends it at once.
    let ending = Arc::new(AtomicBool::new(false));
    let ends = |signal| {
        flag::register_conditional_default(signal, Arc::clone(&ending))?;
        flag::register(signal, Arc::clone(&ending))
    };
    let watched = || {
        ends(SIGINT)?;
        ends(SIGTERM)?;
        Signals::new([SIGINT, SIGTERM, SIGUSR1])
    };
    let mut signals = match watched() {
        Ok(signals) => signals,
        Err(error) => return say(&format!("perfkit: cannot watch signals: {error}")),
    };
    let reporter = Arc::downgrade(reporter);
    let watch = move || {
        for signal in signals.forever() {
            if let Some(reporter) = reporter.upgrade() {
                reporter.print();
            }
            if signal != SIGUSR1 {
                // Ends the program as if nobody had listened.
                let _ = emulate_default_handler(signal);
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("perfkit-signals".into()).spawn(watch) {
        say(&format!("perfkit: cannot watch signals: {error}"));
    }
}

#[cfg(not(all(unix, feature = "signals")))]
fn watch_signals(_: &Arc<Reporter>) {
    say("perfkit: signals are not watched: that wants Unix and the feature `signals`");
}
