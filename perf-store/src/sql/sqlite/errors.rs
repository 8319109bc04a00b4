//! What SQLite's errors mean.

use crate::error::StoreError;
use rusqlite::ErrorCode;
use std::path::Path;

pub(super) fn explained(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.display();
    let Some(code) = error.sqlite_error_code() else {
        return StoreError::Failed(format!("{path}: {error}"));
    };
    match code {
        ErrorCode::NotADatabase => corrupt(format!("{path} is no SQLite database: {error}")),
        ErrorCode::DatabaseCorrupt => corrupt(format!("{path} is damaged: {error}")),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            StoreError::Unavailable(format!("{path} is in use by others: {error}"))
        }
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
            StoreError::Refused(format!(
                "{path} cannot be written to ({error}): the folder must be there, and it and the file \
                 writable"
            ))
        }
        ErrorCode::DiskFull => StoreError::Refused(format!("the disk with {path} is full")),
        ErrorCode::SystemIoFailure => StoreError::Unavailable(format!("{path}: {error}")),
        ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => {
            StoreError::Rejected(format!("{path} does not take it: {error}"))
        }
        _ => StoreError::Failed(format!("{path}: {error}")),
    }
}

fn corrupt(message: String) -> StoreError {
    StoreError::Corrupt { message, set_aside: None }
}
