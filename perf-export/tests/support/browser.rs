//! A headless Chromium, and what tests ask of it.

#![allow(dead_code, unreachable_pub, reason = "not every test uses all of it")]

use crate::support::{Folder, Running, free_port};
use fantoccini::{Client, ClientBuilder, Locator, error::CmdError, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{future::Future, process::Command, time::Duration};

/// What a browser has written down while a test ran.
#[derive(Debug)]
pub struct Visit {
    /// What stood on the console.
    pub console: Vec<String>,
    /// The addresses it asked for, of its own first page too.
    pub requested: Vec<String>,
    /// What scripts of others would have set: `window.hacked`.
    pub hacked: Value,
}

/// Runs a test with a browser of its own, and ends that whatever happens. What the test returns is dropped
/// once the browser has ended, so that a page keeps its server until then.
pub fn drive<T: 'static, F: Future<Output = T> + 'static>(
    name: &str,
    patience: Duration,
    test: impl FnOnce(Client) -> F,
) -> Visit {
    let folder = Folder::new(&format!("{name}-browser"));
    let port = free_port();
    let _driver =
        Running::start(Command::new("chromedriver").arg(format!("--port={port}")).arg("--silent"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let client = connect(port, &folder).await;
        // As a task, so that the browser ends where the test panics.
        let test = tokio::task::spawn_local(test(client.clone()));
        let tested = tokio::time::timeout(patience, test).await;
        let console = log(&client, "browser").await;
        let network = log(&client, "performance").await;
        let hacked = client.execute("return window.hacked ?? null", vec![]).await;
        client.close().await.unwrap();
        let _kept = tested.expect("in time").unwrap();
        Visit { console, requested: requested(&network), hacked: hacked.unwrap() }
    })
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

/// A command that Chromium's driver has beside those of the standard.
#[derive(Debug)]
struct Beside {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Beside {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// Everything the page has written on the console, or all it has done.
async fn log(client: &Client, kind: &'static str) -> Vec<String> {
    let command = Beside { path: "se/log", body: json!({ "type": kind }) };
    let entries = client.issue_cmd(command).await.unwrap();
    entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["message"].as_str().unwrap().to_owned())
        .collect()
}

/// A command of Chromium's own protocol.
pub async fn devtools(
    client: &Client,
    command: &str,
    parameters: Value,
) -> Result<Value, CmdError> {
    let body = json!({ "cmd": command, "params": parameters });
    client.issue_cmd(Beside { path: "goog/cdp/execute", body }).await
}

/// The addresses a browser's log of its work tells of.
fn requested(log: &[String]) -> Vec<String> {
    let messages = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let sent = messages.filter(|line| line["message"]["method"] == "Network.requestWillBeSent");
    sent.map(|line| line["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
        .collect()
}

/// The texts of all elements that a selector finds.
pub async fn texts(client: &Client, selector: &str) -> Result<Vec<String>, CmdError> {
    let script =
        "return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent)";
    let found = client.execute(script, vec![selector.into()]).await?;
    Ok(found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect())
}

pub async fn click(client: &Client, selector: &str) -> Result<(), CmdError> {
    client.find(Locator::Css(selector)).await?.click().await
}

/// How many of a canvas' pixels are drawn on.
pub async fn drawn(client: &Client, selector: &str) -> Result<u64, CmdError> {
    let script = "const canvas = document.querySelector(arguments[0]);
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, at) => at % 4 === 3 && value > 0).length";
    Ok(client.execute(script, vec![selector.into()]).await?.as_u64().unwrap())
}
