//! The client has a runtime of tokio's of its own, which panics where it is used within another's tasks.

use std::{panic::resume_unwind, thread};
use tokio::runtime::Handle;

/// Does work, and waits for it: within a runtime on a thread of its own.
pub(super) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if Handle::try_current().is_err() {
        return work();
    }
    let done = thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|panic| resume_unwind(panic))
}
