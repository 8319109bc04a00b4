//! What PostgreSQL's errors mean, by their classes
//! (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use crate::error::StoreError;
use postgres::{Error, error::SqlState};
use std::error::Error as _;

pub(super) fn explained(server: &str, error: &Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        let causes = causes(error);
        // A password that is missing, among others.
        return if causes.starts_with("invalid configuration") {
            StoreError::Refused(format!("{server}: {causes}"))
        } else if causes.contains("certificate") {
            StoreError::Refused(format!(
                "{server}: {causes}; name the file of its authority in sslrootcert=, or use \
                 sslmode=disable where the way to it is safe"
            ))
        } else {
            StoreError::Unavailable(format!("{server} is away: {causes}"))
        };
    };
    let code = said.code().code();
    let message = format!("{server}: {} ({code})", said.message());
    let is = |states: &[SqlState]| states.contains(said.code());
    if is(&[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        return StoreError::Refused(format!("{message}: wrong user or password"));
    }
    // A part of a table was dropped just when something came late: there will be another.
    if is(&[SqlState::CHECK_VIOLATION]) {
        return StoreError::Unavailable(message);
    }
    match code.get(..2) {
        // Data, and constraints on them.
        Some("22" | "23") => StoreError::Rejected(message),
        // Connections, conflicts, resources, administrators.
        Some("53") if is(&[SqlState::DISK_FULL]) => StoreError::Refused(message),
        Some("08" | "40" | "53" | "55" | "57") => StoreError::Unavailable(message),
        // Rights, and databases that are not there.
        Some("28" | "3D" | "42" | "25") => StoreError::Refused(message),
        _ => StoreError::Failed(message),
    }
}

/// An error with what is behind it.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}
