//! What is told as it happens.

use crate::support::{Events, Served, get, served};
use perf_monitor::http::Http;
use std::time::Duration;

#[test]
fn ticks_and_alerts_are_told_as_they_come_and_again_to_those_who_were_away() {
    let served = served(Http::new());
    let mut events = Events::open(&served, None);
    let (name, _, hello) = events.next().unwrap();
    assert_eq!((&*name, hello["interval_ms"].is_u64()), ("hello", true));
    served.registry.record("job", Duration::from_secs(1));
    served.monitor.tick();
    let (name, id, tick) = events.next().unwrap();
    assert_eq!((&*name, &tick["count"], &tick["firing"]), ("tick", &1.into(), &1.into()));
    let (name, last, alert) = events.next().unwrap();
    assert_eq!(
        (&*name, &alert["rule"], &alert["status"]),
        ("alert", &"slow".into(), &"firing".into())
    );
    drop(events);

    served.monitor.tick();
    let mut again = Events::open(&served, id);
    assert_eq!(again.next().unwrap().2["server"], hello["server"]);
    assert_eq!(again.next().unwrap().1, last);
    assert_eq!(
        again.next().unwrap().2["tick"].as_u64(),
        tick["tick"].as_u64().map(|tick| tick + 1)
    );
    // An id of another run is no reason to wait.
    let mut other = Events::open(&served, Some(1_000_000));
    assert_eq!(other.next().unwrap().0, "hello");
    served.monitor.tick();
    assert_eq!(other.next().unwrap().0, "tick");

    let history = get(&served, "/api/v1/alerts").json();
    assert_eq!(history["history"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&history["firing"][0]["rule"], &history["rules"][0]["name"]),
        (&"slow".into(), &"slow".into())
    );

    let Served { monitor, server, .. } = served;
    assert!(monitor.stop().is_empty());
    // The last tick of the monitor.
    assert_eq!(other.next().unwrap().0, "tick");
    assert!(other.next().is_none());
    drop(server);
}
