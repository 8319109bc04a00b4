//! SQLite: a file, with one connection that writes and a pool of those that read.

mod aside;
mod connect;
mod errors;
mod statements;

use crate::{
    error::{Result, StoreError},
    sql::{
        Database, Work,
        pool::{After, Pool},
    },
};
use aside::set_aside_if_corrupt;
use connect::Connection;
use rusqlite::TransactionBehavior;
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Pool<Connection>,
    readers: Pool<Connection>,
    epoch: AtomicU64,
}

impl Sqlite {
    /// Opens the file, makes its tables, and sets aside one that is damaged.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let store = Self {
            path: path.to_owned(),
            writer: Pool::writer(),
            readers: Pool::readers(),
            epoch: AtomicU64::new(0),
        };
        // Once it is set aside, by this process or another, the new one is well.
        let mut opened = store.write(&mut |_| Ok(()));
        for _ in 0..2 {
            if matches!(opened, Err(StoreError::Corrupt { .. })) {
                opened = store.write(&mut |_| Ok(()));
            }
        }
        opened?;
        Ok(store)
    }

    /// Sets the file aside if it turns out to be damaged.
    fn checked<T>(&self, done: Result<T>) -> Result<T> {
        match done {
            Err(StoreError::Corrupt { message, set_aside: None }) => {
                let set_aside = set_aside_if_corrupt(&self.path)?;
                Err(StoreError::Corrupt { message, set_aside })
            }
            done => done,
        }
    }

    fn connect(&self) -> Result<Connection> {
        Connection::new(&self.path)
    }

    fn connect_to_write(&self) -> Result<Connection> {
        // What is known may be of another file.
        self.epoch.fetch_add(1, Ordering::Relaxed);
        self.connect()
    }

    fn work(
        &self,
        connection: Connection,
        connect: impl FnOnce() -> Result<Connection>,
        behavior: TransactionBehavior,
        work: Work<'_>,
    ) -> (After<Connection>, Result) {
        let connection = if connection.is_of(&self.path) { Ok(connection) } else { connect() };
        let mut connection = match connection {
            Ok(connection) => connection,
            Err(error) => return (After::Close, Err(error)),
        };
        let done = connection.within(&self.path, behavior, work);
        // A file that is damaged is opened anew.
        let is_damaged = matches!(done, Err(StoreError::Corrupt { .. }));
        (if is_damaged { After::Close } else { After::Keep(connection) }, done)
    }
}

impl Database for Sqlite {
    fn write(&self, work: Work<'_>) -> Result {
        let behavior = TransactionBehavior::Immediate;
        let connect = || self.connect_to_write();
        let work = |connection| self.work(connection, connect, behavior, work);
        self.checked(self.writer.with(connect, work))
    }

    fn read(&self, work: Work<'_>) -> Result {
        let behavior = TransactionBehavior::Deferred;
        let connect = || self.connect();
        let work = |connection| self.work(connection, connect, behavior, work);
        self.checked(self.readers.with(connect, work))
    }

    fn clock(&self) -> Option<&'static str> {
        None
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}
