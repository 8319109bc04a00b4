//! A fleet in the browser: what is shown of workers, and what one comes to by clicks.

#![cfg(feature = "fleet")]

use crate::{
    Served,
    reading::{axe, findings},
    screens::picture,
    visit,
};
use perf_fleet::{Fleet, ManualClock, TaskRecord};
use perf_monitor::http::Http;
use std::time::{Duration, SystemTime};

const DOMAINS: [&str; 3] = ["Platform", "Data", "<i>hostile</i>"];
const MINUTE: Duration = Duration::from_secs(60);

/// An hour of 30 workers. The first fails in its second half, the second has too much to do, and the last
/// has a name that would be a script.
fn fleet() -> (Fleet, ManualClock) {
    let clock = ManualClock::at(SystemTime::now() - 60 * MINUTE);
    let fleet = Fleet::builder().clock(clock.clone()).build();
    for minute in 0..60_u64 {
        for n in 0..30_u64 {
            let domain = DOMAINS[n as usize % 3];
            let name = if n == 29 {
                "<script>window.hacked = 1</script>".into()
            } else {
                format!("Agent {n}")
            };
            let worker = fleet.worker(&format!("AGENT_{n:02}")).name(&name).domain(domain);
            let worker = worker.max_concurrent(4);
            let is_failing = n == 0 && minute >= 30;
            let took = Duration::from_secs(60 + (minute * 7 + n * 13) % 40);
            worker.record(&TaskRecord::new(took, !is_failing || minute % 2 == 0).kind("build"));
            worker.cache(95, 5);
            let (workload, queue) = if n == 1 { (97.0, 120) } else { (60.0, n % 3) };
            worker.set_workload(workload);
            worker.set_queue_depth(queue);
        }
        clock.advance(MINUTE);
    }
    (fleet, clock)
}

fn served() -> (Served, ManualClock) {
    let (fleet, clock) = fleet();
    (Served::with("interval = '250ms'\ntick = '250ms'", Http::new().fleet(&fleet)), clock)
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_fleet_is_shown_and_a_worker_come_to() {
    let (mut served, clock) = served();
    served.excused.push("404 (Not Found)");
    visit("fleet", served, async move |page, _| {
        page.has("#views a[href='#/fleet']").await;
        page.go("fleet").await;
        assert_eq!(page.texts(".figures dt").await[..2], ["Workers", "Average health"]);
        assert!(page.text(".figures div:first-child dd").await.starts_with("30"));
        // The least healthy first, a cell for each five minutes.
        let rows = page.texts(".beats tbody th").await;
        assert_eq!(
            (rows.len(), rows[0].contains("Agent 1") || rows[0].contains("Agent 0")),
            (30, true)
        );
        let cells = "return document.querySelectorAll('.beats tbody tr:first-child td').length";
        assert_eq!(page.run(cells, &[]).await, 12);
        let issues = page.texts(".panel table[class] tbody td").await.join("\n");
        assert!(issues.contains("The queue depth of AGENT_01 is 120, over 100"), "{issues}");
        // By domain, by name, and back.
        page.click("[data-action='domain'][data-value='Data']").await;
        page.shows("output[for='filter']", "10").await;
        page.click("[data-action='domain'][data-value='Data']").await;
        page.keys("#filter", "agent_07").await;
        page.shows("output[for='filter']", "1 of 30").await;
        page.click(".list tbody a.link").await;
        page.settled("worker").await;
        assert_eq!(page.text("h1").await, "AGENT_07");
        assert_eq!(page.texts(".back a").await, ["Fleet"]);
        let parts = page.texts("[aria-label='Parts of the health score'] tbody th").await;
        assert_eq!(parts, ["success", "errors", "performance", "workload", "cache", "recency"]);
        // What happens now is shown with the next tick.
        clock.advance(MINUTE);
        page.go("worker?id=nobody").await;
        page.shows("#main", "There is no such worker").await;
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_fleet_has_its_picture_taken() {
    let (served, _clock) = served();
    let source = axe();
    visit("fleet-screens", served, async move |page, _| {
        page.client.execute(&source, vec![]).await.unwrap();
        for (kind, scheme, width) in
            [("light", "light", 1440), ("dark", "dark", 1440), ("narrow", "light", 400)]
        {
            page.prefer(scheme).await;
            page.resize(width, 1000).await;
            for (name, place) in [("fleet", "fleet"), ("worker", "worker?id=AGENT_00")] {
                page.go(place).await;
                assert_eq!(findings(page).await, [""; 0], "{name} {kind}");
                picture(page, &format!("{name}-{kind}")).await;
            }
        }
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn without_a_fleet_there_is_no_view_of_one() {
    let mut served = Served::with("", Http::new());
    served.excused.push("404 (Not Found)");
    visit("no-fleet", served, async move |page, _| {
        page.has_no("#views a[href='#/fleet']").await;
        page.go("fleet").await;
        page.shows("#main", "This program shows none.").await;
    });
}
