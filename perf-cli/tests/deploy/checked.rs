//! What the programs that read these files say of them.

use crate::{Folder, of_kind, path, programs::output, text, yaml};
use perf_monitor::config::Config;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A program of the environment that has the packages of `requirements.txt`.
fn installed(program: &str) -> Command {
    let python = env::var_os("PERFKIT_PYTHON").expect("PERFKIT_PYTHON says where they are");
    let program = Path::new(&python).with_file_name(program);
    assert!(program.is_file(), "{} is missing", program.display());
    Command::new(program)
}

#[test]
#[ignore = "needs yamllint: cargo xtask ci"]
fn yaml_is_written_as_people_read_it() {
    let settings = path(".yamllint");
    let mut yamllint = installed("yamllint");
    output(yamllint.arg("--strict").arg("--config-file").arg(settings).arg(path("")), b"");
}

#[test]
#[ignore = "needs hadolint: cargo xtask ci"]
fn hadolint_finds_nothing_to_say() {
    output(installed("hadolint").arg("--failure-threshold=style").arg(path("Dockerfile")), b"");
}

#[test]
#[ignore = "needs check-jsonschema: cargo xtask ci"]
fn compose_is_as_its_schema_says() {
    let mut check = installed("check-jsonschema");
    output(check.args(["--builtin-schema", "vendor.compose-spec"]).arg(path("compose.yaml")), b"");
}

#[test]
#[ignore = "needs Python's PyYAML: cargo xtask ci"]
fn compose_lets_only_this_machine_in_and_holds_no_secret() {
    let compose = yaml("compose.yaml").remove(0);
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        let ports = service["ports"].as_array().into_iter().flatten();
        for port in ports.map(|port| port.as_str().unwrap()) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        assert!(service["healthcheck"]["test"].is_array(), "{name}");
        let image = service["image"].as_str().unwrap();
        let tag = image.rsplit_once(':').map(|(_, tag)| tag);
        assert!(tag.is_some_and(|tag| tag != "latest"), "{name}: {image}");
        for (key, value) in service["environment"].as_object().into_iter().flatten() {
            let is_secret = ["PASSWORD", "TOKEN", "STORE"].iter().any(|word| key.contains(word));
            let value = value.as_str().unwrap();
            assert!(!is_secret || value.starts_with("/run/secrets/"), "{name}: {key}");
        }
        for secret in service["secrets"].as_array().into_iter().flatten() {
            assert!(compose["secrets"][secret.as_str().unwrap()]["file"].is_string(), "{secret}");
        }
    }
    // What is mounted is there.
    for service in services.values() {
        let volumes = service["volumes"].as_array().into_iter().flatten();
        for from in volumes.filter_map(|volume| volume.as_str()?.split(':').next()) {
            let is_named = compose["volumes"].get(from).is_some();
            assert!(is_named || path(from).exists(), "{from}");
        }
    }
    assert!(text(".gitignore").lines().any(|line| line == "/secrets"));
}

#[test]
#[ignore = "needs kubernetes-validate: cargo xtask ci"]
fn manifests_are_as_kubernetes_schemas_say() {
    for name in ["kubernetes/dashboard.yaml", "kubernetes/service.yaml"] {
        let mut validate = installed("kubernetes-validate");
        output(validate.args(["--strict", "--no-warn"]).arg(path(name)), b"");
    }
}

#[test]
#[ignore = "needs Python's PyYAML: cargo xtask ci"]
fn manifests_are_restricted_and_their_settings_understood() {
    for name in ["kubernetes/dashboard.yaml", "kubernetes/service.yaml"] {
        let pod = of_kind(name, "Deployment")["spec"]["template"]["spec"].clone();
        let container = pod["containers"][0].clone();
        // What Kubernetes calls the restricted standard for pods asks for these.
        let (of_pod, own) = (&pod["securityContext"], &container["securityContext"]);
        assert_eq!(of_pod["runAsNonRoot"], true, "{name}");
        assert_eq!(of_pod["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(own["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(own["capabilities"]["drop"][0], "ALL", "{name}");
        assert_eq!(own["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(of_kind(name, "ServiceAccount")["automountServiceAccountToken"], false);
        for (probe, path) in [
            ("livenessProbe", "/livez"),
            ("readinessProbe", "/readyz"),
            ("startupProbe", "/startupz"),
        ] {
            assert_eq!(container[probe]["httpGet"]["path"], path, "{name}");
        }
        for amount in ["requests", "limits"] {
            let resources = &container["resources"][amount];
            assert!(resources["cpu"].is_string() && resources["memory"].is_string(), "{name}");
        }
        let settings = of_kind(name, "ConfigMap")["data"].clone();
        for (file, text) in settings.as_object().unwrap() {
            let read = Config::from_toml(text.as_str().unwrap());
            let read = read.unwrap_or_else(|error| panic!("{name}: {file}: {error}"));
            assert!(read.store.url_file.is_some() && read.http.token_file.is_some());
        }
        let kinds = yaml(name).into_iter().map(|of| of["kind"].clone());
        assert!(kinds.into_iter().all(|kind| kind != "Secret"), "{name}");
    }
}

/// Prometheus' folder, with the token where the copy of it says.
fn prometheus(folder: &Folder) -> PathBuf {
    let token = folder.write("http_token", "s3cret");
    folder.write("rules.yml", text("prometheus/rules.yml"));
    let settings = text("prometheus/prometheus.yml");
    let settings = settings.replace("/run/secrets/http_token", token.to_str().unwrap());
    folder.write("prometheus.yml", settings)
}

#[test]
#[ignore = "needs promtool: cargo xtask ci"]
fn promtool_understands_settings_and_rules() {
    let folder = Folder::new("deploy-promtool");
    let settings = prometheus(&folder);
    let said = output(Command::new("promtool").args(["check", "config"]).arg(settings), b"");
    let rules = text("prometheus/rules.yml");
    let count = rules.matches("- alert: ").count() + rules.matches("- record: ").count();
    assert!(said.contains(&format!("SUCCESS: {count} rules found")), "{said}");
}

#[test]
#[ignore = "needs Python's PyYAML: cargo xtask ci"]
fn grafana_is_provisioned_from_what_is_mounted() {
    let compose = yaml("compose.yaml").remove(0);
    let volumes = compose["services"]["grafana"]["volumes"].clone();
    let provider = yaml("grafana/provisioning/dashboards/perfkit.yaml").remove(0);
    let dashboards = provider["providers"][0]["options"]["path"].as_str().unwrap();
    let mounted = format!("./grafana/dashboards:{dashboards}:ro");
    assert!(volumes.as_array().unwrap().contains(&Value::from(mounted)), "{volumes}");
    let source = yaml("grafana/provisioning/datasources/prometheus.yaml").remove(0);
    assert_eq!(source["datasources"][0]["url"], "http://prometheus:9090");
    for file in fs::read_dir(path("grafana/dashboards")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let model: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(model["uid"], "perfkit");
    }
}
