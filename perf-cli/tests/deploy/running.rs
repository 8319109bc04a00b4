//! What the files start, started: the commands of `compose.yaml` and of the manifests with their settings
//! and secrets, a real PostgreSQL, and a real Prometheus with its settings. Only places differ: everything
//! is on the loopback interface and in a temporary folder.

use crate::{
    Folder, free_port, of_kind, path,
    programs::{Running, output, start_prometheus},
    server::Server,
    text, words, yaml,
};
use serde_json::Value;
use std::{
    fmt::Debug,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PERFKIT: &str = env!("CARGO_BIN_EXE_perfkit");
const TOKEN: &str = "s3cret-of-the-dashboard";
/// Long enough for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

fn eventually<T>(what: impl Debug, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "it did not come to that: {what:?}");
        thread::sleep(Duration::from_millis(200));
    }
}

/// A database whose user needs a password, and the secrets.
struct Place {
    folder: Folder,
    _server: Server,
}

impl Place {
    fn new(name: &str) -> Self {
        let server = Server::start(&format!("{name}-pg"));
        server.sql("CREATE ROLE perfkit LOGIN PASSWORD 'p@ss/word'");
        server.sql("CREATE DATABASE perfkit OWNER perfkit");
        server.lock_out("perfkit");
        let folder = Folder::new(name);
        let url = format!("postgres://perfkit:p%40ss%2Fword@127.0.0.1:{}/perfkit\n", server.port());
        folder.write("store_url", url);
        folder.write("http_token", format!("{TOKEN}\n"));
        Self { folder, _server: server }
    }

    /// A text with its places in this folder.
    fn moved(&self, text: &str) -> String {
        let here = self.folder.path().display().to_string();
        ["/run/secrets/perfkit", "/run/secrets", "/var/lib/perfkit", "/etc/perfkit"]
            .iter()
            .fold(text.to_owned(), |text, there| text.replace(there, &here))
    }

    fn settings(&self, name: &str, text: &str) -> String {
        self.folder.write(name, self.moved(text)).display().to_string()
    }
}

/// A command, as a container would run it, but for its port and this host only.
struct Started {
    child: Child,
    port: u16,
}

impl Started {
    /// `arguments` listen at this port of all addresses.
    fn new(arguments: &[String], listens: u16, settings: &str) -> Self {
        let port = free_port();
        let (all, here) = (format!("0.0.0.0:{listens}"), format!("127.0.0.1:{port}"));
        assert!(arguments.contains(&all), "{arguments:?}");
        let arguments = arguments.iter().map(|argument| argument.replace(&all, &here));
        let child = Command::new(PERFKIT)
            .args(arguments)
            // A container has no other variables.
            .env_clear()
            .env("PERFKIT_CONFIG", settings)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    fn get(&self, path: &str, token: Option<&str>) -> Option<(u16, String)> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let mut asked = ureq::Agent::new_with_config(config)
            .get(format!("http://127.0.0.1:{}{path}", self.port));
        if let Some(token) = token {
            asked = asked.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = asked.call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    }

    /// Waits until each probe of a container says that it is well.
    fn is_well(&self, container: &Value) {
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let path = container[probe]["httpGet"]["path"].as_str().unwrap();
            eventually(path, || self.get(path, None).filter(|(status, _)| *status == 200));
        }
    }

    /// As an orchestrator ends it.
    fn terminate(mut self) {
        output(Command::new("kill").arg("-TERM").arg(self.child.id().to_string()), b"");
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{ended}");
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service of `compose.yaml` with its settings.
fn service(place: &Place, compose: &Value, name: &str, settings: &str) -> Started {
    let service = &compose["services"][name];
    let mounted = service["volumes"][0].as_str().unwrap();
    assert!(mounted.starts_with(&format!("./settings/{settings}:")), "{mounted}");
    let file = place.settings(settings, &text(&format!("settings/{settings}")));
    let health = words(&service["healthcheck"]["test"]);
    let port = health.last().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
    let started = Started::new(&words(&service["command"]), port, &file);
    // The health check, word by word.
    let [how, program, arguments @ ..] = &health[..] else { panic!("{health:?}") };
    assert_eq!((&**how, &**program), ("CMD", "/usr/local/bin/perfkit"));
    let own = started.port.to_string();
    let arguments: Vec<_> =
        arguments.iter().map(|word| word.replace(&port.to_string(), &own)).collect();
    eventually(&health, || {
        let checked = Command::new(PERFKIT).args(&arguments).env_clear().output().unwrap();
        checked.status.success().then_some(())
    });
    started
}

/// A Prometheus with the settings and rules of `deploy`, faster.
struct Prometheus {
    base: String,
    _running: Running,
}

impl Prometheus {
    fn start(place: &Place, shop: &Started) -> Self {
        let settings = place
            .moved(&text("prometheus/prometheus.yml"))
            .replace("shop:9464", &format!("127.0.0.1:{}", shop.port))
            .replace("15s", "1s")
            .replace("10s", "1s");
        fs::copy(path("prometheus/rules.yml"), place.folder.path().join("rules.yml")).unwrap();
        let (port, running) = start_prometheus(&place.folder, &settings, false);
        let base = format!("http://127.0.0.1:{port}");
        Self { base, _running: running }
    }

    fn ask(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let asked = ureq::get(format!("{}/api/v1/{path}", self.base));
        let mut answer = asked.query_pairs(query.iter().copied()).call().ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    /// The result of an expression, once there is one.
    fn has(&self, expression: &str) -> Value {
        eventually(expression, || {
            let answer = self.ask("query", &[("query", expression)])?;
            let result = answer["data"]["result"].clone();
            result.as_array().is_some_and(|all| !all.is_empty()).then_some(result)
        })
    }
}

#[test]
#[ignore = "needs postgresql and Prometheus: cargo xtask ci"]
fn compose_s_programs_store_are_scraped_and_shown() {
    let place = Place::new("deploy-compose");
    let compose = yaml("compose.yaml").remove(0);
    let shop = service(&place, &compose, "shop", "shop.toml");
    let dashboard = service(&place, &compose, "perfkit", "serve.toml");
    for started in [&shop, &dashboard] {
        assert_eq!(started.get("/metrics", None).unwrap().0, 401);
        assert_eq!(started.get("/metrics", Some("wrong")).unwrap().0, 401);
        assert_eq!(started.get("/metrics", Some(TOKEN)).unwrap().0, 200);
    }
    let prometheus = Prometheus::start(&place, &shop);
    prometheus.has("up{job=\"shop\"} == 1");
    prometheus.has("perfkit:error_rate{operation=\"POST /checkout\"}");
    prometheus.has("perfkit:checkouts_fail");
    let rules = prometheus.ask("rules", &[]).unwrap();
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
    let is_well = |rule: &Value| rule["health"] == "ok";
    assert!(rules.len() > 20 && rules.iter().all(is_well), "{rules:?}");
    every_panel_has_data(&prometheus);

    // Once the shop has stored its first minute, the dashboard of all programs has it.
    eventually("the dashboard has what the shop stored", || {
        let (_, text) = dashboard.get("/metrics", Some(TOKEN))?;
        text.contains("operation=\"POST /checkout\"").then_some(())
    });
    shop.terminate();
    dashboard.terminate();
}

fn every_panel_has_data(prometheus: &Prometheus) {
    let model: Value =
        serde_json::from_str(&text("grafana/dashboards/perfkit.grafana.json")).unwrap();
    let top = model["panels"].as_array().unwrap();
    let inner = top.iter().filter_map(|panel| panel["panels"].as_array()).flatten();
    let queries: Vec<_> = top
        .iter()
        .chain(inner)
        .filter_map(|panel| panel["targets"].as_array())
        .flatten()
        .map(|target| target["expr"].as_str().unwrap())
        .collect();
    assert!(queries.len() > 20, "{}", queries.len());
    for query in queries {
        let filled = query.replace("$__rate_interval", "30s").replace("$job", ".*");
        prometheus.has(&filled.replace("$instance", ".*"));
    }
}

/// The container of a manifest, and the settings it has.
fn manifest(place: &Place, name: &str) -> (Value, String) {
    let pod = of_kind(name, "Deployment")["spec"]["template"]["spec"].clone();
    let container = pod["containers"][0].clone();
    let named = container["env"][0]["value"].as_str().unwrap();
    let file = Path::new(named).file_name().unwrap().to_str().unwrap();
    let settings = of_kind(name, "ConfigMap")["data"][file].clone();
    let settings = place.settings(file, settings.as_str().unwrap());
    (container, settings)
}

#[test]
#[ignore = "needs postgresql: cargo xtask ci"]
fn manifests_programs_answer_their_probes_and_end_when_they_are_told() {
    let place = Place::new("deploy-kubernetes");
    for name in ["kubernetes/dashboard.yaml", "kubernetes/service.yaml"] {
        let (container, settings) = manifest(&place, name);
        let port = &container["ports"][0];
        let listens = u16::try_from(port["containerPort"].as_u64().unwrap()).unwrap();
        assert_eq!(container["livenessProbe"]["httpGet"]["port"], port["name"], "{name}");
        let started = Started::new(&words(&container["args"]), listens, &settings);
        started.is_well(&container);
        assert_eq!(started.get("/api/v1/overview", None).unwrap().0, 401, "{name}");
        started.terminate();
    }
}
