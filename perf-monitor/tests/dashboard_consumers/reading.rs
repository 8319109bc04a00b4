//! It can be read: in the dark, on a telephone, and by those who do not see it.

use crate::{Page, Served, page::VIEWS, shop, visit};
use perf_monitor::health::CheckResult;
use serde_json::Value;
use std::{env, fs, path::PathBuf};

/// Everything that a view can show: with something wrong, so that no view is empty.
fn served() -> Served {
    let served = Served::new();
    served.check("database", || CheckResult::degraded("it answers slowly"));
    served.check("disk", CheckResult::up);
    served.trade(10);
    shop::instruments(&served.registry);
    served.tick();
    served.trade(10);
    served.tick();
    served
}

/// All views, that of an operation and one that is not there too.
fn places() -> impl Iterator<Item = &'static str> {
    VIEWS.into_iter().chain(["operation?name=shop%3A%3Apay", "operation?name=shop%3A%3Ahandle"])
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn it_is_dark_where_the_system_is_or_the_reader_wants_it() {
    visit("dark", served(), async |page, _| {
        let is_dark = async |wanted: bool| {
            let light = "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number); return r + g + b";
            page.until(light, &[], |sum| (sum.as_f64().unwrap() < 200.0) == wanted).await;
        };
        page.prefer("light").await;
        is_dark(false).await;
        let canvas = "return document.querySelector('[data-plot=rate] canvas').toDataURL()";
        page.has("[data-plot=rate] canvas").await;
        let light = page.run(canvas, &[]).await;
        page.prefer("dark").await;
        is_dark(true).await;
        // What is drawn is drawn anew.
        page.until(canvas, &[], |drawn| *drawn != light).await;
        page.click("#theme").await;
        is_dark(false).await;
        assert_eq!(page.text("#theme").await, "Light");
        page.click("#theme").await;
        page.prefer("light").await;
        is_dark(true).await;
        page.client.refresh().await.unwrap();
        page.has("main h1").await;
        is_dark(true).await;
        page.click("#theme").await;
        is_dark(false).await;
        assert_eq!(page.text("#theme").await, "Auto");
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn nothing_is_out_of_reach_at_400_points() {
    visit("narrow", served(), async |page, _| {
        for width in [400, 320, 700] {
            page.resize(width, 800).await;
            for place in places() {
                page.go(place).await;
                page.frames().await;
                let wide = "return [document.documentElement.scrollWidth, innerWidth, [...document.querySelectorAll('body *')]
                    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, nav, svg, .plot, .unseen'))
                    .map((one) => one.outerHTML.slice(0, 100))]";
                let wide = page.run(wide, &[]).await;
                assert!(wide[0].as_u64() <= wide[1].as_u64(), "{place} at {width}: {wide}");
                assert_eq!(wide[2], serde_json::json!([]), "{place} at {width}");
            }
            for view in VIEWS {
                reach(page, view).await;
            }
        }
    });
}

/// Each view's link can be brought into sight, and be clicked there.
async fn reach(page: &Page, view: &str) {
    let link = format!("#views a[href='#/{view}']");
    page.click(&link).await;
    page.settled(view).await;
    let seen = "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return box.left >= -1 && box.right <= innerWidth + 1";
    page.until(seen, &[&link], |is| *is == true).await;
}

/// The source of axe-core, from where `cargo xtask ci` has installed it.
pub(crate) fn axe() -> String {
    let modules = env::var_os("PERFKIT_NODE_MODULES").map(PathBuf::from);
    let modules = modules.expect("PERFKIT_NODE_MODULES says where axe-core is: cargo xtask ci");
    let file = modules.join("axe-core/axe.min.js");
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What it finds that is serious or critical.
pub(crate) async fn findings(page: &Page) -> Vec<String> {
    let script = "const done = arguments[0];
        axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then(({ violations, passes }) => done({
            passes: passes.length,
            found: violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => `${impact} ${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)),
        }), (error) => done({ passes: 0, found: [String(error)] }))";
    let found: Value = page.client.execute_async(script, vec![]).await.unwrap();
    assert!(found["passes"].as_u64().unwrap() > 15, "{found}");
    let all = found["found"].as_array().unwrap().iter();
    let texts = all.map(|text| text.as_str().unwrap().to_owned());
    texts.filter(|text| !text.starts_with("minor") && !text.starts_with("moderate")).collect()
}

fn audit(name: &str, scheme: &'static str, width: u32) {
    let source = axe();
    visit(name, served(), async move |page, _| {
        page.prefer(scheme).await;
        page.resize(width, 900).await;
        page.client.execute(&source, vec![]).await.unwrap();
        let mut all = Vec::new();
        for place in places() {
            page.go(place).await;
            page.frames().await;
            all.extend(findings(page).await.into_iter().map(|text| format!("{place}: {text}")));
        }
        assert!(all.is_empty(), "{}", all.join("\n"));
    });
}

#[test]
#[ignore = "needs Chromium, its driver and axe-core: cargo xtask ci"]
fn axe_finds_nothing_serious_in_the_light() {
    audit("axe-light", "light", 1440);
}

#[test]
#[ignore = "needs Chromium, its driver and axe-core: cargo xtask ci"]
fn axe_finds_nothing_serious_in_the_dark() {
    audit("axe-dark", "dark", 1440);
}

#[test]
#[ignore = "needs Chromium, its driver and axe-core: cargo xtask ci"]
fn axe_finds_nothing_serious_where_it_is_narrow() {
    audit("axe-narrow", "light", 400);
}
