use crate::{MINUTE, fleet};
use perf_fleet::pressure::Resource;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

#[test]
fn a_hook_runs_once_until_the_pressure_is_gone() {
    let (fleet, clock) = fleet();
    // A cache in memory, of which clearing takes 30 % away.
    let used = Arc::new(AtomicU64::new(80));
    let cleared = Arc::clone(&used);
    fleet.on_pressure(Resource::Memory.above(85.0), move || {
        cleared.fetch_sub(30, Relaxed);
    });
    let check = || fleet.check_pressure(|_| Some(used.load(Relaxed) as f64)).len();
    assert_eq!(check(), 0);
    used.store(85, Relaxed);
    assert_eq!(check(), 0, "exactly the threshold is not above it");
    used.store(120, Relaxed);
    assert_eq!(check(), 1);
    clock.advance(MINUTE);
    assert_eq!(check(), 0, "90 %, but it has run");
    used.store(74, Relaxed);
    assert_eq!(check(), 0, "now it is clear");
    used.store(86, Relaxed);
    assert_eq!(check(), 1);
    let events = fleet.pressure_events();
    let effects: Vec<_> = events.iter().map(|event| (event.before, event.after)).collect();
    assert_eq!(effects, [(120.0, Some(90.0)), (86.0, Some(56.0))]);
    assert_eq!(events[1].at.duration_since(events[0].at).unwrap(), MINUTE);
}

#[test]
fn a_hook_that_panics_is_survived_and_one_that_adds_hooks_does_not_hang() {
    let (fleet, _) = fleet();
    fleet.on_pressure(Resource::Cpu.above(50.0), || panic!("on purpose"));
    let again = fleet.clone();
    fleet.on_pressure(Resource::Cpu.above(50.0), move || {
        again.on_pressure(Resource::Disk.above(1.0), || {});
        let _ = again.pressure_events();
    });
    let events = fleet.check_pressure(|_| Some(60.0));
    assert_eq!(events.iter().map(|event| event.panicked).collect::<Vec<_>>(), [true, false]);
    assert_eq!(fleet.check_pressure(|_| Some(60.0)).len(), 1, "the new one");
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let (fleet, _) = fleet();
    fleet.on_pressure(Resource::Memory.above(85.0), || {});
    for (reading, runs) in [
        (None, 0),
        (Some(f64::NAN), 0),
        (Some(90.0), 1),
        (None, 0),
        (Some(f64::NAN), 0),
        (Some(90.0), 0),
    ] {
        assert_eq!(fleet.check_pressure(|_| reading).len(), runs, "{reading:?}");
    }
}

#[test]
fn events_are_bounded() {
    let (fleet, _) = fleet();
    fleet.on_pressure(Resource::Memory.above(85.0), || {});
    for _ in 0..600 {
        fleet.check_pressure(|_| Some(90.0));
        fleet.check_pressure(|_| Some(10.0));
    }
    assert_eq!(fleet.pressure_events().len(), 256);
}
