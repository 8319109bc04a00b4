//! The report in a browser.

#[path = "support/browser.rs"]
mod browser;
mod support;

use browser::{click, drive, texts};
use fantoccini::{Client, Locator, error::CmdError, key::Key};
use perf_core::{Registry, Snapshot};
use serde_json::Value;
use std::{future::Future, time::Duration};
use support::Folder;

/// The percentile curve.
const CURVE: &str = "#details canvas";

/// Labels that would be markup or script, were they not text.
const HOSTILE: [&str; 5] = [
    "</script><script>window.hacked=1</script>",
    "\"><img src=x onerror=\"window.hacked=2\">",
    "<svg onload=window.hacked=3>",
    "{{script}}<!--<script>",
    "two\nlines\0 'quoted' \\u003c \u{2028}",
];

/// A `</script>` for each place a name can come to, and figures to sort by.
fn snapshot(operations: u64) -> Snapshot {
    let registry = Registry::new();
    for at in 0..operations {
        let name = format!("service::operation_{at:03}");
        for call in 1..=200 {
            registry.record(&name, Duration::from_micros((at + 1) * call));
        }
    }
    for hostile in HOSTILE {
        perf_core::with_registry(&registry, || {
            let _outer = perf_core::timer(hostile);
            drop(perf_core::timer("inner"));
        });
        registry.counter(hostile, &[("label", hostile)]).add(1);
        registry.gauge(hostile, &[]).set(f64::NAN);
        registry.distribution(hostile, &[]).record(1.0);
        registry.describe(hostile, None, hostile);
    }
    registry.snapshot()
}

/// Opens the report of a snapshot, runs a test on it, and sees to it that the page has run without an
/// error, asked for nothing, and run nobody else's script.
fn open<F: Future<Output = Result<(), CmdError>> + 'static>(
    name: &str,
    snapshot: &Snapshot,
    test: impl FnOnce(Client) -> F + 'static,
) {
    let folder = Folder::new(name);
    let file = folder.write("report.html", perf_export::html::write(snapshot));
    let page = format!("file://{}", file.display());
    let address = page.clone();
    let visit = drive(name, Duration::from_secs(60), |client| async move {
        client.goto(&address).await.unwrap();
        test(client).await.unwrap();
    });
    assert_eq!(visit.console, [""; 0]);
    assert_eq!(visit.hacked, Value::Null);
    // Before it there was the browser's own page.
    let since = visit.requested.iter().skip_while(|address| **address != page);
    assert_eq!(since.collect::<Vec<_>>(), [&page], "{:?}", visit.requested);
}

const NAMES: &str = "#rows tbody .name";

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn rows_are_sorted_by_clicks_and_keys_and_filtered() {
    open("rows", &snapshot(30), |client| async move {
        let first =
            async |client: &Client| Ok::<_, CmdError>(texts(client, NAMES).await?[0].clone());
        assert_eq!(first(&client).await?, "service::operation_029");
        let sorted = "#rows th[aria-sort=descending]";
        assert_eq!(texts(&client, sorted).await?, ["total"]);

        let maximum = "#rows thead th:last-child button";
        click(&client, maximum).await?;
        assert_eq!(
            (texts(&client, sorted).await?, first(&client).await?),
            (vec!["max".into()], "service::operation_029".into())
        );
        client.find(Locator::Css(maximum)).await?.send_keys(&Key::Enter.to_string()).await?;
        assert_eq!(texts(&client, "#rows th[aria-sort=ascending]").await?, ["max"]);
        let rising = texts(&client, NAMES).await?;
        let named = |name: &str| rising.iter().position(|other| other == name).unwrap();
        assert!(named("service::operation_000") < named("service::operation_009"));
        assert!(named("service::operation_009") < named("service::operation_029"));

        client.find(Locator::Css("#filter")).await?.send_keys("OPERATION 02").await?;
        assert_eq!(texts(&client, NAMES).await?.len(), 11);
        assert_eq!(texts(&client, "#found").await?, ["11 of 36"]);
        Ok(())
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn a_row_shows_its_curve_and_another_one_joins_it() {
    open("curve", &snapshot(3), |client| async move {
        let one = browser::drawn(&client, CURVE).await?;
        assert!(one > 500, "{one}");
        click(&client, "#rows tbody tr:nth-child(2) .link").await?;
        assert_eq!(texts(&client, "#details h3").await?, ["service::operation_001"]);
        assert_eq!(
            texts(&client, "#rows [aria-current=true] .name").await?,
            ["service::operation_001"]
        );
        assert!(texts(&client, "#details dd").await?.contains(&"400.0 µs".to_owned()));
        click(&client, "#rows tbody tr:nth-child(1) input").await?;
        assert_eq!(
            texts(&client, "#details .key .name").await?,
            ["service::operation_002", "service::operation_001"]
        );
        assert!(browser::drawn(&client, CURVE).await? > one);
        let image = client.screenshot().await?;
        assert!(image.starts_with(b"\x89PNG") && image.len() > 10_000, "{}", image.len());
        Ok(())
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn the_keyboard_goes_on_from_what_was_selected() {
    open("keyboard", &snapshot(1), |client| async move {
        let focused = async |client: &Client| {
            let script = "return document.activeElement.textContent";
            let text = client.execute(script, vec![]).await?;
            Ok::<_, CmdError>(text.as_str().unwrap().to_owned())
        };
        let row = client.find(Locator::Css("#rows tbody .link")).await?;
        row.send_keys(&Key::Down.to_string()).await?;
        let selected = texts(&client, "#details h3").await?.concat();
        assert_eq!(focused(&client).await?, selected);
        // From its callee's caller, which is the panel's own element, to the panel's next title.
        let inner = "[...document.querySelectorAll('#rows .link')].find((row) => row.textContent === 'inner').click()";
        client.execute(inner, vec![]).await?;
        let caller = client.find(Locator::Css("#details .relation .link")).await?;
        let name = caller.text().await?;
        caller.send_keys(&Key::Enter.to_string()).await?;
        assert_eq!(focused(&client).await?, texts(&client, "#details h3").await?.concat());
        assert!(focused(&client).await?.starts_with(name.trim()), "{name}");
        Ok(())
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn what_a_program_named_is_text() {
    open("hostile", &snapshot(1), |client| async move {
        let rows = texts(&client, NAMES).await?;
        let cells = texts(&client, "#metrics th[scope=row]").await?.concat();
        for name in HOSTILE.map(perf_core::human::printable) {
            assert!(rows.contains(&name), "{name}: {rows:?}");
            assert!(cells.contains(&name), "{name}: {cells}");
        }
        // Every operation's details, and the graph.
        let visit = "document.querySelectorAll('#rows .link').forEach((link) => link.click());
            document.querySelector('#graph').scrollIntoView()";
        client.execute(visit, vec![]).await?;
        client.wait().for_element(Locator::Css("#drawing .node")).await?;
        let nodes = texts(&client, "#drawing .node title").await?;
        assert_eq!(nodes.len(), HOSTILE.len() + 2);
        assert!(nodes.iter().any(|node| node.starts_with(HOSTILE[0])), "{nodes:?}");
        assert_eq!(texts(&client, "#drawing .arrow").await?.len(), HOSTILE.len());
        assert_eq!(texts(&client, "img, body script ~ script ~ script ~ script").await?, [""; 0]);
        click(&client, "#drawing .node[role=button]").await
    });
}

#[test]
#[ignore = "needs Chromium and its driver: cargo xtask ci"]
fn an_empty_report_and_one_of_ten_thousand_series_open() {
    open("empty", &Registry::new().snapshot(), |client| async move {
        let text = texts(&client, "main").await?.concat();
        assert!(text.contains("No timed operation has been called."), "{text}");
        Ok(())
    });
    let registry = Registry::new();
    for at in 0..10_000_u64 {
        registry.record(&format!("operation_{at}"), Duration::from_micros(at));
    }
    open("many", &registry.snapshot(), |client| async move {
        assert_eq!(texts(&client, NAMES).await?.len(), 200);
        client.find(Locator::Css("#filter")).await?.send_keys("operation_42").await?;
        assert_eq!(texts(&client, "#found").await?, ["111 of 10\u{202f}000"]);
        // The fewest microseconds: no curve is kept of it.
        client
            .execute("document.querySelector('#rows tbody tr:last-child .link').click()", vec![])
            .await?;
        assert!(texts(&client, "#details .chart").await?[0].contains("1\u{202f}000 operations"));
        Ok(())
    });
}
