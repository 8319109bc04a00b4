//! What perfkit remembers: intervals with their histograms, in a file or on a server, so that percentiles
//! over any range, host and label are those of the calls themselves: everything is merged, nothing
//! averaged.
//!
//! - [`open`] gives a [`Store`]: SQLite or PostgreSQL.
//! - [`Writer`] hands it intervals from a thread, by way of a [`Spool`] on the disk, so that nothing is
//!   lost while the store is away.
//! - [`Query`] says what to read.
//! - [`Follow`] gives what all instances do, for a dashboard over all of them.
//! - [`analysis`] compares periods and instances, and finds what is unusual, rises, or will be full.
//!
//! Counts beyond 2^63 − 1 are stored as that.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]
// Without a database there is nobody to use what both have in common.
#![cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code, unused_imports))]

pub mod analysis;
mod error;
mod figures;
mod follow;
mod level;
mod model;
mod open;
mod query;
mod schema;
mod spool;
mod sql;
mod store;
mod time;
mod writer;

pub use error::StoreError;
pub use figures::Gauge;
pub use follow::Follow;
pub use model::{AlertChange, HealthChange, Instance, Interval};
pub use open::{open, spool_beside};
pub use query::{By, Group, Query};
pub use spool::Spool;
pub use store::{Retention, RolledUp, Store};
pub use writer::{Writer, WriterBuilder, WriterHandle, WriterStatus};
