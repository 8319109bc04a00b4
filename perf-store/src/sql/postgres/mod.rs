//! PostgreSQL: a server, with one connection that writes and one that reads.

mod errors;
mod settings;
mod statements;
mod tls;

use crate::{
    error::Result,
    schema,
    sql::{Database, Work},
};
use errors::explained;
use postgres::{Client, Config, IsolationLevel, Statement};
use statements::Begun;
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/postgres/1.sql")];

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
    writer: Mutex<Option<Connection>>,
    reader: Mutex<Option<Connection>>,
    epoch: AtomicU64,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("server", &self.shown).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects, and makes the tables.
    pub(crate) fn open(url: &str) -> Result<Self> {
        let settings::Settings { config, roots, shown } = settings::parse(url)?;
        let store = Self {
            config,
            connector: tls::connector(roots.as_deref())?,
            shown,
            writer: Mutex::default(),
            reader: Mutex::default(),
            epoch: AtomicU64::new(0),
        };
        store.write(&mut |_| Ok(()))?;
        Ok(store)
    }

    fn connect(&self) -> Result<Connection> {
        self.epoch.fetch_add(1, Ordering::Relaxed);
        let client = self.config.connect(self.connector.clone());
        let client = client.map_err(|error| explained(&self.shown, &error))?;
        let mut connection = Connection { client, statements: Statements::new() };
        self.within(&mut connection, true, &mut |sql| schema::migrate(sql, &MIGRATIONS))?;
        Ok(connection)
    }

    /// A connection that failed is not used again.
    fn work(&self, place: &Mutex<Option<Connection>>, writes: bool, work: Work<'_>) -> Result {
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        let known = place.take().filter(|connection| !connection.client.is_closed());
        let mut connection = known.map_or_else(|| self.connect(), Ok)?;
        let done = self.within(&mut connection, writes, work);
        if !connection.client.is_closed() {
            *place = Some(connection);
        }
        done
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
        work(&mut Begun {
            transaction: &mut transaction,
            statements: &mut connection.statements,
            shown: &self.shown,
        })?;
        transaction.commit().map_err(explain)
    }
}

impl Database for Postgres {
    fn write(&self, work: Work<'_>) -> Result {
        self.work(&self.writer, true, work)
    }

    fn read(&self, work: Work<'_>) -> Result {
        self.work(&self.reader, false, work)
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}
