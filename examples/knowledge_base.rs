//! A knowledge base's monitor: how well its answers are covered, where its gaps are, what research
//! they set off; and an alert while coverage is under 80 %.
//!
//! `cargo run --release --example knowledge_base --features store`

use fastrand::Rng;
use perfkit::{
    Registry,
    monitor::{
        Builder, Monitor, StartError,
        alert::Severity,
        config::Config,
        rules::{Rule, Selector, Statistic},
    },
    store::{By, Group, Query, StoreError},
};
use std::{
    cmp::Reverse,
    error::Error,
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

const QUERIES: &str = "kb_queries";
/// How many atoms, the pieces of knowledge, a query found.
const ATOMS: &str = "kb_atoms_found";
const GAPS: &str = "kb_gaps";
const RESEARCH: &str = "kb_research_triggered";

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a report waits for the store.
const PATIENCE: Duration = Duration::from_secs(10);

/// The topics that gaps are told by. What people ask about is text without end, and may hold what
/// is nobody's business: so a gap is of one of these, or of none. Where many are of none, one is
/// missing here.
const TOPICS: [&str; 6] = ["billing", "deployment", "login", "permissions", "pricing", "webhooks"];
/// What is about none of them.
const OTHER: &str = "other";

/// The topic of a question: the first one that is among its words.
fn topic_of(question: &str) -> &'static str {
    let is_in = |topic: &&str| {
        let mut words = question.split(|letter: char| !letter.is_alphanumeric());
        words.any(|word| word.eq_ignore_ascii_case(topic))
    };
    TOPICS.into_iter().find(is_in).unwrap_or(OTHER)
}

/// How well a query is covered by what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coverage {
    Strong,
    Thin,
    None,
}

impl Coverage {
    fn as_str(self) -> &'static str {
        ["strong", "thin", "none"][self as usize]
    }
}

/// Tells how well a knowledge base does.
struct KnowledgeBase {
    monitor: Monitor,
}

impl KnowledgeBase {
    /// A service has `KnowledgeBase::start(Monitor::builder())`: the global registry, the system's
    /// time, and settings by `PERFKIT_CONFIG` and `PERFKIT_STORE`.
    fn start(builder: Builder) -> Result<Self, StartError> {
        // Of the queries, those that found anything: a ratio of the same counter's series.
        let covered = Selector::from(QUERIES).with("coverage", "!none");
        let rate = Statistic::Ratio { part: vec![covered], whole: vec![QUERIES.into()] };
        let low = Rule::new("low coverage", rate)
            .together()
            .over(HOUR)
            .minimum(50)
            .below(0.80)
            .clear(0.85)
            .hold(10 * MINUTE)
            .severity(Severity::High)
            .summary("{value} of the queries are covered, threshold {threshold}");
        Ok(Self { monitor: builder.rule(low).start()? })
    }

    fn query(&self, coverage: Coverage, atoms_found: u32) {
        let labels = [("coverage", coverage.as_str())];
        self.registry().counter(QUERIES, &labels).add(1);
        self.registry().distribution(ATOMS, &labels).record(f64::from(atoms_found));
    }

    /// Something that is asked and not known.
    fn gap(&self, question: &str) {
        self.registry().counter(GAPS, &[("topic", topic_of(question))]).add(1);
    }

    fn research_triggered(&self, question: &str) {
        self.registry().counter(RESEARCH, &[("topic", topic_of(question))]).add(1);
    }

    fn registry(&self) -> &Registry {
        self.monitor.registry()
    }

    /// The last so many hours, of this run and of those before it.
    fn metrics(&self, hours: u32) -> Result<Metrics, StoreError> {
        let now = self.monitor.store_now(PATIENCE)?;
        let store = self.monitor.store()?;
        let last = |name| Query::last(HOUR * hours, now).name(name);
        let count = |query: &Query| {
            Ok::<_, StoreError>(store.counters(query)?.first().map_or(0, |group| group.value))
        };
        let by_topic = store.counters(&last(GAPS).by([By::Label("topic".into())]))?;
        let of_topic =
            |group: Group<u64>| (group.label("topic").unwrap_or(OTHER).into(), group.value);
        let mut gaps: Vec<_> = by_topic.into_iter().map(of_topic).collect();
        // The most first, and of as many the first by name, as they come.
        gaps.sort_by_key(|(_, count)| Reverse(*count));
        let atoms = store.distributions(&last(ATOMS).by([]))?;
        Ok(Metrics {
            queries: count(&last(QUERIES).by([]))?,
            uncovered: count(&last(QUERIES).label("coverage", Coverage::None.as_str()).by([]))?,
            atoms: atoms.first().and_then(|group| group.value.mean()),
            gaps,
            research: count(&last(RESEARCH).by([]))?,
        })
    }
}

/// What happened in some time.
#[derive(Debug)]
struct Metrics {
    queries: u64,
    uncovered: u64,
    /// A query's, on average.
    atoms: Option<f64>,
    /// The most first.
    gaps: Vec<(String, u64)>,
    research: u64,
}

impl Metrics {
    /// The share of queries that found anything; `None` without a query.
    fn coverage(&self) -> Option<f64> {
        let covered = self.queries.saturating_sub(self.uncovered);
        (self.queries > 0).then(|| covered as f64 / self.queries as f64)
    }

    fn gap_count(&self) -> u64 {
        self.gaps.iter().map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "queries          {:>6}", self.queries)?;
        writeln!(f, "coverage         {:>6.1} %", 100.0 * self.coverage().unwrap_or_default())?;
        writeln!(f, "atoms a query    {:>6.2}", self.atoms.unwrap_or_default())?;
        writeln!(f, "gaps             {:>6}", self.gap_count())?;
        writeln!(f, "research begun   {:>6}", self.research)?;
        self.gaps
            .iter()
            .take(4)
            .try_for_each(|(topic, count)| writeln!(f, "  {topic:<13}{count:>8}"))
    }
}

/// Starts the monitor at a simulated time, and nothing in it that differs from machine to machine.
fn simulated(folder: &Path, start: SystemTime) -> Result<KnowledgeBase, Box<dyn Error>> {
    let url = format!("sqlite:{}", folder.join("kb.db").display());
    let config = format!(
        "ready_made_rules = false\nsystem.resources = false\n\
         [store]\nurl = '{url}'\ninterval = '5m'"
    );
    let builder = Monitor::builder().config(Config::from_toml(&config)?);
    Ok(KnowledgeBase::start(builder.registry(&Registry::new()).simulated(start))?)
}

/// Five minutes of questions, of which so many percent are of something that is not known.
fn work(base: &KnowledgeBase, dice: &mut Rng, unknown: u32) {
    for _ in 0..dice.u32(5..15) {
        let question = match dice.usize(..8) {
            topic @ ..6 => format!("How does {} work?", TOPICS[topic.min(dice.usize(..6))]),
            _ => format!("Where is order {}?", dice.u32(..)),
        };
        if dice.u32(..100) < unknown {
            base.query(Coverage::None, 0);
            base.gap(&question);
            // Every third gap is worth looking into.
            if dice.u32(..3) == 0 {
                base.research_triggered(&question);
            }
        } else {
            let atoms = dice.u32(1..12);
            base.query(if atoms < 3 { Coverage::Thin } else { Coverage::Strong }, atoms);
        }
    }
    base.monitor.advance(5 * MINUTE);
}

fn main() -> Result<(), Box<dyn Error>> {
    let (folder, start) = (tempfile::tempdir()?, SystemTime::now());
    let mut dice = Rng::with_seed(3);
    let base = simulated(folder.path(), start)?;
    // A product nobody has written about is asked for from the tenth hour to the fourteenth.
    for step in 0..30 * 12 {
        let unknown = if (10 * 12..14 * 12).contains(&step) { 40 } else { 8 };
        work(&base, &mut dice, unknown);
    }
    for alert in base.monitor.alert_history() {
        let after = alert.ended.unwrap_or(alert.started).duration_since(start)?;
        let (status, summary) = (alert.status.as_str(), &alert.summary);
        println!(
            "after {:.2} h {status:<9}{}: {summary}",
            after.as_secs_f64() / 3_600.0,
            alert.rule
        );
    }
    print!("\nthe last 24 of 30 hours:\n{}", base.metrics(24)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfkit::{MetricValue, monitor::alert::Status};

    fn base(folder: &Path, start: SystemTime) -> KnowledgeBase {
        simulated(folder, start).unwrap()
    }

    #[test]
    fn a_day_is_a_day_to_the_interval_and_through_a_restart() {
        let (folder, start) = (tempfile::tempdir().unwrap(), SystemTime::now());
        let first = base(folder.path(), start);
        for queries in [1, 2] {
            (0..queries).for_each(|_| first.query(Coverage::None, 0));
            first.gap("pricing?");
            first.monitor.advance(5 * MINUTE);
        }
        drop(first);
        let second = base(folder.path(), start + 10 * MINUTE);
        (0..4).for_each(|_| second.query(Coverage::Thin, 1));
        // The first interval has ended 24 hours ago, the second five minutes later.
        second.monitor.advance(23 * HOUR + 55 * MINUTE);
        let day = second.metrics(24).unwrap();
        assert_eq!((day.queries, day.uncovered, day.gap_count()), (2 + 4, 2, 1));
        let more = second.metrics(25).unwrap();
        assert_eq!((more.queries, more.uncovered, more.gap_count()), (1 + 2 + 4, 3, 2));
        second.monitor.advance(5 * MINUTE);
        // What no interval has ended after is in too.
        second.query(Coverage::Strong, 7);
        let day = second.metrics(24).unwrap();
        assert_eq!((day.coverage(), day.atoms, day.gap_count()), (Some(1.0), Some(2.2), 0));
    }

    #[test]
    fn low_coverage_is_told_once_it_has_lasted_and_so_is_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let start = SystemTime::now();
        let base = base(folder.path(), start);
        // 79 % of the queries are covered from the start, and more and more from the second hour
        // on.
        for step in 0..36 {
            for n in 0..100 {
                let is_gap = n < if step < 12 { 21 } else { 5 };
                base.query(if is_gap { Coverage::None } else { Coverage::Thin }, 1);
            }
            base.monitor.advance(5 * MINUTE);
        }
        let told = base.monitor.alert_history();
        assert_eq!(
            told.iter().map(|alert| alert.status).collect::<Vec<_>>(),
            [Status::Firing, Status::Resolved]
        );
        // It was so at the first tick, and for ten minutes more.
        assert_eq!(told[0].started, start + 15 * MINUTE);
        assert_eq!(told[0].summary, "79 % of the queries are covered, threshold 80 %");
        assert!(told[1].value >= 0.85, "{}", told[1].value);
    }

    #[test]
    fn exactly_the_threshold_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let base = base(folder.path(), SystemTime::now());
        for step in 0..12 {
            (0..100).for_each(|n| {
                base.query(if n < 20 { Coverage::None } else { Coverage::Strong }, n);
            });
            base.monitor.advance(5 * MINUTE);
            assert_eq!(base.monitor.pending().len() + base.monitor.alerts().len(), 0, "{step}");
        }
        assert_eq!(base.metrics(24).unwrap().coverage(), Some(0.8));
    }

    #[test]
    fn whatever_is_asked_there_are_no_more_topics_than_these() {
        let folder = tempfile::tempdir().unwrap();
        let base = base(folder.path(), SystemTime::now());
        (0..5_000).for_each(|n| base.gap(&format!("Is hunter{n} my password?")));
        (0..2).for_each(|_| base.gap("the LOGIN, and then webhooks"));
        base.gap("loginless");
        assert_eq!(base.metrics(24).unwrap().gaps, [(OTHER.into(), 5_001), ("login".into(), 2)]);
        let snapshot = base.registry().snapshot();
        assert!(!format!("{snapshot:?}").contains("hunter"));
        let gaps = snapshot.metrics().iter().filter(|metric| metric.name() == GAPS);
        assert!(gaps.clone().all(|gap| matches!(gap.value(), MetricValue::Counter(_))));
        assert_eq!(gaps.count(), 2);
    }
}
