//! `perfkit run`.

use crate::{
    args::Run,
    export::rendered,
    failure::{Failure, Outcome, of},
    input::Place,
    output::{Format, Table, print, shown, write},
};
use perf_export::FileFormat;
use std::{
    path::Path,
    process::{Command, ExitCode, ExitStatus},
};

/// What [`perf_export::init`] writes at the end of a program.
const OUTPUT: &str = "PERFKIT_OUTPUT";

pub(crate) fn run(run: &Run) -> Outcome {
    let kept = run.output.as_deref().map(known).transpose()?;
    let folder = tempfile::tempdir().map_err(of("a temporary folder"))?;
    let report = folder.path().join("perfkit.json");
    let [program, arguments @ ..] = &*run.command else {
        return Err(Failure::new("expected a program after `--`"));
    };
    let status = Command::new(program)
        .args(arguments)
        .env(OUTPUT, &report)
        .status()
        .map_err(of(program.display()))?;
    if !report.exists() {
        return Err(Failure::new(format!(
            "{} ended ({status}) and wrote no report: it needs perfkit with the feature `files`, and \
             `let _perf = perfkit::init();` in its main function",
            program.display()
        )));
    }
    let snapshot = Place::File(report).read(None)?;
    if let Some((path, format)) = kept {
        write(Some(path), rendered(&snapshot, format)?)?;
    }
    print(shown(snapshot, &[50.0, 95.0, 99.0], Format::Table, &Table::default()))?;
    Ok(code_of(status))
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
    let signal = None;
    let code = status.code().or_else(|| signal.map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(1))
}
