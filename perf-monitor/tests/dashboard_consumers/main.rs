//! The live dashboard in a real browser, served by a real monitor.

#![cfg(feature = "http")]

#[path = "../../../perf-export/tests/support/browser.rs"]
mod browser;
#[path = "../support/mod.rs"]
mod support;

mod access;
mod explore;
mod fleet;
mod hostile;
mod live;
mod page;
mod reading;
mod screens;
mod served;
mod shop;
mod views;

use page::Page;
use served::Served;
use std::time::Duration;

/// How long a test may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(150);

/// Opens the dashboard and runs a test on it. Sees to it that nothing was asked of anybody but its server,
/// that no error stands on the console but those excused, and that nobody else's script has run.
fn visit(name: &str, served: Served, test: impl AsyncFnOnce(&Page, &mut Served) + 'static) {
    let (origin, excused) = (served.origin(), served.excused.clone());
    let address = served.address();
    let visit = browser::drive(name, PATIENCE, |client| async move {
        let (page, mut served) = (Page::new(client, &address), served);
        page.open().await;
        test(&page, &mut served).await;
        served
    });
    let is_excused = |line: &&String| !excused.iter().any(|part| line.contains(part));
    let errors: Vec<_> = visit.console.iter().filter(is_excused).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(visit.hacked, serde_json::Value::Null);
    let is_elsewhere = |asked: &&String| {
        let is_of = |scheme: &str| asked.starts_with(scheme);
        !(is_of(&format!("{origin}/")) || is_of("data:") || is_of("blob:") || is_of("chrome"))
    };
    let elsewhere: Vec<_> = visit.requested.iter().filter(is_elsewhere).collect();
    assert_eq!(elsewhere, [""; 0]);
    assert!(visit.requested.iter().any(|asked| asked.ends_with("api/v1/events")));
}
