//! The accepted shapes of the workspace's `tests/ui/pass`, in the edition of the crate it is built for.
#![allow(unknown_lints, clippy::all, clippy::pedantic)]

macro_rules! shapes {
    ($($name:ident)*) => {
        $(
            #[path = "../ui/pass"]
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
