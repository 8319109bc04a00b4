//! The builder of a watch.

use super::{
    client::Server,
    position::{PositionFile, Positions},
    queue::Queue,
    runner::{MOST_QUEUES, Runner},
    search::Search,
    status::{QueueStatus, Status},
    watching::Watching,
};
use crate::{error::WatchError, job::FinishedJob};
use perf_core::Registry;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

/// Who is told of each attempt that has ended.
pub(super) type OnJob = Box<dyn Fn(&FinishedJob) + Send>;
pub(super) type OnStatus = Box<dyn Fn(&QueueStatus) + Send>;

/// What is to be watched, and how. Nothing happens before [`start`](Self::start).
///
/// ```no_run
/// use perf_queues::{FinishedJob, bullmq::Watch};
///
/// # fn main() -> Result<(), perf_queues::WatchError> {
/// let watching = Watch::new("redis://127.0.0.1:6379")
///     .queue("accessibility-improvements")
///     .position_file("/var/lib/app/queues.json")
///     .on_job(|job: &FinishedJob| println!("{} {}: {}", job.queue, job.id, job.outcome))
///     .start()?;
/// # drop(watching);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is watched until it is started"]
pub struct Watch {
    url: String,
    prefix: String,
    names: BTreeSet<String>,
    all: bool,
    by_name: bool,
    every: Duration,
    registry: Option<Registry>,
    on_job: Vec<OnJob>,
    on_status: Vec<OnStatus>,
    position_file: Option<PathBuf>,
}

impl Watch {
    /// Of a Redis: `redis://[user:password@]host[:port][/database]`, `redis+unix:///path`, and with the
    /// feature `tls` `rediss://…`.
    ///
    /// ```
    /// let watch = perf_queues::bullmq::Watch::new("redis://me:s3cret@example.org");
    /// assert!(!format!("{watch:?}").contains("s3cret"));
    /// ```
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: "bull".to_owned(),
            names: BTreeSet::new(),
            all: false,
            by_name: false,
            every: Duration::from_secs(1),
            registry: None,
            on_job: Vec::new(),
            on_status: Vec::new(),
            position_file: None,
        }
    }

    /// Watches this queue, whether it is there yet or not; may be called again, for others.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").queue("mail").queue("thumbnails");
    /// ```
    pub fn queue(mut self, name: &str) -> Self {
        self.names.insert(name.to_owned());
        self
    }

    /// Watches all queues there are and will be, at most 1,000. They are found by `SCAN`, within some
    /// seconds; a new one's jobs are counted from its beginning all the same. One that was found and then is
    /// missing for an hour is forgotten, unless it is named too; its totals begin at 0 if it comes back.
    ///
    /// Without the right to `SCAN` the others are watched, and [`Status::search_error`] says so.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").all();
    /// ```
    pub fn all(mut self) -> Self {
        self.all = true;
        self
    }

    /// What the queues' keys begin with: `bull` unless BullMQ was given another prefix.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").prefix("{shop}").queue("mail");
    /// ```
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Where counts and times go: the global registry, unless told otherwise.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let registry = perf_core::Registry::new();
    /// let watch = Watch::new("redis://localhost").queue("mail").registry(&registry);
    /// ```
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Tells the names of jobs apart in `queue::run` and `queue::wait`, by a label `name`: `(unknown)`
    /// where nobody knows it any more. They should be few: beyond 2,000 label sets all are one, see [`perf_core::set_label_cap`].
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").queue("mail").by_name();
    /// ```
    pub fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }

    /// How often the numbers of jobs by state are looked at: each second, unless told otherwise, and at
    /// most each 100 ms. Attempts that end are counted sooner.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// # use std::time::Duration;
    /// let watch = Watch::new("redis://localhost").queue("mail").every(Duration::from_secs(5));
    /// ```
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every.max(Duration::from_millis(100));
        self
    }

    /// Calls this for each attempt that ends, on the watch's thread, once it is counted: it should be quick.
    /// If it panics, that is logged, and the watch goes on. May be called again, for others.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").queue("mail").on_job(|job| {
    ///     let _slowest = job.run;
    /// });
    /// ```
    pub fn on_job(mut self, listener: impl Fn(&FinishedJob) + Send + 'static) -> Self {
        self.on_job.push(Box::new(listener));
        self
    }

    /// Calls this with how a queue is, on the watch's thread, whenever it has been looked at or its state has
    /// changed: it should be quick. If it panics, that is logged, and the watch goes on. May be called again,
    /// for others.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").queue("mail").on_status(|queue| {
    ///     let _waiting = queue.jobs.waiting;
    /// });
    /// ```
    pub fn on_status(mut self, listener: impl Fn(&QueueStatus) + Send + 'static) -> Self {
        self.on_status.push(Box::new(listener));
        self
    }

    /// Keeps in this file how far has been read, so that a later watch goes on from there. Without one it
    /// begins with what happens from its start on. One watch at a time may use a file.
    ///
    /// ```
    /// # use perf_queues::bullmq::Watch;
    /// let watch = Watch::new("redis://localhost").queue("mail").position_file("queues.json");
    /// ```
    pub fn position_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.position_file = Some(path.into());
        self
    }

    /// Starts a thread that watches. That Redis is away is no error: the status says so, and it is tried
    /// again.
    ///
    /// # Errors
    ///
    /// A URL that is not understood, no queue or one of an impossible name, a position file that cannot be
    /// read or whose folder is not there, and a system that gives no thread. A position file that is damaged
    /// is renamed to end in `.damaged`, and the watch begins anew: [`Status::position_error`] says so.
    ///
    /// ```
    /// use perf_queues::bullmq::Watch;
    /// // Nobody listens there.
    /// let watching = Watch::new("redis://127.0.0.1:1").queue("mail").start()?;
    /// assert_eq!(watching.status().queues[0].queue, "mail");
    /// # Ok::<(), perf_queues::WatchError>(())
    /// ```
    pub fn start(self) -> Result<Watching, WatchError> {
        let (sender, stop) = channel();
        let runner = self.runner(stop)?;
        let status = Arc::clone(&runner.status);
        let (alive, ended) = channel();
        let thread = std::thread::Builder::new().name("perfkit-queues".to_owned());
        let thread = thread.spawn(move || {
            let _alive = alive;
            runner.run();
        });
        let thread = thread.map_err(|error| WatchError::Thread(error.to_string()))?;
        Ok(Watching::new(status, sender, ended, thread))
    }

    /// Until this is closed.
    pub(super) fn runner(self, stop: Receiver<()>) -> Result<Runner, WatchError> {
        let server = Server::of(&self.url)?;
        self.check()?;
        let registry = self.registry.clone().unwrap_or_else(|| Registry::global().clone());
        let opened = self.position_file.as_deref().map(PositionFile::open).transpose()?;
        let (file, positions, position_error) = opened.map_or_else(
            || (None, Positions::default(), None),
            |(file, positions, said)| (Some(file), positions, said),
        );
        let queues = self.queues(&positions, &registry);
        let shown = queues.values().map(Queue::status).collect();
        let status = Status { queues: shown, position_error, ..Status::default() };
        Ok(Runner {
            server,
            named: self.names,
            queues,
            untold: 0,
            search: self.all.then(Search::new),
            prefix: self.prefix,
            every: self.every,
            by_name: self.by_name,
            on_job: self.on_job,
            on_status: self.on_status,
            registry,
            file,
            positions,
            is_unsaved: false,
            cannot_save: false,
            status: Arc::new(Mutex::new(status)),
            stop,
        })
    }

    /// Those that are named, and those that were found before.
    fn queues(&self, positions: &Positions, registry: &Registry) -> BTreeMap<String, Queue> {
        let found = positions.queues.keys().filter(|_| self.all);
        let found = found.filter_map(|key| key.strip_prefix(&*self.prefix)?.strip_prefix(':'));
        let found = found.filter(|name| !name.contains(':')).take(MOST_QUEUES);
        let names: BTreeSet<_> = self.names.iter().map(String::as_str).chain(found).collect();
        let queue =
            |name: &str| (name.to_owned(), Queue::new(name, &self.prefix, positions, registry));
        names.into_iter().map(queue).collect()
    }

    fn check(&self) -> Result<(), WatchError> {
        if self.names.is_empty() && !self.all {
            return Err(WatchError::NoQueue);
        }
        let wrong = self.names.iter().find(|name| name.is_empty() || name.contains(':'));
        let wrong = wrong.or(Some(&self.prefix).filter(|prefix| prefix.is_empty()));
        wrong.map_or(Ok(()), |name| Err(WatchError::Name(name.clone())))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("queues", &self.names)
            .field("all", &self.all)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
