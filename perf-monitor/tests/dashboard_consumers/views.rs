//! The graph, resources, metrics, and what is shown where there is nothing.

use crate::{Page, Served, page::VIEWS, served::BY_HAND, shop, visit};
use perf_monitor::http::Http;
use serde_json::Value;
use std::time::Duration;

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn the_graph_has_all_calls_and_leads_to_operations() {
    let served = Served::new();
    served.trade(10);
    served.tick();
    visit("graph", served, async |page, served| {
        page.go("graph").await;
        page.has("#drawing .node").await;
        let told = served.api("graph");
        let arrows =
            told["edges"].as_array().unwrap().iter().filter(|edge| !edge["caller"].is_null());
        let arrows: Vec<_> = arrows.collect();
        assert_eq!((arrows.len(), &arrows[0]["calls"]), (1, &20.into()));
        let drawn = page.texts("#drawing .arrow title").await;
        assert_eq!(drawn.len(), 1);
        assert!(drawn[0].starts_with("shop::handle → shop::query: 20 × · "), "{drawn:?}");
        let nodes = page.texts("#drawing .node title").await;
        assert!(nodes.iter().any(|node| node.starts_with("shop::query: 20 × · ")), "{nodes:?}");
        page.shows(".graph .bar", "2 operations neither called").await;
        // New figures in the same drawing.
        served.trade(1);
        served.tick();
        page.shows("#drawing .arrow title", "22 ×").await;
        page.click("#larger").await;
        let node = "[...document.querySelectorAll('#drawing .node')].find((node) => node.textContent.includes('shop::query')).dispatchEvent(new MouseEvent('click', { bubbles: true }))";
        page.run(node, &[]).await;
        page.shows("h1", "shop::query").await;
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn resources_and_metrics_are_what_the_api_says() {
    let served = Served::new();
    shop::instruments(&served.registry);
    drop(served.registry.timer_labelled("network_latency", &[("target", "db-1:5432")]));
    served.registry.gauge("system_memory_used_bytes", &[]).set(3.0 * 1024.0 * 1024.0 * 1024.0);
    served.registry.describe("system_memory_used_bytes", Some("By"), "Memory that is used");
    served.tick();
    served.registry.gauge("system_memory_used_bytes", &[]).set(2.0 * 1024.0 * 1024.0 * 1024.0);
    served.tick();
    visit("resources", served, async |page, served| {
        page.go("resources").await;
        let told = served.api("resources");
        let gauges = told["gauges"].as_array().unwrap();
        page.shows(".gauge .key", "2 GiB").await;
        let charts = page.texts(".gauge").await;
        assert_eq!(charts.len(), gauges.len());
        let key = "return document.querySelector('.gauge').dataset.plot";
        let key = page.run(key, &[]).await;
        let values = "return document.querySelector('.gauge').plot.data[1].filter((value) => value !== null)";
        let values = page.run(values, &[]).await;
        // JavaScript has no other numbers than these.
        let known = |values: &Value| -> Vec<f64> {
            values.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
        };
        let wanted = gauges
            .iter()
            .find(|gauge| key.as_str().unwrap().contains(gauge["name"].as_str().unwrap()));
        assert_eq!(known(&values), known(&wanted.unwrap()["values"]), "{key}");

        page.shows("[aria-label='Network latency'] tbody", "db-1:5432").await;
        page.click("[aria-label='Network latency'] tbody a").await;
        page.shows("h1", "network_latency").await;
        page.shows("h1", "target=db-1:5432").await;
        page.shows(".figures > div:first-child", "1 call").await;
        metrics(page, served).await;
    });
}

async fn metrics(page: &Page, served: &Served) {
    page.go("metrics").await;
    let told = served.api("metrics");
    let all = told["metrics"].as_array().unwrap().len();
    page.shows(".bar output", &format!("{all} metrics")).await;
    assert_eq!(page.texts("main tbody tr").await.len(), all);
    page.shows("[aria-label='Counters']", "orders_placed").await;
    page.shows("[aria-label='Counters'] tbody", "1\u{202f}204").await;
    page.shows("[aria-label='Gauges']", "queue_depth").await;
    page.shows("[aria-label='Distributions']", "cart_value").await;
    page.keys("body", "/").await;
    page.keys("#filter", "PLACED card").await;
    page.shows(".bar output", &format!("1 of {all} metrics")).await;
    assert_eq!(page.texts("main tbody tr").await.len(), 1);
    served.registry.counter("orders_placed", &[("payment", "card")]).add(1);
    served.tick();
    page.shows("[aria-label='Counters'] tbody", "1\u{202f}205").await;
    assert_eq!(page.focused().await, "filter");
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_process_that_has_done_nothing_is_told_apart_from_one_that_cannot_be_asked() {
    // The log, where it is told of alerts, counts what it was told.
    let settings = format!("{BY_HAND}\n[notify.log]\nenabled = false");
    visit("empty", Served::with(&settings, Http::new()), async |page, served| {
        for (view, text) in VIEWS.into_iter().zip([
            "No timed operation has been called yet.",
            "No timed operation has been called yet.",
            "No timed operation has been called yet.",
            "No alert has begun or ended since the start.",
            "No resources are watched.",
            "No metrics are recorded.",
        ]) {
            page.go(view).await;
            page.shows("main .empty", text).await;
            assert!(!page.text("main").await.contains("could not be loaded"), "{view}");
            assert!(!page.text("main").await.contains("undefined"), "{view}");
            assert!(!page.text("main").await.contains("NaN"), "{view}");
        }
        page.go("overview").await;
        served.registry.record("first", Duration::from_millis(1));
        served.tick();
        page.shows(".figures", "1 call").await;
    });
}
