//! Functions of all shapes: they compile as they would without the attribute, without a new
//! warning, and are counted, under the right name and outcome, with a time that can be. The files
//! of `tests/ui/pass`, as modules, so that clippy sees them too.
#![cfg(feature = "enabled")]
// Each file is a program of its own for trybuild, and of any edition for `tests/editions`.
#![allow(
    clippy::duplicate_mod,
    clippy::uninlined_format_args,
    clippy::inline_always,
    clippy::toplevel_ref_arg,
    clippy::boxed_local
)]

macro_rules! shapes {
    ($($name:ident)*) => {
        $(
            #[path = "ui/pass"]
            mod $name {
                mod $name;

                #[test]
                fn all() {
                    $name::main();
                }
            }
        )*
    };
}

shapes!(async_traits attributes blocks flow futures receivers signatures);
