// Attributes beside ours, and what kind of function it is.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::timed;
use std::panic::Location;
use support::{called, work};

/// Documented.
#[timed("inlined")]
#[inline(always)]
fn inlined() {
    work();
}

#[timed("located")]
#[track_caller]
fn located() -> &'static Location<'static> {
    work();
    Location::caller()
}

#[track_caller]
#[timed("located_result")]
fn located_result() -> Result<u32, String> {
    work();
    let line = Location::caller().line();
    if line == 0 { Err("nowhere".into()) } else { Ok(line) }
}

#[must_use]
#[timed("must_use")]
fn must_use() -> u8 {
    work();
    1
}

#[deprecated]
#[timed("deprecated")]
fn deprecated() {
    work();
}

#[cfg(not(any()))]
#[timed("configured")]
fn configured(#[cfg(any())] gone: Gone, kept: u8) -> u8 {
    work();
    kept
}

#[timed("inner")]
fn inner() {
    #![allow(unused_variables)]
    let nothing = 0;
    work();
}

#[expect(dead_code)]
#[timed("never called")]
fn expected_dead() {}

#[timed("extern_c")]
extern "C" fn extern_c(n: u8) -> u8 {
    work();
    n
}

pub(crate) mod visible {
    #[perfkit::timed("visible")]
    pub(in super::visible) fn inside() {
        super::work();
    }

    pub(super) fn call() {
        inside();
    }
}

pub(crate) fn main() {
    called("inlined", 1, inlined);
    called("located", 1, || assert_eq!(located().line(), line!()));
    called("located_result", 1, || assert_eq!(located_result(), Ok(line!())));
    called("must_use", 1, || assert_eq!(must_use(), 1));
    #[allow(deprecated)]
    called("deprecated", 1, deprecated);
    called("configured", 1, || assert_eq!(configured(3), 3));
    called("inner", 1, inner);
    called("extern_c", 1, || assert_eq!(extern_c(3), 3));
    called("visible", 1, visible::call);
}
