//! What calls of language models take and cost: their times beside tokens and dollars, one report
//! of both, and an alert where money is spent too fast.
//!
//! `cargo run --release --example llm_cost --features store`

use fastrand::Rng;
use perfkit::{
    Operation, Outcome, Registry,
    monitor::{
        Builder, Monitor, StartError,
        alert::{Alert, Severity},
        config::Config,
        rules::{Rule, Statistic},
    },
    store::{By, Group, Query, StoreError},
};
use std::{
    error::Error,
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

const CALLS: &str = "llm_calls";
const TOKENS: &str = "llm_tokens";
/// Counters are whole numbers, so dollars are counted in billionths: exactly, and up to nine
/// billion.
const COST: &str = "llm_cost_nanousd";
const NANOS: u64 = 1_000_000_000;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a report waits for the store.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than so many dollars an hour is too much.
const BUDGET: f64 = 20.0;

/// A model, and what a token costs in billionths of a dollar: a price of $0.15 for a million is
/// 150. The models are those of [`MODELS`], so there are no more labels than these.
#[derive(Debug)]
struct Model {
    name: &'static str,
    input: u64,
    output: u64,
}

const MODELS: [Model; 3] = [
    Model { name: "small", input: 150, output: 600 },
    Model { name: "medium", input: 3_000, output: 15_000 },
    Model { name: "large", input: 15_000, output: 75_000 },
];

/// The tokens of a call, as the provider tells them.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    input: u64,
    output: u64,
}

impl Usage {
    fn cost(self, model: &Model) -> u64 {
        let (input, output) =
            (self.input.saturating_mul(model.input), self.output.saturating_mul(model.output));
        input.saturating_add(output)
    }
}

/// Tells what calls of models take and cost.
struct Llm {
    monitor: Monitor,
}

impl Llm {
    /// A service has `Llm::start(Monitor::builder())`: the global registry, the system's time, and
    /// settings by `PERFKIT_CONFIG` and `PERFKIT_STORE`.
    fn start(builder: Builder) -> Result<Self, StartError> {
        // A counter's rate is that of a second.
        let rate = |dollars_an_hour: f64| dollars_an_hour * NANOS as f64 / HOUR.as_secs_f64();
        let spending = Rule::new("spending", Statistic::CounterRate)
            .of(COST)
            .together()
            .over(15 * MINUTE)
            .above(rate(BUDGET))
            .clear(rate(0.8 * BUDGET))
            .severity(Severity::Critical)
            .summary(format!("more than {BUDGET} USD an hour"));
        Ok(Self { monitor: builder.rule(spending).start()? })
    }

    /// A call that has ended. One that failed may have cost something all the same.
    fn call(&self, model: &'static Model, took: Duration, outcome: Outcome, usage: Usage) {
        let registry = self.registry();
        let of_model = ("model", model.name);
        registry.record_labelled(CALLS, &[of_model], took, outcome);
        for (direction, tokens) in [("input", usage.input), ("output", usage.output)] {
            registry.counter(TOKENS, &[of_model, ("direction", direction)]).add(tokens);
        }
        registry.counter(COST, &[of_model]).add(usage.cost(model));
    }

    fn registry(&self) -> &Registry {
        self.monitor.registry()
    }

    /// The last so many hours, of this run and of those before it: a line for each model that was
    /// called.
    fn metrics(&self, hours: u32) -> Result<Metrics, StoreError> {
        let now = self.monitor.store_now(PATIENCE)?;
        let store = self.monitor.store()?;
        let by_model =
            |name| Query::last(HOUR * hours, now).name(name).by([By::Label("model".into())]);
        let costs = store.counters(&by_model(COST))?;
        let [input, output] = ["input", "output"]
            .map(|direction| store.counters(&by_model(TOKENS).label("direction", direction)));
        let (input, output) = (input?, output?);
        let line = |calls: Group<Operation>| ModelMetrics {
            input: of_model(&input, &calls),
            output: of_model(&output, &calls),
            nano_usd: of_model(&costs, &calls),
            calls: calls.value,
            model: calls.labels.into_values().collect(),
        };
        Ok(Metrics(store.operations(&by_model(CALLS))?.into_iter().map(line).collect()))
    }
}

/// The count of the model whose calls these are.
fn of_model(counts: &[Group<u64>], calls: &Group<Operation>) -> u64 {
    let group = counts.iter().find(|group| group.labels == calls.labels);
    group.map_or(0, |group| group.value)
}

/// What a model took and cost in some time.
#[derive(Debug)]
struct ModelMetrics {
    model: String,
    calls: Operation,
    input: u64,
    output: u64,
    nano_usd: u64,
}

impl ModelMetrics {
    /// What a thousand calls cost on average.
    fn per_thousand(&self) -> u64 {
        let thousand = u128::from(self.nano_usd) * 1_000 / u128::from(self.calls.count().max(1));
        u64::try_from(thousand).unwrap_or(u64::MAX)
    }
}

/// All models, by name.
#[derive(Debug)]
struct Metrics(Vec<ModelMetrics>);

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<8}{:>6}{:>8}{:>7}{:>7}{:>10}{:>10}{:>12}{:>14}",
            "model", "calls", "errors", "p50", "p95", "input", "output", "USD", "USD per 1000"
        )?;
        for of in &self.0 {
            let (calls, errors) = (of.calls.count(), of.calls.errors());
            // Percentiles are within 1 %: of some seconds, the tenths are sure.
            let [p50, p95] = [50.0, 95.0].map(|percent| {
                format!("{:.1} s", of.calls.percentile(percent).unwrap_or_default().as_secs_f64())
            });
            let (cost, thousand) = (usd(of.nano_usd), usd(of.per_thousand()));
            let ModelMetrics { model, input, output, .. } = of;
            writeln!(
                f,
                "{model:<8}{calls:>6}{errors:>8}{p50:>7}{p95:>7}{input:>10}{output:>10}{cost:>12}{thousand:>14}"
            )?;
        }
        let all = self.0.iter().fold(0, |all: u64, of| all.saturating_add(of.nano_usd));
        writeln!(f, "in all {} USD", usd(all))
    }
}

/// Billionths of a dollar as dollars, to the hundredth of a cent; what is less is cut off.
fn usd(nanos: u64) -> String {
    format!("{}.{:04}", nanos / NANOS, nanos % NANOS / 100_000)
}

/// A line for people, with the rate that was measured in dollars an hour.
fn told(alert: &Alert, start: SystemTime) -> String {
    let after = alert.ended.unwrap_or(alert.started).duration_since(start).unwrap_or_default();
    let (minutes, status) = (after.as_secs() / 60, alert.status.as_str());
    let spent = alert.value * HOUR.as_secs_f64() / NANOS as f64;
    let (rule, summary) = (&alert.rule, &alert.summary);
    format!("after {minutes:>3} min {status:<9}{rule}: {summary}: {spent:.2}")
}

/// Starts the monitor at a simulated time, and nothing in it that differs from machine to machine.
fn simulated(folder: &Path, start: SystemTime) -> Result<Llm, Box<dyn Error>> {
    let url = format!("sqlite:{}", folder.join("llm.db").display());
    let config = format!(
        "ready_made_rules = false\nsystem.resources = false\n\
         [store]\nurl = '{url}'\ninterval = '5m'"
    );
    let builder = Monitor::builder().config(Config::from_toml(&config)?);
    Ok(Llm::start(builder.registry(&Registry::new()).simulated(start))?)
}

/// A minute of calls.
fn work(llm: &Llm, dice: &mut Rng, is_runaway: bool) {
    for _ in 0..dice.u32(3..9) {
        let at = dice.usize(..3).min(dice.usize(..3));
        // An agent that asks itself again and again takes the largest model.
        let model = &MODELS[if is_runaway { 2 } else { at }];
        let took = Duration::from_millis(100 * (2 + dice.u64(..12) * (1 + at as u64)));
        let usage = Usage { input: dice.u64(200..3_000), output: dice.u64(50..800) };
        if dice.u32(..100) < 3 {
            // It was read, and not answered.
            llm.call(model, took, Outcome::Error, Usage { output: 0, ..usage });
        } else {
            llm.call(model, took, Outcome::Ok, usage);
        }
    }
    llm.monitor.advance(MINUTE);
}

fn main() -> Result<(), Box<dyn Error>> {
    let (folder, start) = (tempfile::tempdir()?, SystemTime::now());
    let mut dice = Rng::with_seed(4);
    let llm = simulated(folder.path(), start)?;
    (0..360).for_each(|minute| work(&llm, &mut dice, (120..150).contains(&minute)));
    for alert in llm.monitor.alert_history() {
        println!("{}", told(&alert, start));
    }
    print!("\nthe last 4 of 6 hours:\n{}", llm.metrics(4)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfkit::monitor::alert::Status;

    const SECOND: Duration = Duration::from_secs(1);

    fn llm(folder: &Path, start: SystemTime) -> Llm {
        simulated(folder, start).unwrap()
    }

    #[test]
    fn a_day_is_a_day_to_the_interval_and_through_a_restart() {
        let (folder, start) = (tempfile::tempdir().unwrap(), SystemTime::now());
        let first = llm(folder.path(), start);
        for tokens in [1, 2] {
            first.call(&MODELS[0], SECOND, Outcome::Ok, Usage { input: tokens, output: 0 });
            first.monitor.advance(5 * MINUTE);
        }
        drop(first);
        let second = llm(folder.path(), start + 10 * MINUTE);
        second.call(&MODELS[0], SECOND, Outcome::Ok, Usage { input: 4, output: 0 });
        // The first interval has ended 24 hours ago, the second five minutes later.
        second.monitor.advance(23 * HOUR + 55 * MINUTE);
        let input = |hours| second.metrics(hours).unwrap().0[0].input;
        assert_eq!((input(24), input(25)), (2 + 4, 1 + 2 + 4));
        second.monitor.advance(5 * MINUTE);
        assert_eq!(input(24), 4);
        // What no interval has ended after is in too.
        second.call(&MODELS[0], SECOND, Outcome::Ok, Usage { input: 8, output: 0 });
        assert_eq!(input(24), 4 + 8);
    }

    #[test]
    fn dollars_are_exact_to_the_billionth() {
        let folder = tempfile::tempdir().unwrap();
        let llm = llm(folder.path(), SystemTime::now());
        // A hundred thousand times what no binary fraction is.
        for n in 0..100_000 {
            llm.call(&MODELS[0], SECOND, Outcome::Ok, Usage { input: 1, output: n % 2 });
        }
        // Nine billion dollars.
        llm.call(
            &MODELS[2],
            SECOND,
            Outcome::Ok,
            Usage { input: 600_000_000_000_000 - 1, output: 0 },
        );
        let Metrics(models) = llm.metrics(24).unwrap();
        let costs: Vec<_> = models.iter().map(|of| (&*of.model, of.nano_usd)).collect();
        assert_eq!(costs, [("large", 8_999_999_999_999_985_000), ("small", 45_000_000)]);
        assert_eq!((models[1].input, models[1].output), (100_000, 50_000));
        assert_eq!(models[1].per_thousand(), 450_000);
        assert_eq!(usd(models[0].nano_usd), "8999999999.9999");
        let too_much = Usage { input: u64::MAX, output: u64::MAX };
        assert_eq!(too_much.cost(&MODELS[1]), u64::MAX);
    }

    #[test]
    fn one_report_has_calls_times_tokens_and_dollars() {
        let folder = tempfile::tempdir().unwrap();
        let llm = llm(folder.path(), SystemTime::now());
        for n in 1..=100 {
            let outcome = if n <= 5 { Outcome::Error } else { Outcome::Ok };
            llm.call(&MODELS[1], SECOND / 10 * n, outcome, Usage { input: 1_000, output: 100 });
        }
        let report = llm.metrics(24).unwrap().to_string();
        let lines: Vec<Vec<_>> =
            report.lines().map(|line| line.split_whitespace().collect()).collect();
        let medium = "medium 100 5 5.0 s 9.5 s 100000 10000 0.4500 4.5000";
        assert_eq!(lines[1].join(" "), medium, "{report}");
        assert_eq!(lines[2].join(" "), "in all 0.4500 USD");
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn spending_too_fast_is_told_and_so_is_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let start = SystemTime::now();
        let llm = llm(folder.path(), start);
        // A quarter of an hour for 4, 6 and 3 dollars: 16, 24 and 12 an hour. Before that a quiet
        // one, for a window that is not full is of the time there is.
        for dollars in [0, 4, 6, 3] {
            let input = dollars * NANOS / MODELS[2].input;
            llm.call(&MODELS[2], SECOND, Outcome::Ok, Usage { input, output: 0 });
            // Of longer steps, a rule believes that nobody watched.
            (0..3).for_each(|_| llm.monitor.advance(5 * MINUTE));
        }
        let history = llm.monitor.alert_history();
        assert_eq!(
            history.iter().map(|alert| alert.status).collect::<Vec<_>>(),
            [Status::Firing, Status::Resolved]
        );
        assert_eq!(
            told(&history[0], start),
            "after  35 min firing   spending: more than 20 USD an hour: 24.00"
        );
        assert_eq!(
            told(&history[1], start),
            "after  50 min resolved spending: more than 20 USD an hour: 12.00"
        );
    }
}
