//! The page, and what is asked of it again and again until it is so.

use crate::browser;
use fantoccini::{Client, Locator, key::Key};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long something may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// All views with links of their own.
pub(crate) const VIEWS: [&str; 6] =
    ["overview", "operations", "graph", "alerts", "resources", "metrics"];

pub(crate) struct Page {
    pub(crate) client: Client,
    address: String,
}

impl Page {
    pub(crate) fn new(client: Client, address: &str) -> Self {
        Self { client, address: address.to_owned() }
    }

    /// Opens it, and waits until it shows something.
    pub(crate) async fn open(&self) {
        self.client.goto(&self.address).await.unwrap();
        self.has("main h1").await;
    }

    /// Goes to a view, and waits until that is shown.
    pub(crate) async fn go(&self, view: &str) {
        self.run("location.hash = '#/' + arguments[0]", &[view]).await;
        self.settled(view.split('?').next().unwrap()).await;
    }

    /// Waits until a view is shown with what it is to show.
    pub(crate) async fn settled(&self, view: &str) {
        let script = "const main = document.querySelector('main');
            return main.dataset.view === arguments[0] && flight === null
                && !main.querySelector('.skeleton') && main.querySelector('.view, form') !== null";
        self.until(script, &[view], |is| is == true).await;
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str, arguments: &[&str]) -> Value {
        let arguments = arguments.iter().map(|&text| text.into()).collect();
        self.client
            .execute(script, arguments)
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What a script returns once that is as wanted.
    pub(crate) async fn until(
        &self,
        script: &str,
        arguments: &[&str],
        is_wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let began = Instant::now();
        loop {
            let value = self.run(script, arguments).await;
            if is_wanted(&value) {
                return value;
            }
            if began.elapsed() > PATIENCE {
                let shown = self
                    .run("return location.href + document.querySelector('main').innerText", &[])
                    .await;
                panic!("{script} {arguments:?} returns {value} in {shown}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for an element.
    pub(crate) async fn has(&self, selector: &str) {
        let script = "return document.querySelector(arguments[0]) !== null";
        self.until(script, &[selector], |is| is == true).await;
    }

    /// Waits until no such element is there.
    pub(crate) async fn has_no(&self, selector: &str) {
        let script = "return document.querySelector(arguments[0]) === null";
        self.until(script, &[selector], |is| is == true).await;
    }

    /// Waits until what a selector finds has this in its texts.
    pub(crate) async fn shows(&self, selector: &str, text: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent).join('\\n')";
        let is_shown = |all: &Value| all.as_str().unwrap().contains(text);
        self.until(script, &[selector], is_shown).await;
    }

    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        browser::texts(&self.client, selector).await.unwrap()
    }

    /// The text of the first one.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.texts(selector).await.into_iter().next().unwrap_or_else(|| panic!("no {selector}"))
    }

    pub(crate) async fn click(&self, selector: &str) {
        self.has(selector).await;
        browser::click(&self.client, selector)
            .await
            .unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Types into an element.
    pub(crate) async fn keys(&self, selector: &str, keys: &str) {
        let found = self.client.find(Locator::Css(selector)).await.unwrap();
        found.send_keys(keys).await.unwrap();
    }

    pub(crate) async fn key(&self, selector: &str, key: Key) {
        self.keys(selector, &key.to_string()).await;
    }

    /// What has the focus.
    pub(crate) async fn focused(&self) -> String {
        let script = "return document.activeElement.id || document.activeElement.textContent";
        self.run(script, &[]).await.as_str().unwrap().to_owned()
    }

    /// How many pixels of a canvas are drawn on.
    pub(crate) async fn drawn(&self, selector: &str) -> u64 {
        self.has(selector).await;
        browser::drawn(&self.client, selector).await.unwrap()
    }

    /// What a chart draws, of which the first column is the times.
    pub(crate) async fn plotted(&self, chart: &str) -> Vec<Vec<Value>> {
        let script = "return document.querySelector(`[data-plot=\"${arguments[0]}\"]`).plot.data.map((column) => [...column])";
        serde_json::from_value(self.run(script, &[chart]).await).unwrap()
    }

    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        browser::devtools(&self.client, command, parameters).await.unwrap()
    }

    /// The system prefers `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Is so many points wide from now on.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        // What is drawn follows the size a frame later.
        self.frames().await;
    }

    /// Waits until what was changed has been drawn.
    pub(crate) async fn frames(&self) {
        let script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))";
        self.client.execute_async(script, vec![]).await.unwrap();
    }
}
