//! What the macros refuse, and how they say it. `TRYBUILD=overwrite` renews the expected texts.
#![cfg(feature = "enabled")]

#[test]
fn refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
