//! Who may look, and from where.

use crate::{Served, visit};
use fantoccini::key::Key;
use perf_monitor::http::Http;
use serde_json::Value;
use std::{net::SocketAddr, thread};

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_token_lets_in_and_signing_out_shuts_the_door() {
    let mut served = Served::with(crate::served::BY_HAND, Http::new().token("s3cret"));
    served.excused.push("401 (Unauthorized)");
    served.trade(10);
    served.tick();
    visit("token", served, async |page, served| {
        page.has("#sign-in").await;
        assert_eq!(page.text("main h1").await, "Sign in");
        assert_eq!(page.focused().await, "token");
        page.keys("#token", "wrong").await;
        page.key("#token", Key::Enter).await;
        page.shows("#sign-in-problem", "That is not the token.").await;
        assert_eq!(page.texts("#views a, .figures, #downloads:not([hidden])").await, [""; 0]);

        page.keys("#token", "s3cret").await;
        page.click("#sign-in button").await;
        page.shows(".figures", "60 calls").await;
        page.shows("#live", "Live").await;
        // The session is the stream's too, and no script can read it.
        served.trade(1);
        served.tick();
        page.shows(".figures", "66 calls").await;
        assert_eq!(page.run("return document.cookie", &[]).await, "");
        let kept = page.run("return JSON.stringify({ ...localStorage })", &[]).await;
        assert!(!kept.as_str().unwrap().contains("s3cret"), "{kept}");

        page.client.refresh().await.unwrap();
        page.shows(".figures", "66 calls").await;
        page.click("#sign-out").await;
        page.has("#sign-in").await;
        let status = "return fetch('api/v1/overview').then((answer) => answer.status)";
        assert_eq!(page.run(status, &[]).await, 401);
        page.client.refresh().await.unwrap();
        page.has("#sign-in").await;
        assert!(!page.text("body").await.contains("66 calls"));
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn it_works_at_a_path_of_another_app() {
    for path in ["/perf", "/a/perf/"] {
        let served = Served::new();
        let router = Http::new().router(&served.monitor);
        let app = axum::Router::new().nest("/perf", router.clone());
        let app = if path == "/perf" { app } else { app.nest("/a/perf/", router) };
        let served = served.mounted(listen(app), path);
        served.trade(10);
        served.tick();
        visit("mounted", served, async |page, served| {
            page.shows(".figures", "60 calls").await;
            page.shows("#live", "Live").await;
            served.trade(1);
            served.tick();
            page.shows(".figures", "66 calls").await;
            page.go("operation?name=shop%3A%3Aquery").await;
            page.shows("h1", "shop::query").await;
            page.go("alerts").await;
            page.shows("main", "slow payments").await;
            let asked = "return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)";
            let asked = page.run(asked, &[]).await;
            let is_within = |asked: &Value| {
                asked.as_str().unwrap().starts_with("/perf/")
                    || asked.as_str().unwrap().starts_with("/a/perf/")
            };
            assert!(asked.as_array().unwrap().iter().all(is_within), "{asked}");
        });
    }
}

/// Serves an app until the test's process ends.
fn listen(app: axum::Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    at
}
