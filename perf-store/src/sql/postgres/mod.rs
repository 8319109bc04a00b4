//! PostgreSQL: a server, with one connection that writes and a pool of those that read.

mod apart;
mod errors;
mod parts;
mod settings;
mod statements;
mod tls;

use crate::{
    error::Result,
    schema,
    sql::{
        Database, Work,
        pool::{self, After, Pool},
    },
};
use apart::apart;
use errors::explained;
use postgres::{Client, Config, IsolationLevel, Statement};
pub(crate) use settings::Server;
use statements::Begun;
use std::{
    collections::HashMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/postgres/1.sql")];

/// How long to wait for others' locks and for an answer: whoever asks is not to hang.
const LIMITS: &str = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '300s'";

/// What is known of statements, by their text.
type Statements = HashMap<String, Statement>;

struct Connection {
    client: Client,
    statements: Statements,
}

pub(crate) struct Postgres {
    config: Config,
    connector: tokio_postgres_rustls::MakeRustlsConnect,
    /// The server without user and password, for errors.
    shown: String,
    writer: Pool<Connection>,
    readers: Pool<Connection>,
    epoch: AtomicU64,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("server", &self.shown).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects, and makes the tables.
    pub(crate) fn open(server: Server) -> Result<Self> {
        let Server { config, roots, shown } = server;
        let store = Self {
            config,
            connector: tls::connector(roots.as_deref())?,
            shown,
            writer: Pool::writer(),
            readers: Pool::readers(),
            epoch: AtomicU64::new(0),
        };
        store.write(&mut |_| Ok(()))?;
        Ok(store)
    }

    /// After a restart of the server connections that were idle are known to be closed only once they are
    /// used.
    fn read_with_any(&self, work: Work<'_>) -> Result {
        let connect = || self.connect();
        let mut read = || {
            let mut is_closed = false;
            let done = self.readers.with(connect, |connection| {
                let (after, done) = self.work(connection, connect, false, work);
                is_closed = matches!(after, After::Close);
                (after, done)
            });
            (is_closed, done)
        };
        for _ in 0..pool::MOST_READERS {
            match read() {
                (true, Err(_)) => {}
                (_, done) => return done,
            }
        }
        read().1
    }

    fn connect_to_write(&self) -> Result<Connection> {
        // What is known may be of another server, or of an older state of it.
        self.epoch.fetch_add(1, Ordering::Relaxed);
        self.connect()
    }

    fn connect(&self) -> Result<Connection> {
        let client = self.config.connect(self.connector.clone());
        let client = client.map_err(|error| explained(&self.shown, &error))?;
        let mut connection = Connection { client, statements: Statements::new() };
        self.within(&mut connection, true, &mut |sql| schema::migrate(sql, &MIGRATIONS))?;
        Ok(connection)
    }

    /// One that was closed meanwhile is opened anew; one that failed is not used again.
    fn work(
        &self,
        connection: Connection,
        connect: impl FnOnce() -> Result<Connection>,
        writes: bool,
        work: Work<'_>,
    ) -> (After<Connection>, Result) {
        let is_closed = connection.client.is_closed();
        let connection = if is_closed { connect() } else { Ok(connection) };
        let mut connection = match connection {
            Ok(connection) => connection,
            Err(error) => return (After::Close, Err(error)),
        };
        let done = self.within(&mut connection, writes, work);
        let is_closed = connection.client.is_closed();
        (if is_closed { After::Close } else { After::Keep(connection) }, done)
    }

    fn within(&self, connection: &mut Connection, writes: bool, work: Work<'_>) -> Result {
        let explain = |error| explained(&self.shown, &error);
        let begin = connection.client.build_transaction();
        // What is read belongs together, whoever writes meanwhile.
        let begin = if writes {
            begin.isolation_level(IsolationLevel::ReadCommitted)
        } else {
            begin.isolation_level(IsolationLevel::RepeatableRead).read_only(true)
        };
        let mut transaction = begin.start().map_err(explain)?;
        transaction.batch_execute(LIMITS).map_err(explain)?;
        work(&mut Begun {
            transaction: &mut transaction,
            statements: &mut connection.statements,
            shown: &self.shown,
        })?;
        transaction.commit().map_err(explain)
    }
}

/// Closes what is idle.
impl Drop for Postgres {
    fn drop(&mut self) {
        let idle = [&mut self.writer, &mut self.readers].map(Pool::take_idle);
        apart(|| drop(idle));
    }
}

impl Database for Postgres {
    fn write(&self, work: Work<'_>) -> Result {
        let connect = || self.connect_to_write();
        apart(|| self.writer.with(connect, |connection| self.work(connection, connect, true, work)))
    }

    fn read(&self, work: Work<'_>) -> Result {
        apart(|| self.read_with_any(work))
    }

    fn clock(&self) -> Option<&'static str> {
        Some("SELECT (EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1e9)::BIGINT")
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}
