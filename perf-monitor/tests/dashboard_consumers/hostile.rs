//! What the program named is text, whatever it is.

use crate::{Page, Served, visit};
use perf_monitor::health::CheckResult;
use serde_json::{Value, json};
use std::time::Duration;

/// Names that would be markup, script, another path or another direction, were they not text.
const HOSTILE: [&str; 16] = [
    "</script><script>window.hacked=1</script>",
    "\"><img src=x onerror=\"window.hacked=2\">",
    "<svg onload=window.hacked=3>",
    "{{script}}<!--<script>{{base}}",
    "javascript:window.hacked=4",
    "it's \"quoted\" `${window.hacked=5}`",
    "right\u{202e}tfel\u{2066}",
    "two\nlines\ttabbed",
    "nul\0nul",
    ".",
    "..",
    "100%25 %2F %",
    "/slashes//and/../dots/",
    "a?b#c&d=e;f+g",
    "🦀 crab 👩‍👩‍👧",
    " ",
];

fn names() -> Vec<String> {
    let long = "x".repeat(9_998) + "🦀";
    HOSTILE.iter().map(|&name| name.to_owned()).chain([long]).collect()
}

fn served() -> Served {
    let served = Served::new();
    for name in &names() {
        for _ in 0..3 {
            let _outer = served.registry.timer_labelled(name, &[("label", name), (name, "value")]);
            drop(served.registry.timer(&format!("inner of {name}")));
        }
        served.registry.counter(name, &[("label", name)]).add(1);
        served.registry.gauge(&format!("system_{name}"), &[("label", name)]).set(1.0);
        served.registry.distribution(name, &[]).record(1.0);
        served.registry.describe(name, None, name.clone());
    }
    served.check("</script><script>window.hacked=6</script>", || {
        CheckResult::degraded("<img src=x onerror=window.hacked=7>")
    });
    served.registry.record("shop::pay", Duration::from_millis(50));
    served.tick();
    served.tick();
    served
}

/// As the page shows it: on a line, what cannot be seen escaped, what is long without its middle.
async fn shown(page: &Page, text: &str) -> String {
    page.run("return shortened(arguments[0])", &[text]).await.as_str().unwrap().to_owned()
}

/// Nothing has been made of what was named but text.
async fn assert_text(page: &Page) {
    let strange = "return [...document.querySelectorAll('img, iframe, main script, body script ~ script ~ script, [onload], [onerror]')].map((one) => one.outerHTML)";
    assert_eq!(page.run(strange, &[]).await, json!([]));
    let bare = "return /[\\u202e\\u2066\\0]/.test(document.body.textContent)";
    assert_eq!(page.run(bare, &[]).await, false);
    assert_eq!(page.run("return window.hacked ?? null", &[]).await, Value::Null);
    let links = "return [...document.querySelectorAll('a')].map((link) => link.href).filter((href) => !href.startsWith(location.origin))";
    assert_eq!(page.run(links, &[]).await, json!([]));
    let wide = "const over = document.documentElement.scrollWidth - innerWidth;
        return over <= 0 ? [] : [over, ...[...document.querySelectorAll('body *')]
            .filter((one) => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === 'visible')
            .map((one) => one.outerHTML.slice(0, 150))]";
    assert_eq!(page.run(wide, &[]).await, json!([]));
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn hostile_names_are_text_in_every_view() {
    visit("hostile", served(), async |page, _| {
        for (view, where_names_are) in [
            ("overview", "[aria-label='Slowest operations'] .name"),
            ("operations", "[aria-label='Operations'] tbody .name"),
            ("graph", "#drawing .node title"),
            ("alerts", "[aria-label='Health checks'] tbody"),
            ("resources", ".gauge .name"),
            ("metrics", "main tbody .name"),
        ] {
            page.go(view).await;
            page.has(where_names_are).await;
            page.frames().await;
            assert_text(page).await;
            let texts = page.texts(where_names_are).await.join("\n");
            match view {
                "alerts" => assert!(texts.contains("window.hacked=7"), "{texts}"),
                "overview" => {}
                _ => {
                    for name in names() {
                        let prefix = if view == "resources" { "system_" } else { "" };
                        let name = shown(page, &format!("{prefix}{name}")).await;
                        assert!(texts.contains(&name), "{view}: {name} is not in {texts}");
                    }
                }
            }
        }
        page.resize(400, 800).await;
        for view in crate::page::VIEWS {
            page.go(view).await;
            page.frames().await;
            assert_text(page).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn hostile_names_can_be_opened() {
    visit("openable", served(), async |page, _| {
        for name in &names() {
            page.go("operations").await;
            let is_there = page.run(
                "const link = [...document.querySelectorAll('main tbody a')].find(({ href }) => {
                    const fields = new URLSearchParams(href.slice(href.indexOf('?') + 1));
                    return fields.get('name') === arguments[0] && fields.get('exact') === 'true';
                });
                link?.click();
                return link !== undefined",
                &[name],
            ).await;
            assert_eq!(is_there, true, "{name}");
            page.settled("operation").await;
            let is_it = "return state.route.fields.get('name') === arguments[0] && state.data?.name === arguments[0]";
            page.until(is_it, &[name], |is| *is == true).await;
            let labels = page.run("return state.data.labels", &[]).await;
            assert_eq!(labels, json!({ "label": name, name.as_str(): "value" }));
            page.shows("h1", &shown(page, name).await).await;
            page.shows(".figures > div:first-child", "3 calls").await;
            page.shows("[aria-label='Calls']", &shown(page, &format!("inner of {name}")).await)
                .await;
            assert!(page.drawn("[data-plot=heat] canvas").await > 100);
            assert_text(page).await;
            // To whom it calls, and back.
            page.click("[aria-label='Calls'] a").await;
            page.shows("h1", &shown(page, &format!("inner of {name}")).await).await;
            page.settled("operation").await;
            page.has("[aria-label='Called by'] a").await;
        }
    });
}
