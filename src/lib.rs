//! **perfkit**: annotate a function, and know where the time goes.
//!
//! ```
//! use perfkit::{timed, timer};
//!
//! #[timed]
//! fn parse(text: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
//!     let _t = timer!("split");
//!     text.split(',').map(str::parse).collect()
//! }
//!
//! let _perf = perfkit::init(); // prints the summary when dropped: hold it in `main`
//! assert!(parse("1,2,3").is_ok());
//! assert!(parse("1,x").is_err());
//!
//! let snapshot = perfkit::snapshot();
//! let split = snapshot.get("split").unwrap();
//! assert_eq!((split.count(), split.errors()), (2, 0));
//! # let parse = snapshot.operations().iter().find(|o| o.name().ends_with("::parse")).unwrap();
//! # assert_eq!((parse.count(), parse.errors()), (2, 1));
//! ```
//!
//! # What is timed
//!
//! [`#[timed]`](timed) times every call of a function, sync or async; [`timer!`] a scope;
//! [`TimedExt::timed`] any future. Each call adds to its *operation*: a count by [`Outcome`], the
//! time with and without that of the operations called from it, exact minimum and maximum, and a
//! histogram good for any percentile to three digits. Nothing needs to be set up first, and
//! nothing is lost when threads exit, panic, or are still running when you look.
//!
//! [`sync`] times waiting for locks and channels, and holding locks.
//!
//! # What you see
//!
//! [`init`] prints a table at the end of the program; [`snapshot`] gives the same as data, at any
//! time, and changes nothing. Each call can also be a `tracing` event, `PERF [name]: 245.3ms` at
//! target `perfkit`, level DEBUG unless told otherwise; while nobody listens at that level, it
//! costs one load.
//!
//! # What reads it
//!
//! [`export`] has a function of a [`Snapshot`] for each format that other programs read. Text for
//! Prometheus and OpenMetrics, flame graphs, Graphviz and Markdown is always there; the rest is behind
//! features:
//!
//! | feature | in [`export`] | |
//! |---|---|---|
//! | `files` | `json`, `csv`, `hdr`, `html`, `grafana` | documents, which `json` and `hdr` also read again; a report for people; a dashboard |
//! | `prometheus` | `prometheus::respond` | an endpoint's answers as Prometheus asks: protobuf with native histograms too, compressed |
//! | `otlp` | `otlp` | metrics pushed to an OpenTelemetry collector over HTTP |
//! | `otlp-tls` | the same | to `https://` endpoints |
//! | `signals` (default) | [`Builder::signals`] | the summary on SIGINT, SIGTERM and SIGUSR1, where asked for |
//!
//! Without a line of code, `PERFKIT_OUTPUT=stderr,report.html,run.json` has [`init`] write files of those
//! formats when the program ends, each by the end of its name ([`FileFormat`](export::FileFormat)).
//!
//! # What watches it
//!
//! With the feature `monitor`, `monitor::Monitor` looks at a registry from a thread: windows, reports, rules,
//! alerts to Slack, Alertmanager and webhooks, health checks, system resources. `Monitor::recent` has the last
//! calls of chosen operations, which [`Registry::keep_recent`] chooses too. With `http`, `serve` shows all of
//! it in a browser, live: `let _serving = perfkit::serve("127.0.0.1:9464")?;`.
//!
//! With `store` a monitor remembers each minute in a SQLite file, with `postgres` many processes in one
//! PostgreSQL, where the variable `PERFKIT_STORE` or the settings say; `store::open` asks for percentiles over
//! any range, and `analysis` compares periods and finds what is unusual.
//!
//! With `fleet`, workers and their tasks: who is well, where work piles up, what to move; with `queues`, the jobs of
//! BullMQ's queues, watched from outside.
//!
//! # What a program has already
//!
//! Behind features, each named after what it takes in: `layer()` times every span of `tracing`
//! (`tracing`); `metrics_recorder()` keeps what the `metrics` facade tells (`metrics`);
//! `tower::TimedLayer` times the requests of axum, tonic and hyper (`tower`, `axum`); `tokio::runtime`
//! reads a runtime's metrics (`tokio`); `alloc::CountingAllocator` counts what operations allocate
//! (`alloc`). [`sync`] times waiting for and holding the real locks of std, tokio (`tokio`) and
//! `parking_lot` (`parking_lot`, `parking_lot_0_12`). [`counter`], [`gauge`] and [`distribution`] are for
//! one's own numbers. All of it is in the same [`snapshot`].
//!
//! # What it costs
//!
//! Two reads of the CPU's time-stamp counter, and a little: the footer of the summary says how
//! much on your machine. [`set_enabled`]`(false)` leaves a load of a flag. Without the default
//! feature `enabled`, `#[timed]` returns the plain function and [`timer!`] does nothing: libraries
//! instrument themselves with `default-features = false`, and programs that want it switch it on.
//!
//! # Registries of one's own
//!
//! Everything goes to [`Registry::global`] unless [`with_registry`] sends what a closure runs
//! elsewhere. [`PerformanceTracker`] is a registry with a smaller face, for one part of a program.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
pub use perf_alloc as alloc;
#[cfg(feature = "analysis")]
pub use perf_analysis as analysis;
pub use perf_bridges::*;
pub use perf_core::*;
pub use perf_export::{self as export, Builder, Format, Output, SummaryGuard, flush, init};
#[cfg(feature = "fleet")]
pub use perf_fleet as fleet;
pub use perf_macros::timed;
#[cfg(feature = "monitor")]
pub use perf_monitor as monitor;
#[cfg(feature = "http")]
pub use perf_monitor::http::serve;
#[cfg(feature = "queues")]
pub use perf_queues as queues;
#[cfg(feature = "store")]
pub use perf_store as store;

#[doc(hidden)]
pub use perf_core::__private;

/// Times a scope: from here until the returned [`Timer`] is dropped.
///
/// The name is any `&str`; a literal is fastest. Labels follow it, `key = value`, where a value is
/// text or anything that can be shown. Keep the timer in a variable: `let _ = timer!(…)` drops it
/// at once.
///
/// ```
/// use perfkit::timer;
///
/// for table in ["users", "orders"] {
///     let _outer = timer!("load");
///     let _inner = timer!(&format!("load {table}"));
///     let _labelled = timer!("query", table = table, shard = 7);
/// }
/// let snapshot = perfkit::snapshot();
/// assert_eq!(snapshot.get("load").unwrap().count(), 2);
/// assert_eq!(snapshot.get("load users").unwrap().count(), 1);
/// let users = snapshot.get_labelled("query", &[("table", "users"), ("shard", "7")]);
/// assert_eq!(users.unwrap().count(), 1);
/// ```
#[cfg(feature = "enabled")]
#[macro_export]
macro_rules! timer {
    (@site $name:literal) => {{
        static SITE: $crate::__private::CallSite =
            $crate::__private::CallSite::new($crate::__private::Name::Given($name)).scope();
        &SITE
    }};
    (@labels $($key:ident = $value:expr),+) => {
        &[$((
            $crate::__private::key($crate::__private::stringify!($key)),
            (&$crate::__private::Value(&$value)).label(),
        )),+]
    };
    ($name:literal $(,)?) => {
        $crate::__private::Timer::at($crate::timer!(@site $name))
    };
    ($name:literal, $($key:ident = $value:expr),+ $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ViaDisplay as _, ViaStr as _};
        $crate::__private::Timer::labelled(
            $crate::timer!(@site $name),
            $crate::timer!(@labels $($key = $value),+),
        )
    }};
    ($name:expr $(,)?) => {
        $crate::timer($name)
    };
    ($name:expr, $($key:ident = $value:expr),+ $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ViaDisplay as _, ViaStr as _};
        $crate::__private::Timer::named($name, $crate::timer!(@labels $($key = $value),+))
    }};
}

/// Times a scope; without the feature `enabled`, as now, it does nothing.
#[cfg(not(feature = "enabled"))]
#[macro_export]
macro_rules! timer {
    ($name:expr $(, $key:ident = $value:expr)* $(,)?) => {{
        let _: &str = $name;
        $(let _ = &$value;)*
        $crate::__private::Timer::off()
    }};
}
