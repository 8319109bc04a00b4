//! The thread that watches.

use super::{
    client::{Reader, Server, is_fatal, said},
    id::EntryId,
    position::{PositionFile, Positions},
    queue::{Queue, shed},
    search::Search,
    status::Status,
    watch::{OnJob, OnStatus},
};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use perf_core::{__bridge::heal, Registry};
use redis::RedisError;
use std::{
    collections::{BTreeMap, BTreeSet},
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

/// Once so much is read, it is saved and told. A reading adds some 200 at most.
const MOST_UNTOLD: usize = 500;

/// The most jobs that are remembered of all queues.
const MOST_JOBS: usize = 400_000;

/// A queue nobody has named is forgotten when it has been missing for so long.
const MISSING: Duration = Duration::from_secs(3_600);

pub(super) struct Runner {
    pub(super) server: Server,
    pub(super) registry: Registry,
    pub(super) prefix: String,
    pub(super) every: Duration,
    pub(super) by_name: bool,
    pub(super) on_job: Vec<OnJob>,
    pub(super) on_status: Vec<OnStatus>,
    /// Queues that somebody has named.
    pub(super) named: BTreeSet<String>,
    pub(super) queues: BTreeMap<String, Queue>,
    /// How much is read, and not told yet.
    pub(super) untold: usize,
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

/// Nor must our own. An error says why there is nothing to be seen.
fn guarded(host: &str, step: impl FnOnce() -> Served) -> Result<(), String> {
    let served = catch_unwind(AssertUnwindSafe(step)).map_err(|_| {
        tracing::error!(target: "perfkit", "the watch of queues panicked, and begins again");
        "the watch panicked".to_owned()
    })?;
    served.map_err(|error| format!("{host}: {}", said(&error)))
}

/// The thread is asked to end, or Redis failed.
type Served = Result<(), RedisError>;

impl Runner {
    pub(super) fn run(mut self) {
        let (host, mut pauses) = (self.server.shown(), pauses());
        loop {
            let served = guarded(&host, || {
                let mut reader = self.server.connect()?;
                self.serve(&mut reader, &mut pauses)
            });
            let Err(why) = served else { break };
            self.queues.values_mut().for_each(|queue| queue.away(&why));
            let _ = guarded(&host, || {
                self.finish();
                Ok(())
            });
            if self.is_stopped_within(pauses.next().unwrap_or(PAUSES.1)) {
                break;
            }
        }
        self.finish();
    }

    fn serve(&mut self, reader: &mut Reader, pauses: &mut ExponentialBackoff) -> Served {
        self.begin(reader)?;
        let mut due = Instant::now();
        let mut news = Vec::new();
        loop {
            let now = Instant::now();
            let is_due = now >= due;
            if is_due {
                due = now + self.every;
                self.forget(MISSING);
            }
            let passed = self.pass(reader, is_due, &news);
            self.finish();
            let is_more = passed?;
            *pauses = self::pauses();
            if self.is_stopped_within(if is_more { Duration::ZERO } else { BREATH }) {
                return Ok(());
            }
            news = if is_more { Vec::new() } else { self.wait(reader, due)? };
        }
    }

    /// What is not known from before is watched from now on: by Redis' clock, or if that was set back, after
    /// what is there.
    fn begin(&mut self, reader: &mut Reader) -> Served {
        let now = EntryId::at(reader.time()?);
        let mut new: Vec<_> = self.queues.values_mut().filter(|queue| !queue.has_begun()).collect();
        let streams: Vec<_> = new.iter().map(|queue| &*queue.stream).collect();
        let ends = reader.ends(&streams)?;
        new.iter_mut().zip(ends).for_each(|(queue, end)| queue.begin(now.max(end)));
        if self.search.is_some() && self.positions.all_since.is_none() {
            self.positions.all_since = Some(now);
            self.is_unsaved = true;
        }
        Ok(())
    }

    /// Reads all queues, or those with news; whether there is more to be read at once.
    fn pass(
        &mut self,
        reader: &mut Reader,
        all: bool,
        news: &[String],
    ) -> Result<bool, RedisError> {
        self.discover(reader)?;
        let has_turn = |queue: &Queue| all || queue.has_more || news.contains(&queue.stream);
        let turns = self.queues.iter().filter(|(_, queue)| has_turn(queue));
        let turns: Vec<_> = turns.map(|(name, _)| name.clone()).collect();
        let mut is_more = false;
        for name in turns {
            if is_stopped(&self.stop) {
                break;
            }
            match self.visit(&name, reader, all) {
                Ok(more) => is_more |= more,
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => {
                    if let Some(queue) = self.queues.get_mut(&name) {
                        queue.away(&said(&error));
                    }
                }
            }
            shed(&mut self.queues, MOST_JOBS);
        }
        Ok(is_more)
    }

    /// Reads a queue for its turn, and looks at its jobs; whether there is more to be read.
    fn visit(&mut self, name: &str, reader: &mut Reader, look: bool) -> Result<bool, RedisError> {
        for _ in 0..READINGS {
            let Some(queue) = self.queues.get_mut(name) else { return Ok(false) };
            self.untold += queue.read(reader)?;
            let is_more = queue.has_more;
            if self.untold >= MOST_UNTOLD {
                self.commit();
            }
            if !is_more || is_stopped(&self.stop) {
                break;
            }
        }
        let Some(queue) = self.queues.get_mut(name) else { return Ok(false) };
        if look && !is_stopped(&self.stop) {
            queue.look(reader)?;
        }
        Ok(queue.has_more)
    }

    /// A search that is refused, as it is without the right to it, does not hinder the rest.
    fn discover(&mut self, reader: &mut Reader) -> Served {
        let Some(search) = &mut self.search else { return Ok(()) };
        let met = match search.step(reader, &self.prefix) {
            Err(error) if is_fatal(&error) => return Err(error),
            Err(error) => return search.fail(said(&error)),
            Ok(met) => met,
        };
        for name in met {
            if self.queues.contains_key(&name) {
                continue;
            }
            if self.queues.len() >= MOST_QUEUES {
                search.unwatched.insert(name);
                continue;
            }
            let mut queue = Queue::new(&name, &self.prefix, &self.positions, &self.registry);
            queue.begin(self.positions.all_since.unwrap_or(EntryId::ZERO));
            self.queues.insert(name, queue);
        }
        Ok(())
    }

    /// Forgets queues that nobody has named and that have been missing for so long.
    fn forget(&mut self, missing: Duration) {
        let (named, positions) = (&self.named, &mut self.positions.queues);
        let is_unsaved = &mut self.is_unsaved;
        self.queues.retain(|name, queue| {
            let is_kept = named.contains(name) || !queue.is_missing_for(missing);
            if !is_kept {
                *is_unsaved |= positions.remove(&queue.prefix).is_some();
            }
            is_kept
        });
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
        self.untold = 0;
        for queue in self.queues.values_mut() {
            queue.tell(self.by_name, |job| {
                self.on_job.iter().for_each(|listener| survived(&job.queue, || listener(job)));
            });
        }
        let Some(saved) = saved else { return };
        let mut status = heal(self.status.lock());
        match saved {
            // That it was damaged at the start stays there to be read.
            Ok(()) if std::mem::take(&mut self.cannot_save) => status.position_error = None,
            Ok(()) => {}
            Err(error) => {
                if !std::mem::replace(&mut self.cannot_save, true) {
                    tracing::warn!(target: "perfkit", "the position of queues is not saved: {error}");
                }
                status.position_error = Some(error.to_string());
            }
        }
    }

    /// Commits, and shows how the queues are.
    fn finish(&mut self) {
        self.commit();
        let mut status = heal(self.status.lock());
        status.queues = self.queues.values().map(Queue::status).collect();
        let search = self.search.as_ref();
        status.unwatched = search.map_or(0, |search| search.unwatched.len());
        status.search_error = search.and_then(|search| search.error.clone());
        // Others' code may ask for the status.
        drop(status);
        let changed = self.queues.values_mut().filter_map(Queue::take_shown);
        for queue in changed {
            self.on_status.iter().for_each(|listener| survived(&queue.queue, || listener(&queue)));
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

fn pauses() -> ExponentialBackoff {
    let pauses = ExponentialBuilder::new().with_min_delay(PAUSES.0).with_max_delay(PAUSES.1);
    pauses.with_jitter().without_max_times().build()
}

#[cfg(test)]
#[path = "../../tests/fake/mod.rs"]
mod fake;

#[cfg(test)]
mod tests {
    use super::{super::Watch, *};

    #[test]
    fn what_is_missing_for_long_is_forgotten_unless_it_is_named() {
        let fake = fake::Fake::start();
        fake.told().queues.extend(["mail", "here", "gone", "back"].map(str::to_owned));
        let folder = std::env::temp_dir().join(format!("perfkit-forgotten-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("position.json");
        let begun = || {
            let watch = Watch::new(&fake.url()).queue("mail").all().position_file(&path);
            let (sender, stop) = std::sync::mpsc::channel();
            let mut runner = watch.registry(&Registry::new()).runner(stop).unwrap();
            let mut reader = runner.server.connect().unwrap();
            runner.begin(&mut reader).unwrap();
            runner.pass(&mut reader, true, &[]).unwrap();
            runner.finish();
            (runner, reader, sender)
        };
        let (mut runner, mut reader, _sender) = begun();
        fake.told().queues.retain(|queue| queue == "here");
        runner.forget(Duration::ZERO);
        assert_eq!(runner.queues.len(), 4, "nothing is missing yet");
        runner.pass(&mut reader, true, &[]).unwrap();
        runner.forget(MISSING);
        assert_eq!(runner.queues.len(), 4, "nothing is missing for so long");
        drop(runner);
        // A later watch, that does not meet them, forgets them too.
        let (mut runner, mut reader, _sender) = begun();
        assert_eq!(runner.queues.len(), 4, "they are known");
        // One is back, and was not looked at yet.
        fake.add("back", 2_000_000, &["event", "completed", "jobId", "1"]);
        runner.pass(&mut reader, false, &["bull:back:events".to_owned()]).unwrap();
        runner.forget(Duration::ZERO);
        runner.finish();
        assert!(runner.queues.keys().eq(["back", "here", "mail"]));
        let (_, saved, _) = PositionFile::open(&path).unwrap();
        assert!(saved.queues.keys().eq(["bull:back", "bull:here", "bull:mail"]));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_panic_is_no_end_and_says_so() {
        assert_eq!(guarded("host:1", || Ok(())), Ok(()));
        let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let why = guarded("host:1", || Err(lost.into())).unwrap_err();
        assert!(why.starts_with("host:1: "), "{why}");
        let why = guarded("host:1", || panic!("a fault of ours")).unwrap_err();
        assert_eq!(why, "the watch panicked");
    }
}
