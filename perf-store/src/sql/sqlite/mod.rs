//! SQLite: a file, with one connection that writes and one that reads.

mod aside;
mod connect;
mod errors;
mod statements;

use crate::{
    error::{Result, StoreError},
    sql::{Database, Work},
};
use aside::set_aside_if_corrupt;
use rusqlite::{Connection, TransactionBehavior};
use statements::Begun;
use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Mutex<Option<Connection>>,
    reader: Mutex<Option<Connection>>,
    epoch: AtomicU64,
}

impl Sqlite {
    /// Opens the file, makes its tables, and sets aside one that is damaged.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let store = Self {
            path: path.to_owned(),
            writer: Mutex::default(),
            reader: Mutex::default(),
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

    fn work(
        &self,
        place: &Mutex<Option<Connection>>,
        behavior: TransactionBehavior,
        work: Work<'_>,
    ) -> Result {
        let done = self.tried(place, behavior, work);
        match done {
            Err(StoreError::Corrupt { message, set_aside: None }) => {
                self.epoch.fetch_add(1, Ordering::Relaxed);
                let set_aside = set_aside_if_corrupt(&self.path)?;
                Err(StoreError::Corrupt { message, set_aside })
            }
            done => done,
        }
    }

    fn tried(
        &self,
        place: &Mutex<Option<Connection>>,
        behavior: TransactionBehavior,
        work: Work<'_>,
    ) -> Result {
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match place.take() {
            Some(connection) => connection,
            None => connect::connect(&self.path)?,
        };
        let explain = |error| errors::explained(&self.path, &error);
        let transaction = connection.transaction_with_behavior(behavior).map_err(explain)?;
        let done = work(&mut Begun { transaction: &transaction, path: &self.path });
        let ended = match done {
            Ok(()) => transaction.commit().map_err(explain),
            Err(error) => transaction.rollback().map_err(explain).and(Err(error)),
        };
        // A file that is damaged is opened anew.
        if !matches!(ended, Err(StoreError::Corrupt { .. })) {
            *place = Some(connection);
        }
        ended
    }
}

impl Database for Sqlite {
    fn write(&self, work: Work<'_>) -> Result {
        self.work(&self.writer, TransactionBehavior::Immediate, work)
    }

    fn read(&self, work: Work<'_>) -> Result {
        self.work(&self.reader, TransactionBehavior::Deferred, work)
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}
