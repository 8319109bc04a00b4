//! The thread that watches.

use super::{
    client::{Reader, Server, is_fatal, said},
    id::EntryId,
    position::{PositionFile, Positions},
    queue::Queue,
    search::Search,
    status::Status,
    watch::{OnJob, OnStatus},
};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use perf_core::{__bridge::heal, Registry};
use redis::RedisError;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};

/// The most queues that are watched; more are discovered, and said to be.
pub(super) const MOST_QUEUES: usize = 1_000;

/// Between two readings, so that what happens meanwhile is read, and saved, at once.
const BREATH: Duration = Duration::from_millis(100);

/// The longest wait for news, and so for who wants to stop.
const WAIT: Duration = Duration::from_millis(400);

/// Between attempts to connect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// Readings of a queue before it is another's turn.
const READINGS: usize = 20;

pub(super) struct Runner {
    pub(super) server: Server,
    pub(super) registry: Registry,
    pub(super) prefix: String,
    pub(super) every: Duration,
    pub(super) by_name: bool,
    pub(super) on_job: Vec<OnJob>,
    pub(super) on_status: Vec<OnStatus>,
    pub(super) queues: BTreeMap<String, Queue>,
    pub(super) search: Option<Search>,
    pub(super) file: Option<PositionFile>,
    pub(super) positions: Positions,
    /// Whether the file is older than that.
    pub(super) is_unsaved: bool,
    /// Whether it could not be written the last time.
    pub(super) cannot_save: bool,
    pub(super) status: Arc<Mutex<Status>>,
    pub(super) stop: Receiver<()>,
}

/// Others' code must not end the watch.
fn survived(queue: &str, listener: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(listener)).is_err() {
        tracing::error!(target: "perfkit", queue, "a listener panicked");
    }
}

/// The thread is asked to end, or Redis failed.
type Served = Result<(), RedisError>;

impl Runner {
    pub(super) fn run(mut self) {
        let mut pauses = pauses();
        loop {
            let served =
                self.server.connect().and_then(|mut reader| self.serve(&mut reader, &mut pauses));
            let Err(error) = served else { break };
            let why = format!("{}: {}", self.server.shown(), said(&error));
            self.queues.values_mut().for_each(|queue| queue.away(&why));
            self.commit();
            if self.is_stopped_within(pauses.next().unwrap_or(PAUSES.1)) {
                break;
            }
        }
        self.commit();
    }

    fn serve(&mut self, reader: &mut Reader, pauses: &mut ExponentialBackoff) -> Served {
        self.begin(EntryId::at(reader.time()?));
        let mut due = Instant::now();
        let mut news = Vec::new();
        loop {
            let now = Instant::now();
            let is_due = now >= due;
            if is_due {
                due = now + self.every;
            }
            let passed = self.pass(reader, is_due, &news);
            self.commit();
            let is_more = passed?;
            *pauses = self::pauses();
            if self.is_stopped_within(if is_more { Duration::ZERO } else { BREATH }) {
                return Ok(());
            }
            news = if is_more { Vec::new() } else { self.wait(reader, due)? };
        }
    }

    /// What is not known from before is watched from now on.
    fn begin(&mut self, now: EntryId) {
        self.queues.values_mut().for_each(|queue| queue.begin(now));
        if self.search.is_some() && self.positions.all_since.is_none() {
            self.positions.all_since = Some(now);
            self.is_unsaved = true;
        }
    }

    /// Reads all queues, or those with news; whether there is more to be read at once.
    fn pass(
        &mut self,
        reader: &mut Reader,
        all: bool,
        news: &[String],
    ) -> Result<bool, RedisError> {
        self.discover(reader)?;
        let mut is_more = false;
        for queue in self.queues.values_mut() {
            if !all && !queue.has_more && !news.contains(&queue.stream) {
                continue;
            }
            if is_stopped(&self.stop) {
                break;
            }
            match visit(queue, reader, all, &self.stop) {
                Ok(more) => is_more |= more,
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => queue.away(&said(&error)),
            }
        }
        Ok(is_more)
    }

    fn discover(&mut self, reader: &mut Reader) -> Served {
        let Some(search) = &mut self.search else { return Ok(()) };
        for name in search.step(reader, &self.prefix)? {
            if self.queues.contains_key(&name) {
                continue;
            }
            if self.queues.len() >= MOST_QUEUES {
                search.unwatched.insert(name);
                continue;
            }
            let saved = self.positions.queues.get(&format!("{}:{name}", self.prefix)).cloned();
            let mut queue = Queue::new(&name, &self.prefix, saved, &self.registry);
            queue.begin(self.positions.all_since.unwrap_or(EntryId::ZERO));
            self.queues.insert(name, queue);
        }
        Ok(())
    }

    /// Saves first and tells then: what has been told is told once, whatever happens.
    fn commit(&mut self) {
        for queue in self.queues.values_mut() {
            if let Some(position) = queue.changed() {
                self.is_unsaved = true;
                self.positions.queues.insert(queue.prefix.clone(), position);
            }
        }
        let saved = self.file.as_ref().filter(|_| self.is_unsaved);
        let saved = saved.map(|file| file.save(&self.positions));
        // What could not be saved is tried again, with or without further news.
        self.is_unsaved &= saved.as_ref().is_none_or(Result::is_err);
        for queue in self.queues.values_mut() {
            queue.tell(self.by_name, |job| {
                self.on_job.iter().for_each(|listener| survived(&job.queue, || listener(job)));
            });
        }
        let mut status = heal(self.status.lock());
        match saved {
            // That it was damaged at the start stays there to be read.
            Some(Ok(())) if std::mem::take(&mut self.cannot_save) => status.position_error = None,
            Some(Err(error)) => {
                if !std::mem::replace(&mut self.cannot_save, true) {
                    tracing::warn!(target: "perfkit", "the position of queues is not saved: {error}");
                }
                status.position_error = Some(error.to_string());
            }
            _ => {}
        }
        status.queues = self.queues.values().map(Queue::status).collect();
        status.unwatched = self.search.as_ref().map_or(0, |search| search.unwatched.len());
        // Others' code may ask for the status.
        let queues = (!self.on_status.is_empty()).then(|| status.queues.clone());
        drop(status);
        for queue in queues.iter().flatten() {
            self.on_status.iter().for_each(|listener| survived(&queue.queue, || listener(queue)));
        }
    }

    /// Until there is news, or it is time to look at everything.
    fn wait(&mut self, reader: &mut Reader, due: Instant) -> Result<Vec<String>, RedisError> {
        let at_most = WAIT.min(due.saturating_duration_since(Instant::now()));
        let streams: Vec<_> = self.queues.values().filter_map(Queue::awaited).collect();
        if !streams.is_empty() && !at_most.is_zero() {
            match reader.wait(&streams, at_most) {
                Err(error) if is_fatal(&error) => return Err(error),
                // Of one of them; which it is will be seen when it is its turn.
                Err(_) => {}
                Ok(news) => return Ok(news),
            }
        }
        Ok(Vec::new())
    }

    fn is_stopped_within(&self, time: Duration) -> bool {
        !matches!(self.stop.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }
}

/// Whether who started the watch wants it to end.
fn is_stopped(stop: &Receiver<()>) -> bool {
    !matches!(stop.try_recv(), Err(TryRecvError::Empty))
}

/// Reads a queue for its turn, and looks at its jobs; whether there is more to be read.
fn visit(
    queue: &mut Queue,
    reader: &mut Reader,
    look: bool,
    stop: &Receiver<()>,
) -> Result<bool, RedisError> {
    let mut is_more = true;
    for _ in 0..READINGS {
        is_more = queue.read(reader)?;
        if !is_more || is_stopped(stop) {
            break;
        }
    }
    queue.has_more = is_more;
    if look && !is_stopped(stop) {
        queue.look(reader)?;
    }
    Ok(is_more)
}

fn pauses() -> ExponentialBackoff {
    let pauses = ExponentialBuilder::new().with_min_delay(PAUSES.0).with_max_delay(PAUSES.1);
    pauses.with_jitter().without_max_times().build()
}
