//! Figures that change while they are looked at, stop when told to, and come back after the server has been away.

use crate::{Page, Served, served::BY_ITSELF, visit};
use fantoccini::key::Key;
use perf_monitor::{health::CheckResult, http::Http};
use serde_json::{Value, json};
use std::time::Duration;

/// What the first tile says of the number of calls.
const CALLS: &str = ".figures > div:first-child .note";

/// What the server does not answer while it is away is the browser's to say.
const AWAY: [&str; 2] = ["net::ERR_", "Failed to load resource"];

/// Listens beside the page, so that a test knows what the page has been told.
const LISTEN: &str = "window.heard = 0;
    new EventSource('api/v1/events').addEventListener('tick', () => window.heard++)";

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn an_overview_says_what_is_wrong_and_follows_each_interval() {
    let mut served = Served::new();
    // Browsers log each answer that is an error, here of the health that is down.
    served.excused.push("503 (Service Unavailable)");
    served.check("database", || CheckResult::down("no answer from db-1"));
    served.check("queue", || CheckResult::degraded("40 s behind"));
    served.check("disk", CheckResult::up);
    served.trade(40);
    served.tick();
    visit("overview", served, async |page, served| {
        page.shows(CALLS, "240 calls").await;
        let tiles = page.texts(".figures > div").await;
        let overview = served.api("overview");
        assert_eq!(overview["calls"]["count"], 240);
        let error_rate = overview["calls"]["error_rate"].as_f64().unwrap() * 100.0;
        assert!(tiles[1].contains(&format!("{error_rate:.2} %")), "{tiles:?}");
        assert!(tiles[1].contains("10 failed"), "{tiles:?}");
        assert!(tiles[0].starts_with("Calls per second"), "{tiles:?}");
        assert_ne!(page.text(".figures > div:first-child dd").await, "–");
        page.shows(".attention", "payments take").await;
        page.shows(".attention", "no answer from db-1").await;
        page.shows(".attention", "40 s behind").await;
        assert_eq!(page.texts(".attention li").await.len(), 3);
        assert_eq!(page.text("#health").await, "DOWN");
        assert_eq!(page.text("#firing").await, "1 alert firing");
        page.shows("#live", "Live").await;
        assert_eq!(page.run("return document.title", &[]).await, "(1) Overview · perfkit");
        // One interval, and no other: what came in it is shown.
        served.trade(10);
        served.tick();
        page.shows(CALLS, "300 calls").await;
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn new_calls_are_shown_within_two_intervals() {
    let served = Served::with(BY_ITSELF, Http::new());
    visit("intervals", served, async |page, served| {
        page.shows("#live", "Live").await;
        let heard = "return window.heard";
        page.run(LISTEN, &[]).await;
        page.until(heard, &[], |ticks| *ticks != 0).await;
        let before = page.run(heard, &[]).await.as_u64().unwrap();
        served.trade(10);
        page.shows(CALLS, "60 calls").await;
        let after = page.run(heard, &[]).await.as_u64().unwrap();
        assert!(after - before <= 2, "{before} {after}");
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_paused_page_stays_as_it_is_and_catches_up() {
    let served = Served::new();
    served.trade(10);
    served.tick();
    visit("pause", served, async |page, served| {
        page.shows(CALLS, "60 calls").await;
        page.shows("#live", "Live").await;
        page.run(LISTEN, &[]).await;
        page.click("#pause").await;
        page.shows("#live", "Paused at").await;
        stays(page, served, 4).await;
        assert_eq!(page.text("#pause").await, "Resume");
        page.click("#pause").await;
        page.shows(CALLS, "84 calls").await;

        page.key("body", Key::Escape).await;
        page.keys("body", "p").await;
        page.shows("#live", "Paused at").await;
        stays(page, served, 3).await;
        // What the reader asks for is shown all the same.
        page.click("[data-window='1m']").await;
        page.shows(CALLS, "102 calls").await;
        stays(page, served, 2).await;
        page.keys("body", "p").await;
        page.shows(CALLS, "114 calls").await;
        page.shows("#live", "Live").await;
        assert_timeline(page, served, "1m").await;
    });
}

/// Nothing on screen changes over some ticks with a call each.
async fn stays(page: &Page, served: &Served, ticks: u64) {
    let shown = "return [document.title, document.body.outerHTML,
        ...[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())].join('\\n')";
    page.until("return flight", &[], Value::is_null).await;
    page.frames().await;
    let before = page.run(shown, &[]).await;
    let heard = page.run("return window.heard", &[]).await.as_u64().unwrap();
    for _ in 0..ticks {
        served.trade(1);
        served.tick();
    }
    let is_heard = |now: &Value| now.as_u64().unwrap() >= heard + ticks;
    page.until("return window.heard", &[], is_heard).await;
    page.frames().await;
    assert_eq!(page.run(shown, &[]).await, before);
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_page_comes_back_without_a_gap_when_its_server_does() {
    let mut served = Served::new();
    served.excused.extend(AWAY);
    served.trade(10);
    served.tick();
    visit("reconnect", served, async |page, served| {
        page.shows(CALLS, "60 calls").await;
        page.shows("#live", "Live").await;
        page.run(LISTEN, &[]).await;
        served.stop();
        page.shows("#live", "Reconnecting…").await;
        page.has("main.stale").await;
        let opacity = "return getComputedStyle(document.querySelector('.view')).opacity";
        assert!(page.run(opacity, &[]).await.as_str().unwrap().parse::<f64>().unwrap() < 1.0);
        page.shows(CALLS, "60 calls").await;
        // The process goes on meanwhile.
        for _ in 0..5 {
            served.trade(1);
            served.tick();
        }
        served.start();
        page.shows("#live", "Live").await;
        page.shows(CALLS, "90 calls").await;
        page.has("main:not(.stale)").await;
        page.has_no(".notice").await;
        assert_timeline(page, served, "5m").await;
        // And follows again.
        served.trade(1);
        served.tick();
        page.shows(CALLS, "96 calls").await;
        assert_timeline(page, served, "5m").await;
    });
}

/// What the charts draw is all that the API knows.
async fn assert_timeline(page: &Page, served: &Served, window: &str) {
    page.settled("overview").await;
    let timeline = &served.api(&format!("overview?window={window}"))["timeline"];
    let column = |name: &str| timeline[name].as_array().unwrap().clone();
    let seconds = |value: &Value| value.as_f64().unwrap() / 1e9;
    let per_second =
        |(count, covered): (&Value, &Value)| count.as_f64().unwrap() / seconds(covered);
    let covered = column("covered_ns");
    let rates: Vec<_> = column("count").iter().zip(&covered).map(per_second).collect();
    let drawn = page.plotted("rate").await;
    assert_eq!(drawn[0].len(), rates.len());
    for (drawn, rate) in drawn[1].iter().zip(&rates) {
        assert!((drawn.as_f64().unwrap() - rate).abs() <= rate * 1e-9, "{drawn} {rate}");
    }
    assert_eq!(page.plotted("latency").await[2], column("p95_ns"));
    assert_eq!(page.plotted("latency").await[3], column("p99_ns"));
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_page_goes_on_with_the_process_that_took_the_place() {
    let mut served = Served::new();
    served.excused.extend(AWAY);
    // The operation that is looked at is not there at first: the API says so.
    served.excused.push("404 (Not Found)");
    served.trade(10);
    served.tick();
    visit("restart", served, async |page, served| {
        page.shows(CALLS, "60 calls").await;
        page.shows("#live", "Live").await;
        let before = page.run("return state.server", &[]).await;
        served.restart();
        page.until("return state.server", &[], |server| *server != before).await;
        page.shows(".empty", "No timed operation has been called yet.").await;
        served.trade(2);
        served.tick();
        page.shows(CALLS, "12 calls").await;
        page.shows("#live", "Live").await;
        assert_timeline(page, served, "5m").await;

        page.go("operation?name=shop%3A%3Apay").await;
        served.restart();
        page.shows(".empty", "There is no such operation in this process.").await;
        served.trade(3);
        served.tick();
        page.shows("#live", "Live").await;
        page.click("[data-action='retry']").await;
        page.shows(CALLS, "3 calls").await;
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn an_alert_comes_and_goes_and_stays_in_the_history() {
    let served = Served::new();
    visit("alert", served, async |page, served| {
        page.go("alerts").await;
        page.shows("#live", "Live").await;
        page.shows("main", "No alert is firing.").await;
        page.shows("main", "shop::pay").await;
        served.registry.record("shop::pay", Duration::from_millis(50));
        served.tick();
        page.shows("[aria-label='Firing alerts']", "payments take").await;
        assert_eq!(page.text("#firing").await, "1 alert firing");
        assert_eq!(page.texts("[aria-label='Alert history'] tbody tr").await.len(), 1);
        for _ in 0..100 {
            served.registry.record("shop::pay", Duration::from_micros(50));
        }
        served.tick();
        page.shows("main", "No alert is firing.").await;
        page.shows("[aria-label='Alert history']", "resolved").await;
        let history = page.texts("[aria-label='Alert history'] tbody tr").await;
        let told = served.api("alerts")["history"].clone();
        assert_eq!(told.as_array().unwrap().len(), history.len());
        let statuses: Vec<_> = history
            .iter()
            .map(|row| if row.contains("resolved") { "resolved" } else { "firing" })
            .collect();
        // The newest stands first on the page, and last in the API.
        assert_eq!(statuses, ["resolved", "firing"]);
        assert_eq!(told[1]["status"], json!("resolved"));
        page.until("return document.querySelector('#firing').hidden", &[], |is| is == true).await;
    });
}
