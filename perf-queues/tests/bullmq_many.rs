//! More queues than a name may have label sets.

mod fake;

use fake::Fake;
use perf_core::Registry;
use perf_queues::bullmq::{QueueState, Watch};
use std::{thread::sleep, time::Duration};

#[test]
fn a_thousand_queues_fit_and_no_gauge_stands_for_several() {
    let (fake, registry) = (Fake::start(), Registry::new());
    let names: Vec<_> = (0_u64..2_010).map(|n| format!("queue-{n:04}")).collect();
    fake.told().waiting = names.iter().cloned().zip(1..).collect();
    let watch = Watch::new(&fake.url()).registry(&registry).every(Duration::from_secs(600));
    let watch = names.iter().fold(watch, |watch, name| watch.queue(name));
    let watching = watch.start().unwrap();
    while watching.status().queues.iter().any(|queue| queue.state == QueueState::Starting) {
        sleep(Duration::from_millis(20));
    }
    let snapshot = registry.snapshot();
    let gauge = |name: &str, queue: &str| snapshot.gauge(name, &[("queue", queue)]);
    for (n, name) in (1_u32..).zip(&names[..2_000]) {
        assert_eq!(gauge("queue_jobs_waiting", name), Some(f64::from(n)), "{name}");
        assert_eq!(gauge("queue_jobs_failed", name), Some(0.0), "{name}");
        assert_eq!(
            [gauge("queue_up", name), gauge("queue_is_paused", name)],
            [Some(1.0), Some(0.0)]
        );
    }
    // Beyond that there is none, rather than one for all.
    for name in ["queue_jobs_waiting", "queue_jobs_failed", "queue_up", "queue_is_paused"] {
        assert_eq!(gauge(name, &names[2_005]), None);
        assert_eq!(snapshot.gauge(name, &[("overflow", "true")]), None);
    }
    assert_eq!(watching.stop().queue(&names[2_005]).unwrap().jobs.waiting, 2_006);
}
