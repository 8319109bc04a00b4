// Unsafe functions. Not in `tests/shapes.rs`: this workspace forbids calling them.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::timed;
use support::{called, work};

#[timed("unsafe_fn")]
unsafe fn unsafe_fn(n: u8) -> u8 {
    work();
    // Inside the body, as without the attribute.
    unsafe { std::mem::transmute::<u8, u8>(n) }
}

/// # Safety
/// None needed.
#[timed("unsafe_result")]
unsafe fn unsafe_result(n: u8) -> Result<u8, String> {
    work();
    if n == 0 { Err("zero".into()) } else { Ok(n) }
}


pub(crate) fn main() {
    called("unsafe_fn", 1, || assert_eq!(unsafe { unsafe_fn(3) }, 3));
    called("unsafe_result", 2, || {
        assert!(unsafe { unsafe_result(3) }.is_ok() && unsafe { unsafe_result(0) }.is_err());
    })
    .errors(1);
}
