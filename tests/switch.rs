//! Timing switched off at run time. Alone in its process: the switch is global.
#![cfg(feature = "enabled")]

use perfkit::{TimedExt, timed, timer};

#[timed("switched")]
fn switched() {}

#[timed("switched_async")]
async fn switched_async() {}

#[test]
fn nothing_is_recorded_while_switched_off() {
    perfkit::set_enabled(false);
    switched();
    futures::executor::block_on(switched_async());
    futures::executor::block_on(async {}.timed("switched_future"));
    let timer = timer!("switched_timer");
    assert_eq!(timer.elapsed(), std::time::Duration::ZERO);
    assert_eq!(timer.stop(), std::time::Duration::ZERO);
    perfkit::record("switched_record", std::time::Duration::from_secs(1));
    assert!(perfkit::snapshot().operations().is_empty());

    perfkit::set_enabled(true);
    switched();
    let held = timer!("switched_timer");
    perfkit::set_enabled(false);
    // What began while switched on is recorded.
    drop(held);
    perfkit::set_enabled(true);
    assert_eq!(perfkit::get("switched").unwrap().count(), 1);
    assert_eq!(perfkit::get("switched_timer").unwrap().count(), 1);
}
