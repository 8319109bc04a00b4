//! Everything expands where nothing can be relied on: no prelude, other things under every usual
//! name, no unsafe code, no warnings.
#![cfg(feature = "enabled")]
#![forbid(unsafe_code)]
#![deny(warnings)]
#![no_implicit_prelude]

extern crate perfkit;

/// Not what they seem.
#[allow(dead_code)]
mod std {
    pub(crate) struct Box;
}

#[allow(dead_code)]
mod core {
    pub(crate) struct Option;
}

#[allow(dead_code)]
mod alloc {}

#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
mod shadows {
    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct Box;
    pub(super) struct Scope;
    pub(super) struct CallSite;
    pub(super) struct SITE;
    pub(super) struct here;
    pub(super) enum Some {}
    pub(super) enum None {}
    pub(super) enum Ok {}
    pub(super) enum Err {}
    pub(super) trait Future {}
    pub(super) trait Fn {}
}

#[allow(unused_imports)]
use shadows::*;

#[allow(unused_macros)]
macro_rules! stringify {
    ($($any:tt)*) => {
        compile_error!("not this one")
    };
}

#[perfkit::timed]
fn plain(n: u8) -> u8 {
    let _t = perfkit::timer!("scope");
    let _labelled = perfkit::timer!("scope", n = n);
    let _dynamic = perfkit::timer!(if n > 0 { "a" } else { "b" }, n = n);
    n
}

#[perfkit::timed("fallible", level = "trace", log_above = "1s", in_flight)]
fn fallible(fail: bool) -> ::core::result::Result<u8, u8> {
    if fail { ::core::result::Result::Err(1) } else { ::core::result::Result::Ok(2) }
}

#[perfkit::timed("kinds", err(kind = |code| *code))]
fn kinds(fail: bool) -> ::core::result::Result<u8, u8> {
    fallible(fail)
}

#[perfkit::timed("labelled", labels(n = n))]
async fn labelled(n: u8) -> ::core::result::Result<u8, u8> {
    fallible(n == 0)
}

#[perfkit::timed("polled", poll)]
fn polled() -> impl ::core::future::Future<Output = u8> {
    async { 4 }
}

#[perfkit::timed("boxed")]
fn boxed() -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u8>>> {
    ::std::boxed::Box::pin(async { 5 })
}

#[perfkit::timed("sampled", sample = 2)]
fn sampled() {}

fn locked(lock: &::std::sync::Mutex<u8>) {
    use perfkit::sync::MutexExt as _;
    ::core::mem::drop(lock.lock_timed(perfkit::sync::site!("lock")));
}

#[perfkit::timed]
mod module {
    pub(super) fn inside() {}
}

#[test]
fn everything_is_counted() {
    use ::std::{assert, assert_eq, iter::Iterator, task::Poll};

    fn ready<F: ::core::future::Future>(future: F) -> F::Output {
        let mut context = ::std::task::Context::from_waker(::std::task::Waker::noop());
        let mut future = ::std::pin::pin!(future);
        match ::core::future::Future::poll(future.as_mut(), &mut context) {
            Poll::Ready(output) => output,
            Poll::Pending => ::std::panic!("pending"),
        }
    }

    let registry = perfkit::Registry::new();
    perfkit::with_registry(&registry, || {
        assert_eq!(plain(3), 3);
        assert!(fallible(true).is_err() && kinds(true).is_err());
        assert!(ready(labelled(0)).is_err());
        assert_eq!(ready(polled()) + ready(boxed()), 9);
        sampled();
        sampled();
        module::inside();
        locked(&::std::sync::Mutex::new(1));
    });
    let snapshot = registry.snapshot();
    let counts = snapshot.operations().iter().map(perfkit::Operation::count);
    assert_eq!(counts.sum::<u64>(), 16, "{snapshot:?}");
}
