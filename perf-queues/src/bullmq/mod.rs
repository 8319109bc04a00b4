//! Queues of BullMQ on Redis, watched from outside: neither producers nor workers need to know.
//!
//! A [`Watch`] reads each queue's stream of events, the counts of its jobs, and a few fields of the hashes of
//! jobs whose attempts have ended: `name`, `pb` (the worker's name), `processedOn`, `finishedOn`, `atm`, `ats`,
//! `timestamp`, and of `opts` the delay. It never asks for a job's data, though what jobs return and why they
//! fail is in the events and passes by, and it sends no command that writes. So a Redis user with
//! `+@read +@connection +time` is enough. BullMQ 5 and 6 have the same keys, but for one thing: when a queue
//! is paused, 5 moves its waiting jobs to a list of its own, and is then counted under `paused`, while 6
//! leaves them where they are. `queue_is_paused` is right for both.
//!
//! | in the registry | labels | |
//! |---|---|---|
//! | gauges `queue_jobs_waiting`, `queue_jobs_active`, `queue_jobs_delayed`, `queue_jobs_prioritized`, `queue_jobs_waiting_children`, `queue_jobs_paused` | `queue` | jobs that are in this state |
//! | gauges `queue_jobs_completed`, `queue_jobs_failed` | `queue` | jobs that are kept as such: the results that have not been removed, not how many ever ended so |
//! | gauge `queue_up` | `queue` | 1 while the queue can be seen. At 0 the other gauges keep what was seen last |
//! | gauge `queue_is_paused` | `queue` | 1 while it is paused |
//! | counter `queue_jobs_finished` | `queue`, `result` | attempts that ended: `completed`, `failed` for good, or failed and to be `retried`. One that a worker hands back without a failure (for a rate limit, or put off by itself) has not ended; where the job's hash is gone before it could be read, it is taken for a failure, and is `retried` |
//! | counter `queue_jobs_stalled` | `queue` | attempts whose worker was not heard of any more |
//! | counter `queue_event_gaps` | `queue` | how often events were gone before they could be read |
//! | counter `queue_events_missed` | `queue` | how many events that were, where it is known |
//! | operation `queue::run` | `queue`, `result`, `name` if asked for | how long attempts ran: by the job's hash, or if that is gone by the events |
//! | operation `queue::wait` | `queue`, `name` if asked for | from when a job could have been taken, its delay over, until a worker took it: by the events, or for a first attempt whose job was forgotten meanwhile by the hash |
//!
//! A name has as many label sets as [`set_label_cap`](perf_core::set_label_cap) allows, 2,000 unless set. What
//! is beyond is counted together, so where more than 666 queues have jobs that complete, fail and are retried,
//! `queue_jobs_finished` and `queue::run` want a higher one. A gauge that is beyond is not there at all; the
//! gauges of 1,000 queues, the most that are watched, are within it.
//!
//! # Counted once
//!
//! What has been read is saved first (the file is written beside the old one, synced, and renamed over it:
//! the place in each stream, and the [`Totals`] up to it) and told to the registry and to
//! [`on_job`](Watch::on_job) then: as soon as 500 attempts are to be told, and once all queues have been read. So
//! nothing is ever told twice. A program that is killed between the two, or while a listener runs, does not
//! tell what it has just saved and not come to: 700 attempts at most, of all queues together. The totals in
//! [`Status`] are those of the file, and exact in any case. Nothing keeps two watches from using one file at a
//! time, and each would undo what the other has saved. The registry's counters begin at 0 in each process, as
//! counters do: what happened while no watch ran is counted by the next one, at once. If the file cannot be
//! written the watch goes on, and [`Status::position_error`] says why; what is not saved would be counted again
//! by the next watch.
//!
//! Events do not tell a failure from a hand-back; that the count of failures in the job's hash has risen does.
//! How many there were before is known of jobs that were added since all events have been read, by this watch
//! or by earlier ones with its position file, which keeps 1,000 jobs of a queue that are to be tried again. Of
//! another job, an older one or one from a gap, one attempt at most is taken for what it is not.
//!
//! What is lost is counted. BullMQ trims a queue's stream to some 10,000 events; what was trimmed before it
//! was read is in `queue_events_missed`, exactly from Redis 7 on. If Redis has lost the stream (it was
//! restarted with nothing or less on its disk), or somebody removed the queue, that is a gap of unknown size,
//! and the new stream is read from its beginning. Ids in the stream are made of Redis' clock: if Redis comes
//! back without its data and with a clock that is behind, what happened before the watch is connected again
//! is in that gap.
//!
//! A Redis that hangs is taken for away after 5 s. A cluster's redirections and Sentinel's are not followed.
//!
//! A watch remembers some 40,000 jobs of a queue, and 400,000 of all its queues; beyond that it forgets those
//! of which nothing was heard for the longest time. It ends when its [`Watching`] is stopped or dropped, and sets
//! `queue_up` to 0 then.
//!
//! While Redis is away the state says so with the reason, and it is tried again after pauses of 0.2 to 5 s.

mod client;
mod event;
mod gauges;
mod id;
mod jobs;
mod machine;
mod place;
mod position;
mod queue;
mod reply;
mod runner;
mod search;
mod status;
mod watch;
mod watching;

pub use status::{JobCounts, QueueState, QueueStatus, Status, Totals};
pub use watch::Watch;
pub use watching::Watching;
