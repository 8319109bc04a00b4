//! Settings from files and the environment.

mod support;

use perf_monitor::{
    config::{self, Config, ReportStyle},
    rules::{Rule, Statistic},
};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use std::{collections::BTreeSet, ffi::OsStr, path::Path, process::Command, time::Duration};
use support::Folder;

const DURATION: &str =
    "expected a duration above 0 and up to 8760h: text such as \"1m30s\", or a number of seconds";
/// Says to a child of this test what it is to load over.
const MARK: &str = "PERFKIT_TEST_OWN_SETTINGS";

fn wrong(text: &str) -> String {
    Config::from_toml(text).expect_err(text).to_string()
}

#[test]
fn the_defaults() {
    let config = Config::from_toml("").unwrap();
    assert_eq!(config.interval, Duration::from_secs(60));
    assert_eq!(config.windows, [60, 300, 3600].map(Duration::from_secs));
    assert!(config.ready_made_rules && config.rules.is_empty());
    assert_eq!(config.report.interval, Duration::from_secs(60));
    assert!(config.report.style.has_event() && !config.report.style.has_table());
    assert!(config.notify.slack.url().unwrap().is_none());
    assert!(config.notify.webhook.url.is_none() && config.notify.alertmanager.urls.is_empty());
    assert!(config.notify.log.enabled && config.system.resources);
    assert_eq!(config.system.probe_interval, Duration::from_secs(15));
}

#[test]
fn all_of_it() {
    let text = r##"
        interval = 10
        windows = ["30s", 90]
        ready_made_rules = false
        report = { interval = "2m", style = "both" }
        system = { resources = false, probes = ["db:5432"], probe_interval = "1h", probe_timeout = "250ms" }
        [notify.slack]
        webhook_url = "https://hooks.example/s3cret"
        channel = "#ops"
        [notify.webhook]
        url = "https://in.example/s3cret"
        [notify.alertmanager]
        urls = ["http://me:s3cret@a:9093", "http://b:9093"]
        resend = "30s"
        [notify.log]
        enabled = false
        [[rules]]
        name = "slow"
        measure = "p95"
        of = "query *"
        above = 0.5
        [[rules]]
        name = "ill"
        measure = "error_rate"
        above = "5 %"
        for = "2m"
    "##;
    let config = Config::from_toml(text).unwrap();
    assert_eq!(config.interval, Duration::from_secs(10));
    assert_eq!(config.windows, [30, 90].map(Duration::from_secs));
    assert_eq!(config.report.style, ReportStyle::Both);
    assert_eq!(config.system.probe_timeout, Duration::from_millis(250));
    let names: Vec<_> = config.rules.iter().map(Rule::name).collect();
    assert_eq!(names, ["slow", "ill"]);
    let url = config.notify.slack.url().unwrap().unwrap();
    assert_eq!(url.expose_secret(), "https://hooks.example/s3cret");
    assert_eq!(config.notify.slack.channel.as_deref(), Some("#ops"));
    assert_eq!(config.notify.alertmanager.urls[1].expose_secret(), "http://b:9093");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn an_unknown_key_is_named_with_those_there_are() {
    assert_eq!(
        wrong("intervall = 3"),
        "line 1: intervall: unknown key `intervall`, expected one of `interval`, `tick`, `windows`, `ready_made_rules`, `rules`, `report`, `notify`, `system`, `http`, `store`"
    );
    assert_eq!(
        wrong("[notify.slack]\n\nwebhook = \"s3cret\""),
        "line 3: notify.slack.webhook: unknown key `webhook`, expected one of `webhook_url`, `webhook_url_file`, `channel`"
    );
    assert_eq!(
        wrong("interval = 3\n[notify.pager]\nurl = \"s3cret\""),
        "line 2: notify.pager: unknown key `pager`, expected one of `slack`, `webhook`, `alertmanager`, `log`"
    );
}

#[test]
fn a_wrong_value_is_named_with_what_is_allowed() {
    for (line, key, expected, text) in [
        (1, "interval", DURATION, "interval = \"soon\""),
        (1, "interval", DURATION, "interval = true"),
        (1, "interval", DURATION, "interval = 0"),
        (1, "interval", DURATION, "interval = 99999999999999999999"),
        (4, "report.interval", DURATION, "\n\n[report]\ninterval = -1"),
        (
            2,
            "report.style",
            "expected one of `event`, `table`, `both`",
            "[report]\nstyle = \"pdf\"",
        ),
        (2, "windows[1]", DURATION, "windows = [\"1m\",\n \"x\"]"),
        (1, "windows", "expected a list", "windows = \"1m\""),
        (1, "ready_made_rules", "expected a boolean", "ready_made_rules = \"yes\""),
        (1, "rules[0]", "expected a table", "rules = [3]"),
        (2, "system.probes[1]", "expected a string", "[system]\nprobes = [\"a:1\", 7]"),
        (2, "notify.slack", "expected a table", "[notify]\nslack = \"s3cret\""),
        (
            2,
            "notify.slack.webhook_url",
            "expected a string",
            "[notify.slack]\nwebhook_url = [\"s3cret\"]",
        ),
        (
            2,
            "notify.slack.channel",
            "expected text that is not empty",
            "[notify.slack]\nchannel = \" \"",
        ),
        (
            2,
            "notify.alertmanager.urls",
            "expected a list",
            "[notify.alertmanager]\nurls = \"a, expected s3cret\"",
        ),
        (2, "interval", "duplicate key", "interval = 1\ninterval = 2"),
    ] {
        assert_eq!(wrong(text), format!("line {line}: {key}: {expected}"));
        let error = Config::from_toml(text).unwrap_err();
        assert_eq!((error.line, error.key.as_deref()), (Some(line), Some(key)));
    }
}

#[test]
fn what_is_no_toml_is_told_by_its_line_without_its_text() {
    for (expected, text) in [
        ("line 2: expected `\"`", "[notify.slack]\nwebhook_url = \"https://s3cret"),
        ("line 2: key with no value, expected `=`", "# fine\ns3cret"),
        ("line 1: string values must be quoted, expected literal string", "interval = s3cret"),
    ] {
        assert_eq!(wrong(text), expected);
    }
}

#[test]
fn the_example_says_all_settings_and_is_the_defaults() {
    let example = config::example();
    let defaults = format!("{:?}", Config::from_toml("").unwrap());
    assert_eq!(format!("{:?}", Config::from_toml(&example).unwrap()), defaults);
    // With each setting that has a default no longer commented out.
    let is_setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
    let set = example.lines().map(|line| match line.strip_prefix('#') {
        Some(set) if is_setting(&line) && !set.trim_end().ends_with('=') => set,
        _ => line,
    });
    let set = set.collect::<Vec<_>>().join("\n");
    assert!(set.contains("\nprobe_timeout = \"1s\""), "{set}");
    assert_eq!(format!("{:?}", Config::from_toml(&set).unwrap()), defaults);
    // Those an unknown key is told of, and no others.
    for (text, section) in
        [("x = 1", ""), ("[report]\nx = 1", "report"), ("[notify.slack]\nx = 1", "notify.slack")]
    {
        let error = wrong(text);
        let known = error.split('`').skip(3).step_by(2).filter(|key| {
            ![("", "report"), ("", "notify"), ("", "system"), ("", "http"), ("", "store")]
                .contains(&(section, key))
        });
        let header = format!("[{section}]\n");
        let part =
            if section.is_empty() { &*example } else { example.split(&header).nth(1).unwrap() };
        let part = part.split("\n[").next().unwrap();
        let written =
            part.lines().filter(is_setting).filter_map(|line| line[1..].split(' ').next());
        let written = written.filter(|key| !key.is_empty());
        assert_eq!(known.collect::<BTreeSet<_>>(), written.collect(), "{section}");
    }
}

#[test]
fn durations_are_written_alike_in_all_of_it() {
    let rule = |line: &str| {
        let text = format!("[[rules]]\nname = \"slow\"\nmeasure = \"p95\"\nabove = 1\n{line}");
        Config::from_toml(&text).map_err(|error| error.to_string())
    };
    for (text, millis) in [
        ("\"1m 30s\"", 90_000),
        ("\"250ms\"", 250),
        ("90", 90_000),
        ("0.25", 250),
        ("\"90\"", 90_000),
    ] {
        let expected = Duration::from_millis(millis);
        assert_eq!(Config::from_toml(&format!("interval = {text}")).unwrap().interval, expected);
        let slow = Rule::new("slow", Statistic::Percentile(95.0)).above(1.0);
        assert_eq!(rule(&format!("over = {text}")).unwrap().rules, [slow.clone().over(expected)]);
        assert_eq!(rule(&format!("for = {text}")).unwrap().rules, [slow.hold(expected)]);
    }
    assert!(rule("for = 0").is_ok());
    let expected = DURATION.replace("above 0 and up to", "of up to");
    assert_eq!(rule("for = \"soon\"").unwrap_err(), format!("line 5: rules[0].for: {expected}"));
}

#[test]
fn what_is_wrong_with_a_rule_is_said_without_its_value() {
    for (expected, line) in [
        ("above: expected a number, a percentage such as", "above = \"s3cret\""),
        ("measure: expected p0 to p100", "measure = \"s3cret\""),
        ("severity: expected one of info, low", "severity = \"s3cret\""),
    ] {
        let error = wrong(&format!("[[rules]]\nname = \"slow\"\n{line}"));
        assert!(error.starts_with(&format!("line 3: rules[0].{expected}")), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

proptest! {
    #[test]
    fn a_duration_is_what_its_parts_are(hours in 0_u64..1000, minutes in 0_u64..100, seconds in 1_u64..100, ms in 0_u64..1000) {
        let text = format!("interval = \"{hours}h {minutes}m{seconds}s{ms}ms\"");
        let expected = Duration::from_millis(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms);
        prop_assert_eq!(Config::from_toml(&text).unwrap().interval, expected);
        let plain = format!("interval = {seconds}");
        prop_assert_eq!(Config::from_toml(&plain).unwrap().interval, Duration::from_secs(seconds));
    }

    #[test]
    fn no_text_panics_and_no_value_is_said(key in "[a-z_.]{0,12}", value in "[\\PC\n]{0,20}") {
        let secret = format!("{value}s3cret");
        let of_slack = format!("[notify.slack]\nwebhook_url = '{secret}'\nx = '{secret}");
        let text = format!("{key} = {secret:?}\n{of_slack}");
        let error = Config::from_toml(&text).unwrap_err().to_string();
        prop_assert!(!error.contains("s3cret"), "{}", error);
        let _ = Config::from_toml(&value);
    }
}

const NONE: &[(&str, &str)] = &[];

#[test]
fn secrets_may_be_in_files() {
    let folder = Folder::new("secrets");
    let (url, empty) =
        (folder.write("url", "https://hooks.example/x\n"), folder.write("empty", "\n"));
    let with = |path: &Path| {
        let text = format!(
            "[notify.slack]\nwebhook_url_file = {path:?}\n[notify.webhook]\nbearer_token_file = {path:?}"
        );
        Config::from_toml(&text).unwrap().notify
    };
    assert_eq!(with(&url).slack.url().unwrap().unwrap().expose_secret(), "https://hooks.example/x");
    assert_eq!(
        with(&url).webhook.bearer_token().unwrap().unwrap().expose_secret(),
        "https://hooks.example/x"
    );
    let error = with(&empty).slack.url().unwrap_err().to_string();
    assert_eq!(error, format!("{}: expected text that is not empty", empty.display()));
    let error = with(&folder.path().join("none")).webhook.bearer_token().unwrap_err().to_string();
    assert!(error.contains("none: cannot be read: "), "{error}");
}

/// What a process with these variables loads over the program's own settings.
fn loaded<V: AsRef<OsStr>>(own: &str, variables: &[(&str, V)]) -> String {
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "loads_for_its_parent", "--nocapture"])
        .env_clear()
        .env(MARK, own)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let line = said.lines().find_map(|line| line.split_once("loaded: "));
    line.unwrap_or_else(|| panic!("{said}")).1.to_owned()
}

#[test]
fn loads_for_its_parent() {
    let Ok(own) = std::env::var(MARK) else { return };
    let said = match Config::load_over(&own) {
        Ok(config) => format!(
            "{:?} {:?} {:?} {:?}",
            config.interval,
            config.report.interval,
            config.notify.slack.channel,
            config.notify.slack.webhook_url.map(|url| url.expose_secret().to_owned()),
        ),
        Err(error) => error.to_string(),
    };
    println!("\nloaded: {said}");
}

#[test]
fn who_runs_the_program_has_the_last_word() {
    let folder = Folder::new("layers");
    let file = folder.write("perfkit.toml", "interval = 20\n[notify.slack]\nchannel = \"file\"");
    let file = ("PERFKIT_CONFIG", file.to_str().unwrap());
    let own = "interval = 10\n[report]\ninterval = 10";
    assert_eq!(loaded("", NONE), "60s 60s None None");
    assert_eq!(loaded(own, NONE), "10s 10s None None");
    assert_eq!(loaded(own, &[file]), "20s 10s Some(\"file\") None");
    let variables = [
        file,
        ("SUPERVISOR_CHECK_INTERVAL", "30"),
        ("METRICS_INTERVAL", "30500"),
        ("SLACK_CHANNEL", "variable"),
        ("SLACK_WEBHOOK_URL", "http://a"),
    ];
    assert_eq!(loaded(own, &variables), "30s 30.5s Some(\"variable\") Some(\"http://a\")");
    assert_eq!(loaded("", &[("SUPERVISOR_CHECK_INTERVAL", "1m30s")]), "90s 60s None None");
    // An empty variable is as if not set.
    let names = [
        "PERFKIT_CONFIG",
        "SUPERVISOR_CHECK_INTERVAL",
        "METRICS_INTERVAL",
        "SLACK_CHANNEL",
        "SLACK_WEBHOOK_URL",
    ];
    assert_eq!(loaded("", &names.map(|name| (name, ""))), "60s 60s None None");
}

#[test]
fn a_wrong_variable_or_file_is_an_error() {
    assert_eq!(
        loaded("", &[("METRICS_INTERVAL", "1m")]),
        "METRICS_INTERVAL: expected a whole number of milliseconds above 0, up to a year"
    );
    assert_eq!(
        loaded("", &[("SUPERVISOR_CHECK_INTERVAL", "-1")]),
        format!("SUPERVISOR_CHECK_INTERVAL: {DURATION}")
    );
    #[cfg(unix)]
    {
        let value = std::os::unix::ffi::OsStrExt::from_bytes(b"s3cret\xff");
        let error = loaded::<&OsStr>("", &[("SLACK_WEBHOOK_URL", value)]);
        assert_eq!(error, "SLACK_WEBHOOK_URL: value is not valid unicode");
    }
    let folder = Folder::new("wrong");
    let file = folder.write("perfkit.toml", "\nspeed = 1");
    let error = loaded("", &[("PERFKIT_CONFIG", file.to_str().unwrap())]);
    let place = format!("{}: line 2: speed: unknown key `speed`, expected one of ", file.display());
    assert!(error.starts_with(&place), "{error}");
    let missing = folder.path().join("missing.toml");
    let error = loaded("", &[("PERFKIT_CONFIG", missing.to_str().unwrap())]);
    assert!(error.starts_with(&format!("{}: cannot be read: ", missing.display())), "{error}");
    assert!(loaded("speed = 1", NONE).starts_with("line 1: speed: unknown key"));
}
