//! What the tests look at: a monitor of a registry of its own, and its server.

use crate::support::free_port;
use perf_core::{Outcome, Registry};
use perf_monitor::{
    Monitor,
    config::Config,
    health::{Check, CheckResult, HealthRegistry},
    http::{Http, Server},
    rules::{Rule, Statistic},
};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};

/// It ticks when told to, and only then.
pub(crate) const BY_HAND: &str =
    "interval = '1h'\ntick = '1h'\nready_made_rules = false\n[system]\nresources = false";

/// It ticks by itself.
pub(crate) const BY_ITSELF: &str =
    "interval = '2s'\ntick = '2s'\nready_made_rules = false\n[system]\nresources = false";

pub(crate) struct Served {
    pub(crate) registry: Registry,
    pub(crate) health: HealthRegistry,
    pub(crate) monitor: Monitor,
    server: Option<Server>,
    http: Http,
    at: SocketAddr,
    /// Under which path the page is.
    path: &'static str,
    /// What the console may say.
    pub(crate) excused: Vec<&'static str>,
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(BY_HAND, Http::new())
    }

    pub(crate) fn with(settings: &str, http: Http) -> Self {
        let health = HealthRegistry::new().version("1.2.3");
        health.started();
        let registry = Registry::new();
        let monitor = monitor(settings, &registry, &health);
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut made =
            Self { registry, health, monitor, server: None, http, at, path: "/", excused: vec![] };
        made.start();
        made.monitor.tick();
        made
    }

    /// One that is in an app of somebody's, which listens there.
    pub(crate) fn mounted(self, at: SocketAddr, path: &'static str) -> Self {
        Self { server: None, at, path, ..self }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.at)
    }

    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }

    pub(crate) fn tick(&self) {
        self.monitor.tick();
    }

    /// Calls of a shop: one is slow, one fails, one calls the others.
    pub(crate) fn trade(&self, calls: u64) {
        for at in 1..=calls {
            self.registry.record("shop::render", Duration::from_micros(100 + at));
            let outcome = if at % 4 == 0 { Outcome::Error } else { Outcome::Ok };
            self.registry.record_outcome("shop::pay", Duration::from_millis(20 + at), outcome);
            for table in ["users", "orders"] {
                let _outer = self.registry.timer("shop::handle");
                drop(self.registry.timer_labelled("shop::query", &[("table", table)]));
            }
        }
    }

    /// A check that says this from now on.
    pub(crate) fn check(&self, name: &'static str, result: fn() -> CheckResult) {
        self.health.register(Check::new(name, result));
    }

    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// Serves at the same port as before.
    pub(crate) fn start(&mut self) {
        let http = self.http.clone().address(self.at.to_string());
        self.server = Some(http.serve(&self.monitor).unwrap());
    }

    /// The program ends, and another one comes in its place.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.registry = Registry::new();
        self.monitor = monitor(BY_HAND, &self.registry, &self.health);
        self.monitor.tick();
        self.start();
    }

    /// What the API says.
    pub(crate) fn api(&self, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.address().trim_end_matches('/'));
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn monitor(settings: &str, registry: &Registry, health: &HealthRegistry) -> Monitor {
    let slow = Rule::new("slow payments", Statistic::Mean)
        .of("shop::pay")
        .above(0.01)
        .summary("payments take {value}");
    Monitor::builder()
        .config(Config::from_toml(settings).unwrap())
        .registry(registry)
        .health(health)
        .rule(slow)
        .keep_recent("shop::pay")
        .start()
        .unwrap()
}
