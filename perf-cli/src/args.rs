//! The command line.

use crate::{
    compare::{Share, significance},
    export::To,
    input::Place,
    output::Format,
};
use clap::{Args, Parser, Subcommand, ValueHint};
use perf_core::Sort;
use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

/// Reports, comparisons and exports of what perfkit measures in Rust programs.
///
/// Wherever an INPUT is asked for, it is a file that perfkit wrote (.json, .ndjson, or HdrHistogram's
/// .hlog), `-` for JSON on standard input, or the URL of a program that serves its figures
/// (http://host:port).
#[derive(Debug, Parser)]
#[command(name = "perfkit", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all is well; 1 what was asked for is bad: something became slower, fails \
                          more often, or is down; 2 the arguments, or what they name, are of no use. `run` ends with \
                          the code of its program.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch a program, or a store, live in the terminal.
    Top(Top),
    /// Show a summary of one or more inputs, merged, or of a store.
    Report(Report),
    /// Say which operations became slower or faster, and which differences may be chance.
    Compare(Compare),
    /// Write an input in another format.
    Export(Export),
    /// Draw a flame graph of self time, as an SVG.
    Flame(Draw),
    /// Write the call graph in Graphviz's language.
    Graph(Draw),
    /// Show the dashboard of what many processes have stored.
    Serve(Serve),
    /// Run a program, then show the summary of it.
    Run(Run),
    /// Ask a program whether it is well: 0 if it is or is merely degraded, 1 if it is down or does not answer.
    Check(Check),
    /// Help with settings files.
    Config(Config),
    /// Run a simulated service with a dashboard, to try everything on.
    Demo(Demo),
    /// Print a script that completes this command in a shell.
    Completions(Completions),
    /// Print the manual page, or write those of all commands.
    Man(Man),
}

/// The store, and what of it.
#[derive(Args, Debug)]
pub(crate) struct Stored {
    /// The store to ask where no file or URL is named: sqlite:perfkit.db, or postgres://…
    #[arg(long, env = "PERFKIT_STORE", hide_env_values = true, value_name = "URL")]
    pub(crate) store: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The store to show: sqlite:perfkit.db, or postgres://… Without it, the one that the settings of
    /// `PERFKIT_CONFIG` name.
    #[arg(long, env = "PERFKIT_STORE", hide_env_values = true, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// Where to serve. Unless it is an address of this host's only, set a token too.
    #[arg(long, default_value = "127.0.0.1:9465")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) token: Token,
    /// How far back to begin.
    #[arg(long, default_value = "6h", value_parser = duration, value_name = "TIME")]
    pub(crate) since: Duration,
    /// End after this time instead of at Ctrl-C.
    #[arg(long = "for", value_parser = duration, value_name = "TIME")]
    pub(crate) time: Option<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct Token {
    /// The token that a program wants for its figures.
    #[arg(long, env = "PERFKIT_HTTP_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Top {
    /// Where a program serves its figures: http://host:port.
    #[arg(value_name = "URL", required_unless_present = "store")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) token: Token,
    /// How often to ask: at least each 100ms. A store is asked each 10s at most.
    #[arg(long, default_value = "1s", value_parser = duration, value_name = "TIME")]
    pub(crate) interval: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// What to read; all are merged.
    #[arg(value_name = "INPUT", required_unless_present = "store")]
    pub(crate) inputs: Vec<Place>,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) token: Token,
    /// How far back to ask the store.
    #[arg(long, default_value = "24h", value_parser = duration, value_name = "TIME")]
    pub(crate) since: Duration,
    /// Show each value of this on a line of its own: instance, host, or a label.
    #[arg(long, value_name = "KEY")]
    pub(crate) by: Option<String>,
    /// Show at most this many operations.
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Sort by total, self, calls, mean, max, errors or name.
    #[arg(long, default_value = "total")]
    pub(crate) sort: Sort,
    /// Percentiles to show.
    #[arg(long, value_delimiter = ',', default_values_t = [50.0, 95.0, 99.0], value_parser = percentile)]
    pub(crate) percentiles: Vec<f64>,
    /// As what.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
#[command(after_help = RANGES)]
pub(crate) struct Compare {
    /// What there was before: an input, or with --store a range.
    pub(crate) before: String,
    /// What there was after.
    pub(crate) after: String,
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) token: Token,
    /// End with code 1 if an operation became slower by more than this, and not by chance. Without it,
    /// by anything that is no chance. More failures, if not by chance, always do.
    #[arg(long, value_name = "SHARE")]
    pub(crate) fail_above: Option<Share>,
    /// Do not call a smaller change one, however sure it is.
    #[arg(long, default_value = "1%", value_name = "SHARE")]
    pub(crate) least: Share,
    /// How often to take chance for change.
    #[arg(long, default_value = "5%", value_name = "SHARE", value_parser = significance)]
    pub(crate) significance: Share,
    /// Percentiles to compare.
    #[arg(long, value_delimiter = ',', default_values_t = [50.0, 90.0, 99.0], value_parser = percentile)]
    pub(crate) percentiles: Vec<f64>,
    /// Show what did not change, too.
    #[arg(long)]
    pub(crate) all: bool,
    /// As what.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
}

const RANGES: &str = "With --store, BEFORE and AFTER are ranges: FROM..TO, each a time ago such as 24h or 7d, a \
                      time such as 2026-11-26T10:00:00Z, or now; then, after commas, what to select: \
                      instance=ID, host=NAME, version=TEXT, name=OPERATION, or a label. \
                      For example: perfkit compare --store sqlite:perfkit.db 48h..24h 24h..now,host=web-1";

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// What to read.
    pub(crate) input: Place,
    /// In which format to write it.
    #[arg(long)]
    pub(crate) to: To,
    #[command(flatten)]
    pub(crate) token: Token,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Draw {
    /// What to read.
    pub(crate) input: Place,
    #[command(flatten)]
    pub(crate) token: Token,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Output {
    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Keep the program's report in this file, in the format its name ends with.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Have the program write its report when Ctrl-C or SIGTERM ends it, too. Not for one that handles
    /// them itself.
    #[arg(long)]
    pub(crate) signals: bool,
    /// As what to show it, on standard error: standard output is the program's.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
    /// The program and its arguments, after `--`.
    #[arg(required = true, last = true, value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Where it serves: http://host:port.
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) token: Token,
    /// As what.
    #[arg(long, default_value = "table")]
    pub(crate) format: Format,
    /// How long to wait for an answer.
    #[arg(long, default_value = "5s", value_parser = duration, value_name = "TIME")]
    pub(crate) timeout: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a file with all settings, each with what it does and its default.
    Example,
    /// Say what is wrong with a file, if anything.
    Validate {
        /// The file, in TOML.
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Print rules for Prometheus: those of a settings file, and the ready-made ones.
    Rules(ConfigRules),
}

#[derive(Args, Debug)]
pub(crate) struct ConfigRules {
    /// The settings file, in TOML. Without it, the ready-made rules alone.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// How many CPUs each program may use, for the rules on that. Without it, as many as here.
    #[arg(long, value_name = "N", value_parser = cpus)]
    pub(crate) cpus: Option<f64>,
    /// An input that says which units the program's metrics have: Prometheus has them in their names.
    #[arg(long, value_name = "INPUT")]
    pub(crate) units_of: Option<Place>,
    #[command(flatten)]
    pub(crate) token: Token,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Where to serve the dashboard.
    #[arg(long, default_value = "127.0.0.1:9464")]
    pub(crate) listen: SocketAddr,
    /// Take settings from `PERFKIT_CONFIG` and the environment, as other programs do: a store to write
    /// to, a token, rules.
    #[arg(long)]
    pub(crate) settings: bool,
    /// End after this time instead of at Ctrl-C.
    #[arg(long = "for", value_parser = duration, value_name = "TIME")]
    pub(crate) time: Option<Duration>,
    /// Write a report to this file at the end, in the format its name ends with.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// Which shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Write perfkit.1, and a page for each command, into this folder.
    #[arg(long, short, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a time such as 90s, 24h or 7d".into())
}

fn cpus(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|cpus: &f64| cpus.is_finite() && *cpus > 0.0);
    number.ok_or_else(|| "expected a number above 0, such as 2 or 0.5".into())
}

fn percentile(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "expected numbers from 0 to 100, such as 50,99.9".into())
}
