//! Labels: one series for each combination of values, up to a cap.
#![cfg(feature = "enabled")]

use perfkit::{Operation, Registry, Snapshot, timed, timer, with_registry};
use std::{borrow::Cow, fmt, thread, time::Duration};

struct Request {
    path: String,
    tenant: u32,
}

impl Request {
    fn tenant(&self) -> u32 {
        self.tenant
    }
}

#[timed("handle", labels(route = request.path, tenant = request.tenant(), r#type = "http"))]
fn handle(request: &Request) -> Result<(), ()> {
    if request.tenant == 0 { Err(()) } else { Ok(()) }
}

#[timed("consume", labels(text = text))]
async fn consume(text: String) -> usize {
    text.len()
}

fn snapshot_of(f: impl FnOnce()) -> Snapshot {
    let registry = Registry::new();
    with_registry(&registry, f);
    registry.snapshot()
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    snapshot.operations().iter().map(Operation::full_name).collect()
}

#[test]
fn each_combination_is_a_series() {
    let snapshot = snapshot_of(|| {
        for (path, tenant) in [("/a", 1), ("/b", 1), ("/a", 1), ("/a", 0)] {
            let _ = handle(&Request { path: path.into(), tenant });
        }
        // An argument that moves into the body is looked at before that.
        assert_eq!(futures::executor::block_on(consume("four".into())), 4);
    });
    assert_eq!(
        names(&snapshot),
        [
            r#"consume{text="four"}"#,
            r#"handle{route="/a",tenant="0",type="http"}"#,
            r#"handle{route="/a",tenant="1",type="http"}"#,
            r#"handle{route="/b",tenant="1",type="http"}"#,
        ]
    );
    let labels = [("tenant", "1"), ("route", "/a"), ("type", "http")];
    let series = snapshot.get_labelled("handle", &labels).unwrap();
    assert_eq!((series.count(), series.errors(), series.label("tenant")), (2, 0, Some("1")));
    assert_eq!(snapshot.get_labelled("handle", &labels[..2]), None);
    assert_eq!(snapshot.series("handle").map(Operation::errors).sum::<u64>(), 1);
    assert_eq!(snapshot.get("handle"), None);
    // Labelled series keep two digits.
    assert_eq!(series.histogram().digits(), 2);
}

/// Shows itself, and is timed with labels while doing so.
struct Shown(u8);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _t = timer!("showing", what = self.0);
        write!(f, "<{}>", self.0)
    }
}

#[test]
fn a_value_is_text_or_anything_that_shows_itself() {
    let snapshot = snapshot_of(|| {
        for _ in 0..2 {
            drop(timer!("values", a = "str", b = String::from("string"), c = 'c'));
            drop(timer!("values", a = Cow::Borrowed("cow"), b = 1.5, c = Shown(7)));
            drop(timer!(&format!("dynamic {}", 1), key = "value"));
        }
        drop(timer!("values", a = "x\0y", b = "\"quoted\"", c = "new\nline"));
    });
    let count = |labels: &[(&str, &str)]| snapshot.get_labelled("values", labels).unwrap().count();
    assert_eq!(count(&[("a", "str"), ("b", "string"), ("c", "c")]), 2);
    assert_eq!(count(&[("a", "cow"), ("b", "1.5"), ("c", "<7>")]), 2);
    assert_eq!(count(&[("a", "x\0y"), ("b", "\"quoted\""), ("c", "new\nline")]), 1);
    assert_eq!(snapshot.get_labelled("dynamic 1", &[("key", "value")]).unwrap().count(), 2);
    assert!(snapshot.get_labelled("showing", &[("what", "7")]).unwrap().count() >= 2);
}

#[test]
fn values_are_never_taken_for_one_another() {
    let snapshot = snapshot_of(|| {
        // The same bytes in all, cut elsewhere; and more series than a thread's cache has places.
        drop(timer!("cut", a = "ab", b = "c"));
        drop(timer!("cut", a = "a", b = "bc"));
        for _ in 0..3 {
            for n in 0..1500 {
                drop(timer!("many", n = n));
            }
        }
    });
    assert_eq!(snapshot.series("cut").count(), 2);
    assert_eq!(snapshot.series("many").count(), 1500);
    assert!(snapshot.series("many").all(|series| series.count() == 3));
}

#[test]
fn threads_share_their_series() {
    let registry = Registry::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_registry(&registry, || {
                    for n in 0..1000 {
                        drop(timer!("shared", bucket = n % 10));
                    }
                });
            });
        }
    });
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.series("shared").count(), 10);
    assert!(snapshot.series("shared").all(|series| series.count() == 400));
}

#[test]
fn beyond_the_cap_everything_is_one_series_with_an_estimate() {
    const SERIES: u64 = 12_000;
    let snapshot = snapshot_of(|| {
        for n in 0..SERIES {
            drop(timer!("capped", user = n));
        }
        // What is known already stays apart; what is not does not count as new each time.
        drop(timer!("capped", user = 5));
        (0..100).for_each(|_| drop(timer!("capped", user = SERIES - 1)));
    });
    assert_eq!(snapshot.series("capped").count(), 2001);
    let overflow = snapshot.get_labelled("capped", &[("overflow", "true")]).unwrap();
    assert_eq!(overflow.count(), SERIES - 2000 + 100);
    let folded = overflow.folded_series();
    assert!(folded.abs_diff(SERIES - 2000) <= (SERIES - 2000) / 10, "{folded}");
    assert_eq!(snapshot.get_labelled("capped", &[("user", "5")]).unwrap().count(), 2);
}

#[test]
fn series_merge_and_since_by_their_labels() {
    let registry = Registry::new();
    let call = |shard: u8| with_registry(&registry, || drop(timer!("sharded", shard = shard)));
    call(1);
    let earlier = registry.snapshot();
    call(1);
    call(2);
    let interval = registry.snapshot().since(&earlier);
    assert!(interval.series("sharded").all(|series| series.count() == 1));
    let mut merged = earlier;
    merged.merge(&interval);
    let counts: Vec<u64> = merged.series("sharded").map(Operation::count).collect();
    assert_eq!(counts, [2, 1]);
    assert!(merged.elapsed() > Duration::ZERO);
}

/// Fails to show itself, half-way.
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_value_that_fails_to_show_itself_is_what_it_showed() {
    #[timed(name = "labels_broken", labels(value = Broken))]
    fn broken() {}
    (0..3).for_each(|_| broken());
    let snapshot = perfkit::snapshot();
    let series = snapshot.get_labelled("labels_broken", &[("value", "half")]);
    assert_eq!(series.map(Operation::count), Some(3));
}
