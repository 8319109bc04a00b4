//! How long locks are waited for and held, and how long channels make their ends wait.
//!
//! The methods here are those of the real locks and channels with `_timed` to their name and a
//! [`site!`] as one more argument: fairness, poisoning, back-pressure and cancellation are as they
//! were. Of `site!("accounts")` come up to four operations, told apart by a label:
//!
//! | operation | times |
//! |---|---|
//! | `accounts{phase="wait"}` | waiting for a lock or a permit |
//! | `accounts{phase="hold"}` | holding the lock or the permit |
//! | `accounts{phase="send"}` | sending, most of which is waiting for room |
//! | `accounts{phase="recv"}` | receiving, most of which is waiting for a message |
//!
//! ```
//! use perf_bridges::sync::{MutexExt as _, site};
//! use std::sync::Mutex;
//!
//! let accounts = Mutex::new(vec![100, 250]);
//! let mut held = accounts.lock_timed(site!("accounts")).unwrap();
//! held[0] += 5;
//! drop(held);
//!
//! let snapshot = perf_core::snapshot();
//! for phase in ["wait", "hold"] {
//!     assert_eq!(snapshot.get_labelled("accounts", &[("phase", phase)]).unwrap().count(), 1);
//! }
//! ```
//!
//! Waiting is a call like any other: the function that waits is its caller, and its own time is
//! without it. Holding is nobody's caller and stays in the time of the functions it spans. What
//! returns an `Err`, or a `None` as there is nothing left to receive, counts as an error, and a
//! future dropped while it waits as cancelled. There are no log events, for they would be written
//! by whoever has just got the lock.
//!
//! The traits for std's types are here, those for tokio's in `tokio`, those for `parking_lot`'s in
//! `parking_lot` (0.13) and `parking_lot_0_12`, behind features of the same names. What is got
//! without waiting, or by a method not listed, is timed from then on by [`Held::new`]; any other
//! future, such as a `oneshot`'s receiver, by `.timed("name")`.
//!
//! Without the feature `enabled` each method is the plain one, and a [`Held`] just the guard.

mod channel;
mod held;
mod lock;
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_12"))]
mod lock_api;
#[cfg_attr(not(feature = "enabled"), path = "phase_off.rs")]
mod phase;
mod site;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use crate::site;
pub use channel::{ReceiverExt, SyncSenderExt};
pub use held::Held;
pub use lock::{CondvarExt, MutexExt, RwLockExt};
#[cfg(feature = "parking_lot")]
pub use lock_api::parking_lot;
#[cfg(feature = "parking_lot_0_12")]
pub use lock_api::parking_lot_0_12;
pub use site::Site;
