//! The watcher: a thread that takes a snapshot at each tick, keeps the last ones as windows, evaluates
//! rules over them, and tells somebody.
//!
//! Everything that decides anything is a plain value that is given snapshots and the time; the thread in
//! [`Monitor`] only hands them on. So tests need no clock but the times they write down.
//!
//! | module | what it does |
//! |---|---|
//! | [`windows`] | the last minutes and hours, from the intervals between ticks |
//! | [`report`] | what happened so far, for people and as an event |
//! | [`rules`] | from windows to alerts: pending, firing, resolved |
//! | [`notify`] | alerts to Slack, webhooks, Alertmanager, the log |
//! | [`health`] | checks, and what they add up to |
//! | [`system`] | CPU, memory, files, threads, the way to other hosts |
//! | `http` | the dashboard, probes, metrics and an API, with the feature of that name |
//! | [`perf_store`](https://docs.rs/perf-store) | what happened, remembered, with the feature `store` |
//! | [`config`] | all of it from one file and the environment |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

pub mod alert;
mod clock;
pub mod config;
mod duration;
pub mod health;
#[cfg(feature = "store")]
mod history;
#[cfg(feature = "http")]
pub mod http;
mod monitor;
pub mod notify;
pub mod report;
pub mod rules;
mod setup;
#[cfg(feature = "store")]
mod stored;
pub mod system;
#[cfg(feature = "http")]
mod view;
mod watch;
pub mod windows;

pub use monitor::Monitor;
pub use setup::{Builder, StartError};
