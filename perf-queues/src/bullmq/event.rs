//! What a queue's stream tells of its jobs.

use super::id::EntryId;

/// An entry of the stream, as far as it is of use here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: EntryId,
    pub(super) job: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Added {
        name: String,
    },
    /// Ready to be taken.
    Waiting {
        from_active: bool,
    },
    /// Ready to be taken, after it had ended: somebody wants it to run again.
    Again,
    /// To be ready later, in milliseconds since 1970 by the clock of who delayed it.
    Delayed {
        due: Option<u64>,
    },
    /// Taken by a worker.
    Active,
    /// Put aside by its worker until its children are done.
    Parked,
    Completed,
    Failed,
    /// Its worker has not been heard of. BullMQ says so just after it has said that the job waits again.
    Stalled,
    Removed,
}

impl Event {
    /// Of an entry's fields. `None` for what says nothing of a job's way.
    pub(super) fn of(at: EntryId, fields: &[(&[u8], &[u8])]) -> Option<Self> {
        let field = |name: &str| {
            let of = fields.iter().find(|(key, _)| *key == name.as_bytes());
            of.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let waiting = || match field("prev").as_deref() {
            Some("failed" | "completed") => Kind::Again,
            before => Kind::Waiting { from_active: before == Some("active") },
        };
        let kind = match &*field("event")? {
            "added" => Kind::Added { name: field("name").unwrap_or_default() },
            "waiting" => waiting(),
            "delayed" => Kind::Delayed { due: field("delay").and_then(|due| due.parse().ok()) },
            "active" => Kind::Active,
            "waiting-children" => Kind::Parked,
            "completed" => Kind::Completed,
            "failed" => Kind::Failed,
            "stalled" => Kind::Stalled,
            "removed" => Kind::Removed,
            _ => return None,
        };
        Some(Self { at, job: field("jobId")?, kind })
    }

    /// Whether an attempt may have ended with it, so that the job's hash is read.
    pub(super) fn may_end_an_attempt(&self) -> bool {
        matches!(
            self.kind,
            Kind::Completed
                | Kind::Failed
                | Kind::Delayed { .. }
                | Kind::Waiting { from_active: true }
        )
    }
}
