//! The connection, and the commands: all of them only read.

use super::{
    id::EntryId,
    machine::Hash,
    place::Info,
    reply::{self, Entry, HASH},
    status::JobCounts,
};
use crate::error::WatchError;
use redis::{
    Client, Connection, ErrorKind, IntoConnectionInfo, Pipeline, ProtocolVersion, RedisError, Value,
};
use std::{
    collections::HashMap,
    io,
    time::{Duration, Instant},
};

/// How long a connection may take, and then all answers to what is asked at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Entries of a stream read at once.
pub(super) const BATCH: usize = 200;

/// Keys looked at by a step of a search for queues.
const KEYS: usize = 1_000;

type Result<T> = std::result::Result<T, RedisError>;

/// Where Redis is, and how to come in.
pub(super) struct Server {
    client: Client,
}

impl Server {
    /// Connects to nothing yet.
    pub(super) fn of(url: &str) -> std::result::Result<Self, WatchError> {
        // The library's own words may repeat a part of the URL, and so of a password.
        let wrong = |_| {
            let form = "redis://[user:password@]host[:port][/database]";
            let tls = if cfg!(feature = "tls") { "" } else { ", rediss:// with the feature `tls`" };
            WatchError::Url(format!("it should be like {form}{tls}"))
        };
        let info = url.into_connection_info().map_err(wrong)?;
        let settings = info.redis_settings().clone();
        let settings = settings.set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
        let info = info.set_redis_settings(settings);
        #[cfg(feature = "tls")]
        if matches!(info.addr(), redis::ConnectionAddr::TcpTls { .. }) {
            // Where a program has several, rustls does not choose, and panics. The first one set stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Ok(Self { client: Client::open(info).map_err(wrong)? })
    }

    /// Its address, without user and password.
    pub(super) fn shown(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    pub(super) fn connect(&self) -> Result<Reader> {
        let connection = self.client.get_connection_with_timeout(PATIENCE)?;
        connection.set_write_timeout(Some(PATIENCE))?;
        Ok(Reader { connection })
    }
}

/// Whether the connection is of no use any more, or Redis as a whole: not only one key or command.
pub(super) fn is_fatal(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error() || error.code() == Some("LOADING")
}

/// What hinders, in a line.
pub(super) fn said(error: &RedisError) -> String {
    let said = error.to_string();
    match error.code() {
        Some("LOADING") => "Redis is reading its data".to_owned(),
        _ if error.kind() == ErrorKind::AuthenticationFailed => "wrong user or password".to_owned(),
        _ if error.is_timeout() => format!("no answer within {} s", PATIENCE.as_secs()),
        _ => said.lines().next().unwrap_or_default().to_owned(),
    }
}

pub(super) struct Reader {
    connection: Connection,
}

/// A stream, and what is new in it.
pub(super) struct News {
    pub(super) info: Option<Info>,
    pub(super) entries: Vec<Entry>,
    /// How many there were, understood or not.
    pub(super) count: usize,
}

impl Reader {
    /// Redis' clock, in milliseconds since 1970; ours, if it may not be asked.
    pub(super) fn time(&mut self) -> Result<u64> {
        let [answer] = &self.ask(redis::pipe().cmd("TIME"))?[..] else { return Ok(our_time()) };
        let [seconds, micros] = reply::items(answer) else { return Ok(our_time()) };
        let ms = reply::number(seconds).zip(reply::number(micros));
        Ok(ms.map_or_else(our_time, |(s, us)| s.saturating_mul(1_000).saturating_add(us / 1_000)))
    }

    /// The last entries that streams ever had. [`EntryId::ZERO`] for one that is not there, or no stream.
    pub(super) fn ends(&mut self, streams: &[&str]) -> Result<Vec<EntryId>> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = redis::pipe();
        for stream in streams {
            all.cmd("XINFO").arg("STREAM").arg(stream);
        }
        let end = |answer: &Value| reply::info(answer).map_or(EntryId::ZERO, |info| info.last);
        Ok(self.ask(&all)?.iter().map(end).collect())
    }

    /// What a stream has beyond an entry.
    pub(super) fn news(&mut self, stream: &str, after: EntryId) -> Result<News> {
        let mut both = redis::pipe();
        both.cmd("XINFO").arg("STREAM").arg(stream);
        both.cmd("XREAD").arg("COUNT").arg(BATCH).arg("STREAMS").arg(stream).arg(after.to_string());
        let answers = self.ask(&both)?;
        let [info, read] = &answers[..] else {
            return Ok(News { info: None, entries: Vec::new(), count: 0 });
        };
        let info = if reply::is_missing_key(info) { None } else { reply::info(refused(info)?) };
        let entries = reply::entries(refused(read)?);
        Ok(News { info, count: entries.len(), entries })
    }

    /// Waits until some of the streams have something beyond their entry, and names those.
    pub(super) fn wait(
        &mut self,
        streams: &[(String, EntryId)],
        at_most: Duration,
    ) -> Result<Vec<String>> {
        let mut command = redis::pipe();
        command.cmd("XREAD").arg("COUNT").arg(1);
        command.arg("BLOCK").arg(at_most.as_millis().max(1) as u64).arg("STREAMS");
        for (stream, _) in streams {
            command.arg(stream);
        }
        for (_, after) in streams {
            command.arg(after.to_string());
        }
        let answers = self.ask(&command)?;
        answers.first().map_or(Ok(Vec::new()), |answer| Ok(reply::streams(refused(answer)?)))
    }

    /// The hashes of jobs, of those that still have one.
    pub(super) fn hashes<'a>(
        &mut self,
        prefix: &str,
        jobs: &[&'a str],
    ) -> Result<HashMap<&'a str, Hash>> {
        if jobs.is_empty() {
            return Ok(HashMap::new());
        }
        let mut all = redis::pipe();
        for job in jobs {
            all.cmd("HMGET").arg(format!("{prefix}:{job}")).arg(&HASH);
        }
        let answers = self.ask(&all)?;
        // That of another kind of key is none.
        let hashes = jobs.iter().zip(&answers);
        Ok(hashes.filter_map(|(job, answer)| Some((*job, reply::hash(answer)?))).collect())
    }

    /// How many jobs are where, whether the queue is paused, and whether it is there.
    pub(super) fn counts(&mut self, prefix: &str) -> Result<(JobCounts, bool, bool)> {
        let key = |end: &str| format!("{prefix}:{end}");
        let mut all = redis::pipe();
        for list in ["wait", "active", "paused"] {
            all.cmd("LLEN").arg(key(list));
        }
        for set in ["delayed", "prioritized", "waiting-children", "completed", "failed"] {
            all.cmd("ZCARD").arg(key(set));
        }
        all.cmd("HEXISTS").arg(key("meta")).arg("paused");
        all.cmd("EXISTS").arg(key("meta"));
        let answers = self.ask(&all)?;
        let mut numbers = answers.iter().map(|answer| refused(answer).map(reply::number));
        let mut next =
            || numbers.next().map_or(Ok(0), |number| number.map(Option::unwrap_or_default));
        let (waiting, active, paused) = (next()?, next()?, next()?);
        let (delayed, prioritized, waiting_children) = (next()?, next()?, next()?);
        let (completed, failed) = (next()?, next()?);
        let jobs = JobCounts {
            waiting,
            active,
            delayed,
            prioritized,
            waiting_children,
            paused,
            completed,
            failed,
        };
        Ok((jobs, next()? > 0, next()? > 0))
    }

    /// One step through all keys: where the next one begins, 0 at the end, and the queues met.
    pub(super) fn scan(&mut self, prefix: &str, cursor: u64) -> Result<(u64, Vec<String>)> {
        let pattern = format!("{}:*:meta", escaped(prefix));
        let mut command = redis::pipe();
        command.cmd("SCAN").arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(KEYS);
        let answers = self.ask(&command)?;
        let answer = answers.first().map_or(Ok(&Value::Nil), refused)?;
        let [next, keys] = reply::items(answer) else { return Ok((0, Vec::new())) };
        let queue = |key: &Value| {
            let key = reply::text(key)?;
            let queue = key.strip_prefix(prefix)?.strip_prefix(':')?.strip_suffix(":meta")?;
            (!queue.is_empty() && !queue.contains(':')).then(|| queue.to_owned())
        };
        Ok((
            reply::number(next).unwrap_or(0),
            reply::items(keys).iter().filter_map(queue).collect(),
        ))
    }

    /// An answer to each command, be it that it was refused. All of them have one deadline, and the first
    /// that does not come ends it: the library would wait for each of the others as long again.
    fn ask(&mut self, commands: &Pipeline) -> Result<Vec<Value>> {
        let deadline = Instant::now() + PATIENCE;
        self.connection.send_packed_command(&commands.get_packed_pipeline())?;
        let answer = |_| {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::from(io::ErrorKind::TimedOut).into());
            }
            self.connection.set_read_timeout(Some(left))?;
            self.connection.recv_response()
        };
        (0..commands.len()).map(answer).collect()
    }
}

/// An answer, if it is no refusal.
fn refused(answer: &Value) -> Result<&Value> {
    match answer {
        Value::ServerError(error) => Err(RedisError::from(error.clone())),
        answer => Ok(answer),
    }
}

fn our_time() -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    now.map_or(0, |now| now.as_millis() as u64)
}

/// A text as a pattern that matches nothing else.
fn escaped(text: &str) -> String {
    let special = |c| matches!(c, '*' | '?' | '[' | ']' | '\\' | '^' | '-');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_refused_without_being_told() {
        for url in
            ["", "http://x", "redis://", "redis://:s3cret@host/s3cret", "redis://:s3cret@h:p/"]
        {
            let error = Server::of(url).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
        let server = Server::of("redis://me:s3cret@example.org:7000/2").unwrap();
        assert_eq!(server.shown(), "example.org:7000");
        assert_eq!(Server::of("rediss://host").is_ok(), cfg!(feature = "tls"));
    }

    #[test]
    fn patterns_match_the_prefix_alone() {
        assert_eq!(escaped("bull"), "bull");
        assert_eq!(escaped("{a}*[b]?"), r"{a}\*\[b\]\?");
    }
}
