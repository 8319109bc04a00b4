//! tokio's locks, semaphores and channels. The futures are `Send` where the plain ones are, and
//! may be dropped while they wait as those may; that counts as cancelled.

mod channel;
mod lock;

pub use channel::{ReceiverExt, SenderExt, WatchReceiverExt};
pub use lock::{MutexExt, RwLockExt, SemaphoreExt};
