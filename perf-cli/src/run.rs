//! `perfkit run`.

use crate::{
    args::Run,
    export::rendered,
    failure::{Failure, Outcome, of},
    input::Place,
    output::{Stream, Table, shown, write},
};
use perf_core::Snapshot;
use perf_export::FileFormat;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    io::{self, Write},
    path::Path,
    process::{Command, ExitCode, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// What [`perf_export::init`] writes at the end of a program.
const OUTPUT: &str = "PERFKIT_OUTPUT";
/// Has it do so when a signal ends it, too.
const SIGNALS: &str = "PERFKIT_SIGNALS";
/// How often to look whether the program has ended.
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn run(run: &Run) -> Outcome {
    let kept = run.output.as_deref().map(known).transpose()?;
    let folder = tempfile::tempdir().map_err(of("a temporary folder"))?;
    let report = folder.path().join("perfkit.json");
    let status = finished(run, &report)?;
    if !report.exists() {
        let program = run.command.first().map(|program| program.display().to_string());
        let failure = Failure::new(format!(
            "{} ended ({status}) and wrote no report: it needs perfkit with the feature `files`, and \
             `let _perf = perfkit::init();` in its main function; where a signal ends it, --signals",
            program.unwrap_or_default()
        ));
        if status.success() {
            return Err(failure);
        }
        failure.tell();
        return Ok(code_of(status));
    }
    let snapshot = Place::File(report).read(None)?;
    let written = kept.map(|(path, format)| write(Some(path), rendered(&snapshot, format)?));
    tell(snapshot, run);
    if let Some(Err(failure)) = written {
        // What was asked for first is the program's own code.
        failure.tell();
    }
    Ok(code_of(status))
}

/// Runs the program to its end.
fn finished(run: &Run, report: &Path) -> Outcome<ExitStatus> {
    let [program, arguments @ ..] = &*run.command else {
        return Err(Failure::new("expected a program after `--`"));
    };
    // Ctrl-C ends the program, and then there is a report to show.
    let interrupted = Arc::new(AtomicBool::new(false));
    flag::register(SIGINT, interrupted).map_err(of("signals"))?;
    let mut command = Command::new(program);
    command.args(arguments).env(OUTPUT, report);
    if run.signals {
        command.env(SIGNALS, "1");
    }
    let mut child = command.spawn().map_err(of(program.display()))?;
    let ended = Arc::new(AtomicBool::new(false));
    flag::register(SIGTERM, Arc::clone(&ended)).map_err(of("signals"))?;
    loop {
        if let Some(status) = child.try_wait().map_err(of(program.display()))? {
            return Ok(status);
        }
        if ended.swap(false, Relaxed) {
            // The program is to end, not only this one: then there is a report to show.
            terminate(child.id());
        }
        thread::sleep(PAUSE);
    }
}

/// Asks a process to end. The system's own command does it: nothing else here needs to.
#[cfg(unix)]
fn terminate(process: u32) {
    // One that has ended meanwhile is none.
    let _ = Command::new("kill").args(["-TERM", &process.to_string()]).status();
}

/// Elsewhere nobody asks so.
#[cfg(not(unix))]
fn terminate(_: u32) {}

/// Standard output is the program's own. A closed standard error leaves nobody to tell.
fn tell(snapshot: Snapshot, run: &Run) {
    let table = Table { stream: Stream::Error, ..Table::default() };
    let text = shown(snapshot, &[50.0, 95.0, 99.0], run.format, &table);
    let _ = io::stderr().write_all(text.as_bytes());
}

/// A file with the format that its name tells.
pub(crate) fn known(path: &Path) -> Outcome<(&Path, FileFormat)> {
    let format = FileFormat::of(path).ok_or_else(|| {
        Failure::new(format!(
            "{}: expected a name that ends with a format, such as .json, .html, .csv or .md",
            path.display()
        ))
    })?;
    Ok((path, format))
}

/// The program's own code. One that a signal ended has 128 and the signal, as in shells.
fn code_of(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or_else(|| signal.map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(1))
}
