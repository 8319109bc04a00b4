//! From all operations to one, and back.

use crate::{Page, Served, visit};
use fantoccini::key::Key;
use perf_core::Outcome;
use serde_json::Value;
use std::time::Duration;

const NAMES: &str = "[aria-label='Operations'] tbody .name";

fn shop() -> Served {
    let served = Served::new();
    for at in 0..30_u64 {
        let name = format!("service::operation_{at:02}");
        for call in 1..=10 {
            served.registry.record(&name, Duration::from_millis((at + 1) * call));
        }
    }
    served.trade(10);
    served.tick();
    served
}

async fn first(page: &Page, name: &str) {
    let script = "return document.querySelector(arguments[0])?.textContent";
    page.until(script, &[NAMES], |first| *first == name).await;
}

async fn sorted(page: &Page, column: &str, order: &str) {
    page.shows(&format!("th[aria-sort={order}]"), column).await;
    assert_eq!(page.texts("th[aria-sort=ascending], th[aria-sort=descending]").await.len(), 1);
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn operations_are_sorted_by_clicks_and_by_keys() {
    visit("sort", shop(), async |page, served| {
        page.go("operations").await;
        sorted(page, "Total", "descending").await;
        first(page, "service::operation_29").await;
        page.click("[data-value=p95]").await;
        sorted(page, "p95", "descending").await;
        page.click("[data-value=name]").await;
        sorted(page, "Operation", "ascending").await;
        first(page, "service::operation_00").await;
        page.key("[data-value=name]", Key::Enter).await;
        sorted(page, "Operation", "descending").await;
        first(page, "shop::render").await;
        page.keys("[data-value=max]", " ").await;
        sorted(page, "Max", "descending").await;
        first(page, "service::operation_29").await;
        assert!(page.focused().await.starts_with("Max"), "the heading keeps the focus");
        // A tick changes figures, not the order nor the focus.
        served.registry.record("service::operation_07", Duration::from_secs(9));
        served.tick();
        first(page, "service::operation_07").await;
        sorted(page, "Max", "descending").await;
        assert!(page.focused().await.starts_with("Max"));

        let shown = page.texts(NAMES).await;
        let told = served.api("operations?sort=max&limit=100");
        let told: Vec<_> = told["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        let names: Vec<_> = shown.iter().map(|name| name.split(" {").next().unwrap()).collect();
        assert_eq!(names, told);
        let counts = page.texts("[aria-label='Operations'] tbody tr").await;
        assert_eq!(counts.len(), 35);
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn operations_are_filtered_as_one_types() {
    visit("filter", shop(), async |page, _| {
        page.go("operations").await;
        page.shows(".list output", "35 operations").await;
        page.keys("body", "/").await;
        assert_eq!(page.focused().await, "filter");
        let asked = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('q=')).map(({ name }) => name)";
        page.run("performance.setResourceTimingBufferSize(10000)", &[]).await;
        // All at once: what is typed before the last letter is not asked for.
        page.keys("#filter", "OPERATION 02").await;
        page.shows(".list output", "1 of 35 operations").await;
        first(page, "service::operation_02").await;
        let asked = page.run(asked, &[]).await;
        let last =
            |asked: &Value| asked.as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
        assert!(last(&asked).contains("q=OPERATION+02"), "{asked}");
        assert!(asked.as_array().unwrap().len() < "OPERATION 02".len(), "{asked}");
        page.key("#filter", Key::Escape).await;
        page.shows(".list output", "35 operations").await;
        assert_eq!(page.run("return document.querySelector('#filter').value", &[]).await, "");
        page.keys("#filter", "no such thing").await;
        page.shows(".list .empty", "No operation has such a name or label.").await;
        page.key("#filter", Key::Escape).await;
        page.keys("#filter", "table=us").await;
        page.shows(".list output", "1 of 35 operations").await;
        first(page, "shop::query {table=users}").await;
        // From the filter into the table, and to what is found.
        page.key("#filter", Key::Down).await;
        assert!(page.focused().await.contains("shop::query"));
        page.key(":focus", Key::Enter).await;
        page.settled("operation").await;
        page.shows("h1", "table=users").await;
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn one_operation_is_shown_in_full_and_back_keeps_the_place() {
    let served = shop();
    served.registry.record_outcome("shop::pay", Duration::from_millis(3), Outcome::Panicked);
    served.registry.record_outcome("shop::pay", Duration::from_millis(4), Outcome::Cancelled);
    served.tick();
    visit("drill", served, async |page, served| {
        page.resize(1440, 600).await;
        page.go("operations").await;
        page.click("[data-value=name]").await;
        sorted(page, "Operation", "ascending").await;
        first(page, "service::operation_00").await;
        let scroll = "document.querySelector('.list > .scroll').scrollTo(0, 10000)";
        page.run(scroll, &[]).await;
        let place = "return document.querySelector('.list > .scroll')?.scrollTop ?? 0";
        let before = page.until(place, &[], |at| at.as_f64() > Some(100.0)).await;
        page.until("return listing.scrolled", &[], |at| *at == before).await;
        page.run("[...document.querySelectorAll('main tbody a')].find((row) => row.textContent === 'shop::pay').click()", &[]).await;
        page.settled("operation").await;
        charts(page, served).await;
        outcomes(page, served).await;
        page.client.back().await.unwrap();
        page.settled("operations").await;
        sorted(page, "Operation", "ascending").await;
        page.until(place, &[], |at| (at.as_f64().unwrap() - before.as_f64().unwrap()).abs() < 2.0)
            .await;
    });
}

/// All charts of an operation are drawn, of what the API says.
async fn charts(page: &Page, served: &Served) {
    let told = served.api("operations/shop%3A%3Apay");
    for chart in ["latency", "rate", "errors", "heat", "curve"] {
        let drawn = page.drawn(&format!("[data-plot={chart}] canvas")).await;
        assert!(drawn > 500, "{chart}: {drawn}");
        let label = page
            .run(
                "return document.querySelector(`[data-plot=${arguments[0]}] [role=img]`).ariaLabel",
                &[chart],
            )
            .await;
        assert!(label.as_str().unwrap().len() > 10, "{chart}: {label}");
    }
    let curve = page.plotted("curve").await;
    assert_eq!(curve[1], *told["curve"]["values_ns"].as_array().unwrap());
    assert_eq!(page.plotted("latency").await[2], *told["timeline"]["p95_ns"].as_array().unwrap());
    let heat = page.run("return document.querySelector('[data-plot=heat]').spec.counts", &[]).await;
    assert_eq!(heat, told["heat"]["counts"]);
    page.click("[data-plot=curve] .switch").await;
    assert!(page.drawn("[data-plot=curve] canvas").await > 500);
    assert_eq!(
        page.run("return document.querySelector('[data-plot=curve] input').checked", &[]).await,
        false
    );
}

/// What the tiles and tables say of it.
async fn outcomes(page: &Page, served: &Served) {
    let told = served.api("operations/shop%3A%3Apay");
    let outcomes = page.texts(".outcomes li").await.join("|");
    for outcome in ["ok", "error", "panic", "cancelled"] {
        let count = told["calls"]["outcomes"][outcome].to_string();
        assert!(outcomes.contains(&format!("{outcome}{count}")), "{outcome} {count}: {outcomes}");
    }
    assert_eq!(told["recent"].as_array().unwrap().len(), 12);
    let headings = page.texts("[aria-label='Recent calls'] thead th").await;
    assert_eq!(headings, ["Ended", "Outcome", "Duration"]);
    let recent = page.texts("[aria-label='Recent calls'] tbody tr").await;
    assert_eq!(recent.len(), 12);
    assert!(recent[0].contains("cancelled") && recent[1].contains("panic"), "{recent:?}");
    assert!(!recent.concat().contains("Invalid"), "{recent:?}");
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn callers_callees_and_series_lead_on() {
    visit("relations", shop(), async |page, served| {
        page.go("operation?name=shop%3A%3Aquery").await;
        page.shows("h1", "shop::query").await;
        assert_eq!(page.texts("[aria-label='Series by labels'] tbody tr").await.len(), 2);
        page.click("[aria-label='Called by'] a").await;
        page.shows("h1", "shop::handle").await;
        page.settled("operation").await;
        let told = served.api("operations/shop%3A%3Ahandle");
        assert_eq!(told["callees"][0]["calls"], 20);
        page.shows("[aria-label='Calls'] tbody tr", "shop::query20").await;
        page.shows("[aria-label='Called by']", "outside of operations").await;
        page.click("[aria-label='Calls'] a").await;
        page.shows("h1", "shop::query").await;
        page.click("[aria-label='Series by labels'] a").await;
        page.shows("h1", "table=").await;
        page.settled("operation").await;
        page.shows(".figures > div:first-child", "10 calls").await;
        assert_eq!(
            page.run("return location.hash", &[])
                .await
                .as_str()
                .unwrap()
                .matches("label=table")
                .count(),
            1
        );
        // All that is chosen is in the address: it opens again as it is.
        page.client.refresh().await.unwrap();
        page.shows("h1", "table=").await;
        page.click("[data-window=start]").await;
        page.shows(".heading .span", "since the start").await;
    });
}
