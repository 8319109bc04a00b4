//! The report in a browser.

mod support;

use fantoccini::{
    Client, ClientBuilder, Locator, error::CmdError, key::Key, wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use perf_core::{Registry, Snapshot};
use serde_json::{Value, json};
use std::{future::Future, process::Command, time::Duration};
use support::{Folder, Running, free_port};

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

/// Everything the page has written on the console, and all it has asked for.
#[derive(Debug)]
struct Log(&'static str);

impl WebDriverCompatibleCommand for Log {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": self.0 }).to_string()))
    }
}

async fn log(client: &Client, kind: &'static str) -> Vec<String> {
    let entries = client.issue_cmd(Log(kind)).await.unwrap();
    entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["message"].as_str().unwrap().to_owned())
        .collect()
}

async fn connect(port: u16, folder: &Folder) -> Client {
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1440,1000",
        &profile,
    ];
    let capabilities = json!({
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    });
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities.as_object().unwrap().clone());
    let mut tries = 0;
    loop {
        match builder.connect(&format!("http://127.0.0.1:{port}")).await {
            Ok(client) => return client,
            Err(error) => assert!(tries < 100, "cannot drive a browser: {error}"),
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Opens the report of a snapshot, runs a test on it, and sees to it that the page has run without an
/// error, asked for nothing, and run nobody else's script.
fn open<F: Future<Output = Result<(), CmdError>> + 'static>(
    name: &str,
    snapshot: &Snapshot,
    test: impl FnOnce(Client) -> F,
) {
    let folder = Folder::new(name);
    let file = folder.write("report.html", perf_export::html::write(snapshot));
    let page = format!("file://{}", file.display());
    let port = free_port();
    let _driver =
        Running::start(Command::new("chromedriver").arg(format!("--port={port}")).arg("--silent"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let client = connect(port, &folder).await;
        let opened = client.goto(&page).await;
        // As a task, so that the browser ends where the test panics.
        let test = tokio::task::spawn_local(test(client.clone()));
        let tested = tokio::time::timeout(Duration::from_secs(60), test).await;
        let console = log(&client, "browser").await;
        let network = log(&client, "performance").await;
        let hacked = client.execute("return window.hacked ?? null", vec![]).await;
        client.close().await.unwrap();
        opened.unwrap();
        tested.expect("in time").unwrap().unwrap();
        assert_eq!(console, [""; 0]);
        assert_eq!(hacked.unwrap(), Value::Null);
        // Before it there was the browser's own page.
        let requested = requested(&network);
        let since = requested.iter().skip_while(|address| **address != page);
        assert_eq!(since.collect::<Vec<_>>(), [&page], "{requested:?}");
    });
}

/// The addresses a browser's log of its work tells of.
fn requested(log: &[String]) -> Vec<String> {
    let messages = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let sent = messages.filter(|line| line["message"]["method"] == "Network.requestWillBeSent");
    sent.map(|line| line["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
        .collect()
}

/// The texts of all elements that a selector finds.
async fn texts(client: &Client, selector: &str) -> Result<Vec<String>, CmdError> {
    let script =
        "return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent)";
    let found = client.execute(script, vec![selector.into()]).await?;
    Ok(found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect())
}

async fn click(client: &Client, selector: &str) -> Result<(), CmdError> {
    client.find(Locator::Css(selector)).await?.click().await
}

/// How many of the chart's pixels are drawn on.
async fn drawn(client: &Client) -> Result<u64, CmdError> {
    let script = "const canvas = document.querySelector('#details canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, at) => at % 4 === 3 && value > 0).length";
    Ok(client.execute(script, vec![]).await?.as_u64().unwrap())
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
        let one = drawn(&client).await?;
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
        assert!(drawn(&client).await? > one);
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
