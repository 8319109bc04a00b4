//! Pictures of all views, to be looked at: `target/screenshots`.

use crate::{Page, Served, shop::Shop, visit};
use perf_monitor::{health::CheckResult, http::Http};
use std::{env, fs, path::PathBuf, time::Duration};

/// How long the shop is open before pictures are taken, unless `PERFKIT_SCREENSHOTS_AFTER` says otherwise,
/// in seconds.
const AFTER: u64 = 15;

const SETTINGS: &str = "interval = '250ms'\ntick = '250ms'\n[system]\nresources = true";

const VIEWS: [(&str, &str); 7] = [
    ("overview", "overview"),
    ("operations", "operations"),
    ("operation", "operation?name=db%3A%3Aquery"),
    ("graph", "graph"),
    ("alerts", "alerts"),
    ("resources", "resources"),
    ("metrics", "metrics"),
];

fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").into());
    let folder = target.join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn all_views_have_their_picture_taken() {
    let after = env::var("PERFKIT_SCREENSHOTS_AFTER").ok().map(|text| text.parse().unwrap());
    let after = Duration::from_secs(after.unwrap_or(AFTER));
    let served = Served::with(SETTINGS, Http::new());
    served.check("database", || CheckResult::degraded("it answers slowly"));
    served.check("payments", CheckResult::up);
    served.check("disk", CheckResult::up);
    let shop = Shop::open(&served.registry, after);
    std::thread::sleep(after);
    visit("screens", served, async move |page, _| {
        let _shop = shop;
        page.shows("#live", "Live").await;
        for (kind, scheme, width) in
            [("light", "light", 1440), ("dark", "dark", 1440), ("narrow", "light", 400)]
        {
            page.prefer(scheme).await;
            page.resize(width, 1000).await;
            for (name, place) in VIEWS {
                page.go(place).await;
                picture(page, &format!("{name}-{kind}")).await;
            }
        }
    });
}

/// Of the whole page, however long.
pub(crate) async fn picture(page: &Page, name: &str) {
    page.frames().await;
    let size = page.run("return [innerWidth, document.documentElement.scrollHeight]", &[]).await;
    let (width, height) = (size[0].as_u64().unwrap(), size[1].as_u64().unwrap().min(4_000));
    page.resize(width as u32, height as u32).await;
    let image = page.client.screenshot().await.unwrap();
    page.resize(width as u32, 1000).await;
    assert!(image.starts_with(b"\x89PNG") && image.len() > 10_000, "{name}: {}", image.len());
    fs::write(folder().join(format!("{name}.png")), image).unwrap();
}
