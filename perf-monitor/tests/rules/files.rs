//! Rules in TOML: what is read, and what is said of mistakes.

use perf_monitor::{
    alert::Severity,
    rules::{Absent, Measure, Rule, Rules, Selector, Statistic, ready_made},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct File {
    rules: Vec<Rule>,
}

fn read(toml: &str) -> Result<Rule, String> {
    let rule = toml::from_str::<Rule>(toml).map_err(|error| error.to_string())?;
    Rules::new(vec![rule.clone()]).map_err(|error| error.to_string())?;
    Ok(rule)
}

const ALL: &str = r#"
    name = "slow"
    severity = "high"
    measure = "p99.9"
    of = { name = "query *", labels = { table = "!sessions" } }
    over = "1h30m"
    above = "500ms"
    clear = 0.4
    for = "2m"
    keep_firing = "5m"
    minimum = 20
    together = true
    absent = "fire"
    family = "queries"
    labels = { team = "storage" }
    summary = "{operation}: {value}"
    description = "over {window}"
"#;

#[test]
fn all_of_it_is_read() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let rule = Rule::new("slow", Statistic::Percentile(99.9))
        .severity(Severity::High)
        .of(Selector::from("query *").with("table", "!sessions"))
        .over(minutes(90))
        .above(0.5)
        .clear(0.4)
        .hold(minutes(2))
        .keep_firing(minutes(5))
        .minimum(20)
        .together()
        .absent(Absent::Fire)
        .family("queries")
        .label("team", "storage")
        .summary("{operation}: {value}")
        .description("over {window}");
    assert_eq!(read(ALL).unwrap(), rule);
}

#[test]
fn the_least_of_it_is_read() {
    let rule = read("name = 'r'\nmeasure = 'error_rate'\nabove = '5 %'").unwrap();
    assert_eq!(rule, Rule::new("r", Statistic::ErrorRate).above(0.05));
}

#[test]
fn each_measure_is_read() {
    let history = Duration::from_secs(86_400);
    let ratio = || Statistic::ratio(&["hits"], &["hits", "misses"]);
    let short = Duration::from_secs(60);
    for (text, measure) in [
        ("'p50'", Statistic::Percentile(50.0).into()),
        ("'mean'", Statistic::Mean.into()),
        ("'min'", Statistic::Min.into()),
        ("'max'", Statistic::Max.into()),
        ("'count'", Statistic::Count.into()),
        ("'rate'", Statistic::Rate.into()),
        ("'error_rate'", Statistic::ErrorRate.into()),
        ("'in_flight'", Statistic::InFlight.into()),
        ("'gauge'", Statistic::Gauge.into()),
        ("'counter_rate'", Statistic::CounterRate.into()),
        ("{ ratio = { part = ['hits'], whole = ['hits', 'misses'] } }", ratio().into()),
        (
            "{ share_of_history = { of = 'rate', history = '1d' } }",
            Measure::ShareOfHistory { of: Statistic::Rate, history },
        ),
        ("{ error_spike = { history = '1d' } }", Measure::ErrorSpike { history }),
        (
            "{ slope = { of = { ratio = { part = ['hits'], whole = ['hits', 'misses'] } }, points = 9 } }",
            Measure::Slope { of: ratio(), points: 9 },
        ),
        (
            "{ burn_rate = { objective = '99.9 %', short = '1m' } }",
            Measure::BurnRate { objective: 0.999, short },
        ),
    ] {
        let rule = read(&format!("name = 'r'\nmeasure = {text}\nabove = 1")).unwrap();
        assert_eq!(rule, Rule::new("r", measure).above(1.0), "{text}");
        let again = toml::to_string(&rule).unwrap();
        assert_eq!(read(&again).unwrap(), rule, "{again}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut rules = ready_made();
    rules.push(read(ALL).unwrap());
    let file = File { rules };
    let toml = toml::to_string(&file).unwrap();
    assert_eq!(toml::from_str::<File>(&toml).unwrap(), file, "{toml}");
}

/// With these lines after a name; what the error must say.
#[test]
fn mistakes_are_named_with_what_is_allowed() {
    for (lines, says) in [
        (
            "measure = 'p95'\nabove = 1\nabov = 2",
            &["unknown field `abov`", "`above`", "`keep_firing`"][..],
        ),
        ("above = 1", &["missing field `measure`"]),
        ("measure = 'p101'\nabove = 1", &["\"p101\"", "p0 to p100", "error_rate", "burn_rate"]),
        ("measure = 'median'\nabove = 1", &["\"median\"", "mean, min, max"]),
        ("measure = 3\nabove = 1", &["integer `3`", "a measure such as"]),
        ("measure = { slop = {} }\nabove = 1", &["unknown variant `slop`", "`slope`"]),
        ("measure = { error_spike = { histry = '1h' } }\nabove = 1", &["`histry`", "`history`"]),
        ("measure = 'p95'\nabove = 'five'", &["\"five\"", "a percentage", "a duration"]),
        ("measure = 'p95'\nabove = true", &["boolean `true`", "a number"]),
        ("measure = 'p95'\nabove = 1\nover = 'five'", &["expected a duration", "\"1m30s\""]),
        ("measure = 'p95'\nabove = 1\nfor = -5", &["expected a duration", "number of seconds"]),
        ("measure = 'p95'\nabove = 1\nseverity = 'bad'", &["\"bad\"", "info, low, medium"]),
        ("measure = 'p95'\nabove = 1\nabsent = 'no'", &["`no`", "`keep`, `resolve`, `fire`"]),
        ("measure = 'p95'\nabove = 1\nof = { nam = 'x' }", &["`nam`", "`name`"]),
        ("measure = 'p95'\nabove = 1\nof = 3", &["integer `3`", "a name"]),
        ("measure = 'p95'", &["\"r\": expected one of above and below"]),
        ("measure = 'p95'\nabove = 1\nbelow = 2", &["expected one of above and below"]),
        ("measure = 'p95'\nabove = 1\nclear = 2", &["clear = 2 is itself above 1", "at most"]),
        ("measure = 'p95'\nbelow = 1\nclear = 0.5", &["clear = 0.5 is itself below 1", "at least"]),
        ("measure = 'p95'\nabove = inf", &["finite"]),
        ("measure = 'error_rate'\nabove = 5", &["0 to 1", "\"5 %\""]),
        ("measure = 'p95'\nabove = 1\nover = '0s'", &["(over) must not be empty"]),
        (
            "measure = 'p95'\nabove = 1\nsummary = '{metric}'",
            &["summary", "{metric}", "{operation}", "{labels.…}"],
        ),
        ("measure = 'gauge'\nabove = 1\ndescription = '{operation}'", &["description", "{metric}"]),
        ("measure = 'p95'\nabove = 1\nlabels = { severity = 'x' }", &["\"severity\""]),
        ("measure = { error_spike = { history = '5m' } }\nabove = 1", &["longer", "5m"]),
        (
            "measure = { burn_rate = { objective = 0.9, short = '5m' } }\nabove = 1",
            &["shorter", "5m"],
        ),
        (
            "measure = { burn_rate = { objective = 99.9, short = '1m' } }\nabove = 1",
            &["\"99.9 %\""],
        ),
        ("measure = { burn_rate = { objective = 0.9, short = '1m' } }\nbelow = 1", &["not below"]),
        ("measure = { slope = { of = 'rate', points = 2 } }\nabove = 1", &["3 to 1000"]),
        ("measure = { ratio = { part = [], whole = ['a'] } }\nabove = 1", &["part and whole"]),
        (
            "measure = { ratio = { part = ['a'], whole = ['a'] } }\nof = 'a'\nabove = 1",
            &["leave out of"],
        ),
    ] {
        let error = read(&format!("name = 'r'\n{lines}")).unwrap_err();
        for what in says {
            assert!(error.contains(what), "{lines}\ngives\n{error}\nwithout {what}");
        }
    }
}

#[test]
fn names_are_needed_and_differ() {
    let rule = |name: &str| Rule::new(name, Statistic::Mean).above(1.0);
    assert!(Rules::new(vec![rule("")]).unwrap_err().problem.contains("name"));
    let twice = Rules::new(vec![rule("a"), rule("b"), rule("a")]).unwrap_err();
    assert_eq!(twice.to_string(), "rule \"a\": another rule has the same name");
    let percentile = Rule::new("a", Statistic::Percentile(f64::NAN)).above(1.0);
    assert!(Rules::new(vec![percentile]).unwrap_err().problem.contains("0 to 100"));
}
