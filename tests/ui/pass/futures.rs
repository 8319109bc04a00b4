// Async functions, and functions that return futures.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::{timed, Outcome};
use std::{
    fmt::Display,
    future::Future,
    panic::{catch_unwind, AssertUnwindSafe},
    pin::Pin,
};
use support::{block_on, called, pause, work};

#[timed("simple")]
async fn simple(n: u32) -> u32 {
    work();
    pause().await;
    n + 1
}

#[timed("borrowing")]
async fn borrowing<'a>(text: &'a str, _other: &str) -> &'a str {
    work();
    pause().await;
    &text[1..]
}

#[timed("coerced")]
async fn coerced(long: bool) -> Box<dyn Iterator<Item = u8>> {
    work();
    if long {
        return Box::new(vec![1, 2].into_iter());
    }
    Box::new(std::iter::once(1))
}

#[timed("maybe")]
async fn maybe() -> Option<Box<dyn Fn() -> u32>> {
    work();
    Some(Box::new(|| 7))
}

#[timed("opaque")]
async fn opaque(n: u32) -> Result<impl Display, String> {
    work();
    if n == 0 {
        return Err("zero".into());
    }
    Ok(n)
}

#[timed("questioned")]
async fn questioned(text: &str) -> Result<u32, std::num::ParseIntError> {
    work();
    pause().await;
    let n: u32 = text.parse()?;
    Ok(n)
}

#[timed("never")]
async fn never() -> ! {
    work();
    std::panic::resume_unwind(Box::new(()))
}

#[timed("pinned")]
fn pinned<'a>(n: &'a u32) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>> {
    Box::pin(async move {
        work();
        pause().await;
        if *n == 0 { Err("zero".into()) } else { Ok(*n) }
    })
}

#[timed("returned")]
fn returned(n: u32) -> impl Future<Output = Result<u32, String>> + Send {
    async move {
        work();
        pause().await;
        if n == 0 { Err("zero".into()) } else { Ok(n) }
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[timed("aliased")]
fn aliased(n: u32) -> BoxFuture<'static, u32> {
    if n == 0 {
        return Box::pin(async {
            work();
            0
        });
    }
    Box::pin(async move {
        work();
        n
    })
}

#[timed("result_of_opaque")]
fn result_of_opaque(n: u8) -> Result<impl Display, Box<dyn std::error::Error>> {
    work();
    if n == 0 {
        return Err(Box::new(std::fmt::Error));
    }
    Ok(n)
}

/// More than a timed future can promise: the call is timed.
#[timed("more_than_a_future")]
fn more_than_a_future() -> impl Future<Output = u8> + Clone {
    work();
    std::future::ready(1)
}

/// Yields a future; nobody need await it here.
#[timed("yields")]
async fn yields() -> Pin<Box<dyn Future<Output = u8> + Send>> {
    work();
    pause().await;
    Box::pin(async { 1 })
}

struct Named {
    code: String,
}

impl Named {
    fn code(&self) -> &str {
        &self.code
    }
}

#[timed("borrowed_kind", err(kind = Named::code))]
fn borrowed_kind(fail: bool) -> Result<(), Named> {
    work();
    if fail { Err(Named { code: "named".into() }) } else { Ok(()) }
}

macro_rules! by_type {
    ($name:ident, $ty:ty, $kind:expr) => {
        #[timed("by_type", err(kind = $kind))]
        fn $name(n: u32) -> $ty {
            async move {
                work();
                if n == 0 { Err(String::from("zero")) } else { Ok(n) }
            }
        }
    };
}

by_type!(by_type, impl Future<Output = Result<u32, String>>, |e| e.len() + 1);

#[timed("recursive")]
async fn recursive(n: u32) -> u32 {
    work();
    if n == 0 {
        return 0;
    }
    let next: Pin<Box<dyn Future<Output = u32>>> = Box::pin(recursive(n - 1));
    next.await + 1
}

trait Service {
    fn call(&self, n: u32) -> impl Future<Output = u32> + Send;
    #[allow(async_fn_in_trait)]
    async fn native(&self) -> u32;
}

struct Double;

impl Service for Double {
    #[timed("in_trait")]
    async fn call(&self, n: u32) -> u32 {
        work();
        n * 2
    }

    #[timed("native")]
    async fn native(&self) -> u32 {
        work();
        pause().await;
        2
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

pub(crate) fn main() {
    called("simple", 1, || assert_eq!(block_on(assert_send(simple(1))), 2));
    called("borrowing", 1, || assert_eq!(block_on(borrowing("ab", "")), "b"));
    called("coerced", 2, || {
        assert_eq!(block_on(coerced(true)).count() + block_on(coerced(false)).count(), 3);
    });
    called("maybe", 1, || assert_eq!(block_on(maybe()).unwrap()(), 7));
    called("opaque", 2, || {
        assert_eq!(block_on(opaque(1)).unwrap().to_string(), "1");
        assert!(block_on(opaque(0)).is_err());
    })
    .errors(1);
    called("questioned", 2, || {
        assert_eq!(block_on(assert_send(questioned("1"))), Ok(1));
        assert!(block_on(questioned("one")).is_err());
    })
    .errors(1);
    called("never", 1, || {
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(never()))).is_err());
    })
    .outcome(Outcome::Panicked, 1);
    called("pinned", 2, || {
        assert_eq!(block_on(assert_send(pinned(&1))), Ok(1));
        assert!(block_on(pinned(&0)).is_err());
    })
    .errors(1);
    called("returned", 2, || {
        assert_eq!(block_on(assert_send(returned(1))), Ok(1));
        assert!(block_on(returned(0)).is_err());
    })
    .errors(1);
    called("aliased", 2, || assert_eq!(block_on(aliased(0)) + block_on(assert_send(aliased(1))), 1));
    called("recursive", 4, || assert_eq!(block_on(recursive(3)), 3));
    called("result_of_opaque", 2, || {
        assert!(result_of_opaque(1).is_ok() && result_of_opaque(0).is_err());
    })
    .errors(1);
    called("more_than_a_future", 1, || assert_eq!(block_on(more_than_a_future()), 1));
    called("yields", 1, || assert_eq!(block_on(block_on(yields())), 1));
    called("borrowed_kind", 1, || {
        assert!(borrowed_kind(false).is_ok() && borrowed_kind(true).is_err());
    })
    .errors(0);
    called("by_type", 1, || {
        assert!(block_on(by_type(1)).is_ok() && block_on(by_type(0)).is_err());
    });
    called("in_trait", 1, || assert_eq!(block_on(Double.call(2)), 4));
    called("native", 1, || assert_eq!(block_on(Double.native()), 2));
    called("simple", 1, || {
        let mut future = Box::pin(simple(1));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    })
    .outcome(Outcome::Cancelled, 1);
}
