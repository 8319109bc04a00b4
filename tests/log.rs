//! The `tracing` event of each call. Alone in its process: the level that is listened to is global.
#![cfg(feature = "enabled")]

use perfkit::{
    LevelFilter,
    sync::{MutexExt as _, site},
    timed, timer,
};
use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    level: String,
    message: String,
    operation: String,
    outcome: String,
    elapsed_ns: Option<u64>,
}

impl Visit for Seen {
    fn record_u64(&mut self, field: &Field, value: u64) {
        assert_eq!(field.name(), "elapsed_ns");
        self.elapsed_ns = Some(value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "operation" => value.clone_into(&mut self.operation),
            "outcome" => value.clone_into(&mut self.outcome),
            other => panic!("unknown field {other}"),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        assert_eq!(field.name(), "message");
        self.message = format!("{value:?}");
    }
}

/// Listens at INFO, and times something itself when it hears an event.
struct Listener(Arc<Mutex<Vec<Seen>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().target(), "perfkit");
        let mut seen = Seen { level: event.metadata().level().to_string(), ..Seen::default() };
        event.record(&mut seen);
        self.0.lock().unwrap().push(seen);
        inside_the_listener();
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[timed("inside_the_listener", level = "info")]
fn inside_the_listener() {}

#[timed("route_query", level = "info")]
fn route_query() -> Result<(), ()> {
    Err(())
}

#[timed("warned", level = "warn")]
async fn warned() {}

#[timed("silent", level = "off")]
fn silent() {}

#[timed("slow_only", level = "info", log_above = "20ms")]
fn slow_only(millis: u64) {
    std::thread::sleep(std::time::Duration::from_millis(millis));
}

#[timed("by_default")]
fn by_default() {}

#[test]
fn calls_are_logged_at_their_level() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let call = || {
        route_query().unwrap_err();
        futures::executor::block_on(warned());
        silent();
        // Not while others wait for the lock.
        drop(Mutex::new(()).lock_timed(site!("lock")));
        by_default();
        drop(timer!("scope"));
    };
    tracing::subscriber::with_default(Listener(Arc::clone(&seen)), || {
        call();
        let logged: Vec<Seen> = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(logged.len(), 2, "{logged:?}");
        assert_eq!((&*logged[0].operation, &*logged[0].level), ("route_query", "INFO"));
        assert_eq!(logged[0].outcome, "error");
        assert!(logged[0].elapsed_ns.is_some());
        let message = logged[0].message.strip_prefix("PERF [route_query]: ").unwrap();
        assert!(message.ends_with('s') && !message.contains(' '), "{message}");
        assert_eq!((&*logged[1].operation, &*logged[1].level), ("warned", "WARN"));

        perfkit::set_log_level(LevelFilter::INFO);
        call();
        let operations: Vec<String> =
            seen.lock().unwrap().drain(..).map(|seen| seen.operation).collect();
        assert_eq!(operations, ["route_query", "warned", "by_default", "scope"]);

        slow_only(1);
        assert_eq!(*seen.lock().unwrap(), []);
        slow_only(25);
        assert_eq!(seen.lock().unwrap().drain(..).next().unwrap().operation, "slow_only");

        perfkit::set_log_level(LevelFilter::OFF);
        call();
        assert_eq!(seen.lock().unwrap().len(), 2);
    });
    assert_eq!(perfkit::get("silent").unwrap().count(), 3);
    assert_eq!(perfkit::get("inside_the_listener").unwrap().count(), 9);
}
