//! What the macros refuse, and how they say it. `TRYBUILD=overwrite` renews the expected texts.
#![cfg(feature = "enabled")]

#[test]
fn accepted_and_refused() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
