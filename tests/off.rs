//! Without the feature `enabled`, nothing is timed and everything still compiles.
#![cfg(not(feature = "enabled"))]

use perfkit::{timed, timer};

#[timed("off")]
const fn even_a_const_fn(n: u32) -> u32 {
    n + 1
}

#[timed(level = "info")]
async fn asynchronous() -> u32 {
    let mut timer = timer!("scope");
    timer.fail();
    assert_eq!(timer.elapsed(), std::time::Duration::ZERO);
    assert_eq!(timer!(&format!("{}", 1)).stop(), std::time::Duration::ZERO);
    std::future::ready(even_a_const_fn(1)).await
}

#[test]
fn nothing_is_timed() {
    const THREE: u32 = even_a_const_fn(2);
    assert_eq!(futures::executor::block_on(asynchronous()) + THREE, 5);
    assert!(perfkit::snapshot().operations().is_empty());
}
