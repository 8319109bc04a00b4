//! What goes wrong, in one line, and the code the command ends with.

use perf_core::human;
use std::{
    fmt::{self, Display},
    io::{self, Write},
    process::ExitCode,
};

/// How a command ends.
pub(crate) type Outcome<T = ExitCode> = Result<T, Failure>;

/// What was asked for is so: something became slower, or is not well.
pub(crate) const BAD: u8 = 1;
/// The arguments or what they name are of no use. clap's own errors end with it, too.
const WRONG: u8 = 2;

/// Why a command could not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// One line: what is wrong, and what to do.
    pub(crate) fn new(message: impl Display) -> Self {
        // Libraries' errors may be of several lines.
        Self(human::printable(&message.to_string().replace('\n', " ")))
    }
}

impl Failure {
    /// What clap says is wrong, without the lines that repeat how the command is used.
    pub(crate) fn of_arguments(error: &clap::Error) -> Self {
        let said = error.to_string();
        let lines = said.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let words: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        let said = words.join(" ");
        let said = said.strip_prefix("error: ").unwrap_or(&said);
        Self::new(format!(
            "{}; --help says more",
            said.trim_end_matches(" For more information, try '--help'.")
        ))
    }

    /// Says so on standard error. If that is closed, there is nobody to tell.
    pub(crate) fn tell(&self) {
        let _ = writeln!(io::stderr(), "perfkit: {}", self.0);
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of what, with what is wrong with it.
pub(crate) fn of<E: Display>(what: impl Display) -> impl Fn(E) -> Failure {
    move |error| Failure::new(format!("{what}: {error}"))
}

pub(crate) fn exit(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            failure.tell();
            ExitCode::from(WRONG)
        }
    }
}
