//! A `tracing_subscriber` layer that times every span.

use crate::open_spans::OpenSpans;
use perf_core::{
    __bridge::{SpanCall, operation, own_work, series},
    Registry,
};
use std::{borrow::Cow, cell::Cell, fmt, sync::Arc};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// Times every span, as a call of an operation named by the span: its time is that from the first time
/// it was entered until it is closed, busy while it is entered and idle between
/// ([`polls`](perf_core::Operation::polls), [`idle`](perf_core::Operation::idle)). What runs while it
/// is entered has it as its caller, as in a timed scope. A span that is never entered is not counted. (An
/// instrumented future that is never polled is: `tracing` enters its span to drop it.) One that is dropped
/// before it is ready is closed like any other: as ok.
///
/// A span in which an event at level ERROR occurs is counted as an error; one with an event or a field
/// of its own named `error` too (unless that is `false`, 0, empty or `None`), or with `otel.status_code` set to `ERROR`.
/// [`error_level`](Self::error_level) and [`error_fields`](Self::error_fields) change that.
///
/// To time only some spans, put a filter on it, as on any layer. Without one it asks for all there are,
/// the trace spans of every library among them, and events at every level are then made, if only to be
/// looked at: most programs want `INFO`. A filter has to let the events through that make errors, and one
/// over all layers, such as a global `EnvFilter`, decides for this one, too.
///
/// ```
/// use tracing_subscriber::{filter::LevelFilter, prelude::*};
///
/// tracing_subscriber::registry().with(perf_bridges::layer().with_filter(LevelFilter::INFO)).init();
///
/// tracing::info_span!("load").in_scope(|| tracing::debug_span!("detail").in_scope(|| ()));
/// assert_eq!(perf_core::get("load").unwrap().count(), 1);
/// assert!(perf_core::get("detail").is_none());
/// ```
///
/// A function that has both `#[timed]` and `#[instrument]` is two operations, with the function's path
/// and with the span's name. Where both have one name it is one call: the span, directly inside or
/// around the timed call, is not counted. That takes the same labels on both; with `sample`, it holds for
/// the calls that are timed.
#[must_use = "a layer does nothing until a subscriber has it"]
pub struct SpanLayer {
    labels: Arc<[&'static str]>,
    error_fields: Arc<[&'static str]>,
    error_level: Option<Level>,
    registry: Option<Registry>,
    is_by_target: bool,
    open: OpenSpans<Timing>,
}

impl Clone for SpanLayer {
    /// The same settings. It knows no open spans: ids are those of one subscriber.
    fn clone(&self) -> Self {
        Self {
            labels: Arc::clone(&self.labels),
            error_fields: Arc::clone(&self.error_fields),
            error_level: self.error_level,
            registry: self.registry.clone(),
            is_by_target: self.is_by_target,
            open: OpenSpans::new(),
        }
    }
}

/// A layer that times every span.
///
/// ```
/// use tracing_subscriber::{filter::LevelFilter, prelude::*};
///
/// let layer = perf_bridges::layer().labels(&["table"]);
/// tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO)).init();
///
/// #[tracing::instrument]
/// fn query(table: &str) {}
///
/// query("users");
/// let snapshot = perf_core::snapshot();
/// assert_eq!(snapshot.get_labelled("query", &[("table", "users")]).unwrap().count(), 1);
/// ```
pub fn layer() -> SpanLayer {
    SpanLayer {
        labels: Arc::new([]),
        error_fields: Arc::new(["error", STATUS_CODE]),
        error_level: Some(Level::ERROR),
        registry: None,
        is_by_target: false,
        open: OpenSpans::new(),
    }
}

/// The field by which OpenTelemetry's layer is told a span's status.
const STATUS_CODE: &str = "otel.status_code";

impl SpanLayer {
    /// Fields that become labels, with what they were last set to when the span is closed; fields that
    /// a span does not have, or never sets, are left out of its labels. The number of label sets is
    /// bounded, see [`set_label_cap`](perf_core::set_label_cap).
    pub fn labels(mut self, fields: &[&'static str]) -> Self {
        self.labels = fields.into();
        self
    }

    /// Events at this level or a more severe one make their span an error; `None` if no level does.
    /// `ERROR` unless set.
    pub fn error_level(mut self, level: impl Into<Option<Level>>) -> Self {
        self.error_level = level.into();
        self
    }

    /// Fields, of a span or of an event in it, that make the span an error: `error` and
    /// `otel.status_code` unless set. A field that is `false`, 0, empty or `None` does not, and
    /// `otel.status_code` only as `ERROR`.
    pub fn error_fields(mut self, fields: &[&'static str]) -> Self {
        self.error_fields = fields.into();
        self
    }

    /// Names operations by the span's target and name, `app::users::get`: for programs in which spans of
    /// one name in several modules are different things. By default they are one operation.
    ///
    /// ```
    /// use tracing_subscriber::prelude::*;
    ///
    /// tracing_subscriber::registry().with(perf_bridges::layer().with_target(true)).init();
    /// tracing::info_span!(target: "app::users", "get").in_scope(|| ());
    /// assert_eq!(perf_core::get("app::users::get").unwrap().count(), 1);
    /// ```
    pub fn with_target(mut self, with_target: bool) -> Self {
        self.is_by_target = with_target;
        self
    }

    /// Records in a registry of one's own, whatever thread the spans are on.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    fn is_error(&self, event: &Event<'_>) -> bool {
        let metadata = event.metadata();
        if self.error_level.is_some_and(|level| *metadata.level() <= level) {
            return true;
        }
        let mut fields = metadata.fields().iter();
        if !fields.any(|field| self.error_fields.contains(&field.name())) {
            return false;
        }
        let _own = own_work();
        self.fields(|seen| event.record(seen)).is_error
    }

    fn fields(&self, record: impl FnOnce(&mut Seen<'_>)) -> Fields {
        let mut seen = Seen { layer: self, fields: Fields::default() };
        record(&mut seen);
        seen.fields
    }
}

impl fmt::Debug for SpanLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanLayer")
            .field("labels", &self.labels)
            .field("error_fields", &self.error_fields)
            .field("error_level", &self.error_level)
            .finish_non_exhaustive()
    }
}

/// What is kept of a span.
struct Timing {
    call: SpanCall,
    fields: Fields,
    /// Labels came after it was made.
    is_relabelled: bool,
}

/// What the fields of a span, or of an event, say.
#[derive(Default)]
struct Fields {
    labels: Vec<(&'static str, String)>,
    is_error: bool,
}

impl Fields {
    /// Takes over what was said later.
    fn update(&mut self, later: Self) {
        self.is_error |= later.is_error;
        for (key, value) in later.labels {
            self.labels.retain(|(known, _)| *known != key);
            self.labels.push((key, value));
        }
    }

    fn labels(&self) -> Vec<(&str, &str)> {
        self.labels.iter().map(|(key, value)| (*key, &**value)).collect()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let _own = own_work();
        let fields = self.fields(|seen| attributes.record(seen));
        let op = match &*fields.labels() {
            [] => operation_of(attributes.metadata(), self.is_by_target),
            labels => series(&name(attributes.metadata(), self.is_by_target), labels),
        };
        self.open.insert(id, Timing { call: SpanCall::new(op), fields, is_relabelled: false });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let _own = own_work();
        // Not under the lock: values are shown by code of the program's.
        let fields = self.fields(|seen| values.record(seen));
        self.open.with(id, |timing| {
            timing.is_relabelled |= !fields.labels.is_empty();
            timing.fields.update(fields);
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Those about timed calls tell nothing of the span they are in.
        if event.metadata().target() == "perfkit" || !self.is_error(event) {
            return;
        }
        if let Some(span) = context.event_span(event) {
            self.open.with(&span.id(), |timing| timing.fields.is_error = true);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let registry = self.registry.as_ref();
        let begins_alone = self.open.with(id, |timing| timing.call.enter(registry));
        if begins_alone != Some(true) {
            return;
        }
        // As a task does: it was called from the span it was made in.
        let parent = context.span(id).and_then(|span| Some(span.parent()?.id()));
        let caller = parent.and_then(|id| self.open.with(&id, |timing| timing.call.operation()));
        if let Some(caller) = caller {
            self.open.with(id, |timing| timing.call.set_caller(caller));
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        self.open.with(id, |timing| timing.call.exit());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let _own = own_work();
        let Some(Timing { mut call, fields, is_relabelled }) = self.open.remove(&id) else {
            return;
        };
        if let Some(span) = context.span(&id).filter(|_| is_relabelled) {
            call.relabel(&name(span.metadata(), self.is_by_target), &fields.labels());
        }
        call.close(self.registry.as_ref(), fields.is_error);
    }
}

/// What a span's operation is called.
fn name(metadata: &Metadata<'static>, is_by_target: bool) -> Cow<'static, str> {
    if is_by_target {
        Cow::Owned(format!("{}::{}", metadata.target(), metadata.name()))
    } else {
        Cow::Borrowed(metadata.name())
    }
}

/// Places in a thread's memory of which operation a span is.
const PLACES: usize = 64;

thread_local! {
    /// By the address of the span's metadata, which never goes away, and whether it is by target.
    static OPERATIONS: [Cell<(usize, u32)>; PLACES] = const { [const { Cell::new((0, 0)) }; PLACES] };
}

fn operation_of(metadata: &'static Metadata<'static>, is_by_target: bool) -> u32 {
    // Metadata is aligned: the lowest bit is free.
    let key = std::ptr::from_ref(metadata).addr() | usize::from(is_by_target);
    OPERATIONS.with(|operations| {
        let place = &operations[key / align_of::<Metadata<'_>>() % PLACES];
        match place.get() {
            (known, op) if known == key => op,
            _ => {
                let op = operation(&name(metadata, is_by_target));
                if op != 0 {
                    place.set((key, op));
                }
                op
            }
        }
    })
}

/// Sees the fields of a span or of an event.
struct Seen<'a> {
    layer: &'a SpanLayer,
    fields: Fields,
}

impl Seen<'_> {
    fn label(&mut self, field: &Field, value: impl FnOnce() -> String) {
        if self.layer.labels.contains(&field.name()) {
            self.fields.labels.push((field.name(), value()));
        }
    }

    fn error(&mut self, field: &Field, is_error: impl FnOnce() -> bool) {
        if self.layer.error_fields.contains(&field.name()) {
            self.fields.is_error |= is_error();
        }
    }
}

impl Visit for Seen<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.error(field, || value);
        self.label(field, || value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.error(field, || value != 0);
        self.label(field, || value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.error(field, || value != 0);
        self.label(field, || value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.error(field, || is_error(field, value));
        self.label(field, || value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.error(field, || is_error(field, &unquoted(format!("{value:?}"))));
        self.label(field, || unquoted(format!("{value:?}")));
    }
}

/// Whether a field that tells of errors tells of one: `otel.status_code` by `ERROR` (or as
/// OpenTelemetry's own type shows it), any other unless it is empty, or an `Option` that is `None`.
fn is_error(field: &Field, shown: &str) -> bool {
    if field.name() == STATUS_CODE {
        return shown.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"));
    }
    !matches!(shown, "" | "None")
}

/// What is recorded by `Debug`, as `#[instrument]` does with a `String`, without its quotes.
fn unquoted(shown: String) -> String {
    let inner = shown.strip_prefix('"').and_then(|shown| shown.strip_suffix('"'));
    inner.map(str::to_owned).unwrap_or(shown)
}
