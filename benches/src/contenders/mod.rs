//! Everybody's own way to time a call and keep a distribution. A new one is a file here and its
//! name in the list.

/// One way to time a call.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// What is left of the durations.
    pub(crate) keeps: &'static str,
    /// An empty function, timed.
    pub(crate) call: fn(u64) -> u64,
    /// Sets everything up as its documentation says to.
    pub(crate) start: fn() -> Report,
}

/// Reports what was kept, at the end; returns what it reported, so that nothing is left out.
pub(crate) type Report = Box<dyn FnOnce() -> String>;

macro_rules! contenders {
    ($($file:ident)*) => {
        $(mod $file;)*

        /// All of them, the floor first.
        pub(crate) const ALL: &[Contender] = &[$($file::CONTENDER),*];
    };
}

contenders! {
    floor
    perfkit_timed
    perfkit_timer
    perfkit_layer
    tracing_span
    std_instant
    hotpath_measure
    fastrace_span
    metered_response_time
    prometheus_client_histogram
    prometheus_histogram
    opentelemetry_histogram
    metrics_handle
    metrics_macro
    tracing_timing_span
    autometrics_function
}

/// The one of this name.
pub(crate) fn find(name: &str) -> Option<&'static Contender> {
    ALL.iter().find(|contender| contender.name == name)
}

/// The same function, not timed.
#[inline(never)]
pub(crate) fn untimed(n: u64) -> u64 {
    std::hint::black_box(n)
}

pub(crate) use floor::two_reads;

/// For those that report nothing.
pub(crate) fn no_report() -> Report {
    Box::new(String::new)
}
