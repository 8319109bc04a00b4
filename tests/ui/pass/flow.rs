// Ways out of a body: early, by ?, by labels, by panic; ways in: recursion, nesting, macros.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::{timed, timer, Outcome};
use std::panic::catch_unwind;
use support::{called, work};

#[timed("early")]
fn early(n: u32) -> u32 {
    work();
    if n > 1 {
        return n;
    }
    let Some(less) = n.checked_sub(1) else { return 7 };
    less
}

#[timed("question")]
fn question(text: &str) -> Option<u32> {
    work();
    let n: u32 = text.parse().ok()?;
    Some(n)
}

#[timed("labelled")]
fn labelled() -> u32 {
    work();
    let found: i32 = 'outer: loop {
        for n in 0.. {
            if n * n > 50 {
                break 'outer n;
            }
        }
    };
    found.unsigned_abs()
}

#[timed("in_error")]
fn in_error(fail: bool) -> std::io::Result<()> {
    work();
    if fail {
        Err(std::io::ErrorKind::NotFound)?;
    }
    Ok(())
}

#[timed("panics")]
fn panics() -> Result<u32, String> {
    work();
    std::panic::resume_unwind(Box::new(()))
}

#[timed("recursive")]
fn recursive(n: u64) -> u64 {
    work();
    if n < 2 { n } else { recursive(n - 1) + recursive(n - 2) }
}

#[timed("even")]
fn even(n: u32) -> Result<bool, ()> {
    work();
    if n == 0 { Ok(true) } else { odd(n - 1) }
}

#[timed("odd")]
fn odd(n: u32) -> Result<bool, ()> {
    work();
    if n == 0 { Ok(false) } else { even(n - 1) }
}

#[timed("outer")]
fn outer() -> u32 {
    #[timed("inner")]
    fn inner() -> u32 {
        work();
        1
    }
    work();
    inner() + inner()
}

macro_rules! timed_functions {
    ($($name:ident: $ty:ty = $body:block)*) => {
        $(#[timed(name = "by_macro")]
        fn $name() -> $ty $body)*
    };
}

timed_functions! {
    first: u8 = { work(); 1 }
    second: Result<u8, String> = { work(); Err("two".into()) }
}

macro_rules! timed_body {
    ($name:ident, $body:expr) => {
        #[timed("by_expression")]
        fn $name() -> u32 {
            work();
            $body
        }
    };
}

timed_body!(three, 3);
timed_body!(four, 2 + 2);

fn scopes() {
    let _outer = timer!("scope");
    {
        let _inner = timer!("scope",);
        work();
    }
    for n in 0..2 {
        let mut timer = timer!("scope", n = n);
        work();
        timer.fail();
    }
    work();
}

pub(crate) fn main() {
    called("early", 3, || assert_eq!(early(2) + early(1) + early(0), 9));
    called("question", 2, || assert_eq!((question("1"), question("one")), (Some(1), None)));
    called("labelled", 1, || assert_eq!(labelled(), 8));
    called("in_error", 2, || {
        assert!(in_error(false).is_ok() && in_error(true).is_err());
    })
    .errors(1);
    called("panics", 1, || assert!(catch_unwind(panics).is_err())).outcome(Outcome::Panicked, 1);
    called("recursive", 25, || assert_eq!(recursive(6), 8));
    called("even", 3, || assert_eq!(even(4), Ok(true))).errors(0);
    called("odd", 2, || assert_eq!(odd(2), Ok(false)));
    called("inner", 2, || assert_eq!(outer(), 2));
    called("by_macro", 2, || assert_eq!(first(), second().map_or(1, |n| n))).errors(1);
    called("by_expression", 2, || assert_eq!(three() + four(), 7));
    called("scope", 2, scopes).errors(0);
}
