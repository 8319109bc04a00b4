//! What the process and its host use, and how far other hosts are.
//!
//! ```
//! let registry = perf_core::Registry::new();
//! let watch = perf_monitor::system::watch(&registry);
//! let snapshot = registry.snapshot();
//! assert!(snapshot.gauge("process_resident_memory_bytes", &[]).unwrap() > 0.0);
//! watch.stop();
//! ```

mod probes;
mod resources;
mod watch;

pub use probes::{Probes, Probing};
pub use watch::{Watch, watch};
