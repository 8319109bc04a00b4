//! Shapes of functions that can be timed: they compile as they would without, and are counted
//! under the right name.
#![cfg(feature = "enabled")]
#![deny(warnings)]

use perfkit::{Registry, timed, with_registry};
use std::{fmt::Display, future::Future, pin::pin, task};

/// The names of the operations called, with their counts.
fn called(f: impl FnOnce()) -> Vec<(String, u64)> {
    let registry = Registry::new();
    with_registry(&registry, f);
    let snapshot = registry.snapshot();
    snapshot.operations().iter().map(|o| (o.name().to_owned(), o.count())).collect()
}

#[track_caller]
fn assert_called<const N: usize>(expected: [(&str, u64); N], f: impl FnOnce()) {
    assert_eq!(called(f), expected.map(|(name, count)| (name.to_owned(), count)));
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = task::Context::from_waker(task::Waker::noop());
    match pin!(future).poll(&mut context) {
        task::Poll::Ready(value) => value,
        task::Poll::Pending => panic!("pending"),
    }
}

struct A<T>(T);
struct B;

trait Job {
    fn run(&self) -> u32;

    #[timed]
    fn twice(&self) -> u32 {
        self.run() * 2
    }
}

impl<T: Clone> A<T> {
    #[timed]
    fn new(value: T) -> Self {
        Self(value)
    }

    #[timed]
    fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }

    #[timed]
    fn try_get_mut(&mut self) -> Result<&mut T, String> {
        if false {
            return Err(String::new());
        }
        Ok(&mut self.0)
    }

    #[timed]
    async fn get(&self) -> T {
        self.0.clone()
    }
}

impl B {
    #[timed]
    fn new() -> Self {
        Self
    }
}

impl Job for B {
    #[timed]
    fn run(&self) -> u32 {
        2
    }
}

#[test]
fn a_name_is_the_path_with_the_type() {
    assert_called(
        [
            ("<shapes::B as shapes::Job>::run", 1),
            ("shapes::A::get", 1),
            ("shapes::A::get_mut", 1),
            ("shapes::A::new", 2),
            ("shapes::A::try_get_mut", 1),
            ("shapes::B::new", 1),
            ("shapes::Job::twice", 1),
        ],
        || {
            let mut a = A::new(1_u8);
            *a.get_mut() += 1;
            *a.try_get_mut().unwrap() += 1;
            assert_eq!(ready(A::new(a.0).get()), 3);
            assert_eq!(B::new().twice(), 4);
        },
    );
}

#[timed("shared")]
fn here_as_shared() {}

#[timed(name = "shared")]
fn there_as_shared() {}

#[test]
fn two_sites_of_one_name_are_one_operation() {
    assert_called([("shared", 2)], || {
        here_as_shared();
        there_as_shared();
    });
}

#[timed("generic")]
fn generic<T, const N: usize>(values: &[T; N]) -> String
where
    T: Display,
{
    values.iter().map(ToString::to_string).collect()
}

#[timed("borrowed")]
fn borrowed<'a>(text: &'a str, _other: &str) -> impl Iterator<Item = &'a str> {
    text.split(' ')
}

#[timed("coerced")]
async fn coerced(long: bool) -> Box<dyn Iterator<Item = u8>> {
    if long {
        return Box::new([1, 2].into_iter());
    }
    Box::new(std::iter::once(1))
}

#[timed("maybe")]
async fn maybe() -> Option<Box<dyn Fn() -> u32>> {
    Some(Box::new(|| 7))
}

#[timed("opaque")]
async fn opaque(n: u32) -> Result<impl Display, String> {
    if n == 0 {
        return Err("zero".into());
    }
    Ok(n)
}

#[timed("never")]
fn never() -> ! {
    std::panic::resume_unwind(Box::new(()))
}

#[timed("never_async")]
async fn never_async() -> ! {
    std::panic::resume_unwind(Box::new(()))
}

#[timed("located")]
#[track_caller]
fn located() -> Result<u32, String> {
    let line = std::panic::Location::caller().line();
    if line == 0 { Err("nowhere".into()) } else { Ok(line) }
}

#[timed("inner_attribute")]
fn inner_attribute() {
    #![allow(unused_variables, clippy::let_unit_value)]
    let nothing = ();
}

#[test]
fn signatures_of_all_kinds() {
    assert_called(
        [
            ("borrowed", 1),
            ("coerced", 2),
            ("generic", 1),
            ("inner_attribute", 1),
            ("located", 1),
            ("maybe", 1),
            ("never", 1),
            ("never_async", 1),
            ("opaque", 2),
        ],
        || {
            assert_eq!(generic(&[1, 2, 3]), "123");
            assert_eq!(borrowed("a b", "").count(), 2);
            assert_eq!(ready(coerced(true)).count() + ready(coerced(false)).count(), 3);
            assert_eq!(ready(maybe()).unwrap()(), 7);
            assert_eq!(ready(opaque(1)).unwrap().to_string(), "1");
            assert!(ready(opaque(0)).is_err());
            assert!(std::panic::catch_unwind(|| never()).is_err());
            assert!(std::panic::catch_unwind(|| ready(never_async())).is_err());
            assert_eq!(located().unwrap(), line!());
            inner_attribute();
        },
    );
}

#[timed]
async fn sendable(text: String) -> usize {
    std::future::ready(()).await;
    text.len()
}

#[test]
fn a_future_stays_send() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    assert_eq!(ready(assert_send(sendable("four".into()))), 4);
}
