use super::*;
use proptest::{prelude::*, sample::Index};
use std::collections::BTreeMap;

fn event(ms: u64, job: &str, kind: Kind) -> Event {
    Event { at: EntryId::at(ms), job: job.to_owned(), kind }
}

fn added(name: &str) -> Kind {
    Kind::Added { name: name.to_owned() }
}

const WAITING: Kind = Kind::Waiting { from_active: false };
const BACK: Kind = Kind::Waiting { from_active: true };

fn facts(events: &[(u64, Kind)], hash: Option<&Hash>) -> Vec<Fact> {
    let (mut machine, mut facts) = (Machine::default(), Vec::new());
    for (ms, kind) in events {
        machine.take(event(*ms, "7", kind.clone()), hash, &mut facts);
    }
    machine.settle(&mut facts);
    facts
}

fn outcomes(facts: &[Fact]) -> Vec<&'static str> {
    let outcome = |fact: &Fact| match fact {
        Fact::Ended(attempt) => attempt.outcome.as_str(),
        Fact::Stalled => "stalled",
    };
    facts.iter().map(outcome).collect()
}

#[test]
fn a_job_that_fails_twice_and_then_succeeds() {
    let delayed = |due| Kind::Delayed { due: Some(due) };
    let events = [
        (100, added("mail")),
        (100, WAITING),
        (130, Kind::Active),
        (180, delayed(1_180)),
        // It could have been taken at 1180.
        (1_200, WAITING),
        (1_250, Kind::Active),
        (1_300, BACK),
        (1_310, Kind::Active),
        (1_400, Kind::Completed),
    ];
    let facts = facts(&events, None);
    assert_eq!(outcomes(&facts), ["retried", "retried", "completed"]);
    let times = facts.iter().map(|fact| match fact {
        Fact::Ended(of) => (of.wait.unwrap(), of.run.unwrap(), of.attempts.unwrap(), of.at),
        Fact::Stalled => unreachable!(),
    });
    let expected = [(30, 50, 1, 180), (70, 50, 2, 1_300), (10, 90, 3, 1_400)];
    assert_eq!(times.collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_no_failed_attempt_is_not_counted() {
    let hash = |made| Hash { made: Some(made), ..Hash::default() };
    let later = Kind::Delayed { due: None };
    // A rate limit, and a worker that put the job off: the hash knows of no attempt.
    for back in [BACK, later.clone()] {
        let events = [(1, WAITING), (2, Kind::Active), (3, back)];
        assert!(facts(&events, Some(&hash(0))).is_empty());
        assert_eq!(outcomes(&facts(&events, Some(&hash(1)))), ["retried"]);
        assert_eq!(outcomes(&facts(&events, None)), ["retried"]);
    }
    // New with a delay, which is changed.
    let events = [(1, added("x")), (1, later.clone()), (5, later.clone()), (9, WAITING)];
    assert!(facts(&events, None).is_empty());
    // Put aside until its children are done.
    let events = [(1, Kind::Active), (2, Kind::Parked), (9, WAITING), (10, Kind::Active)];
    assert!(facts(&events, None).is_empty());
    assert_eq!(
        outcomes(&facts(&[(1, Kind::Active), (4, BACK), (4, Kind::Stalled)], None)),
        ["stalled"]
    );
    // One that was active before the watch began.
    assert_eq!(outcomes(&facts(&[(1, later.clone())], Some(&hash(2)))), ["retried"]);
    assert!(facts(&[(1, later)], Some(&hash(0))).is_empty());
}

#[test]
fn the_hash_says_how_long_if_it_can() {
    let hash = Hash {
        name: Some("mail".into()),
        worker: Some("w".into()),
        processed: Some(1_000),
        finished: Some(1_007),
        made: Some(4),
    };
    let run = |hash: &Hash, events: &[(u64, Kind)]| match &facts(events, Some(hash))[..] {
        [Fact::Ended(of)] => (of.run, of.attempts, of.name.clone(), of.worker.clone()),
        other => panic!("{other:?}"),
    };
    let events = [(1, Kind::Active), (10, Kind::Failed)];
    let named = |run| (Some(run), Some(4), Some("mail".to_owned()), Some("w".to_owned()));
    assert_eq!(run(&hash, &events), named(7));
    // It is on its way again.
    let again = Hash { processed: Some(2_000), ..hash.clone() };
    assert_eq!(run(&again, &events), named(9));
    assert_eq!(run(&Hash { finished: None, ..hash }, &events[1..]).0, None);
}

/// What becomes of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    RetriedLater,
    RetriedAtOnce,
    Stalled,
    PutBack,
    PutOff,
}

#[derive(Clone, Debug)]
struct Life {
    is_delayed: bool,
    steps: Vec<Step>,
    end: Option<bool>,
}

fn lives(put_back: bool) -> impl Strategy<Value = Vec<Life>> {
    let step = prop_oneof![
        3 => Just(Step::RetriedLater),
        3 => Just(Step::RetriedAtOnce),
        1 => Just(Step::Stalled),
        2 => Just(if put_back { Step::PutBack } else { Step::Stalled }),
        2 => Just(if put_back { Step::PutOff } else { Step::RetriedLater }),
    ];
    let steps = prop::collection::vec(step, 0..5);
    let life = (any::<bool>(), steps, any::<Option<bool>>())
        .prop_map(|(is_delayed, steps, end)| Life { is_delayed, steps, end });
    prop::collection::vec(life, 1..12)
}

/// What BullMQ adds at once, each list of kinds, and by how much the attempts made rise with it.
fn scripts(life: &Life) -> Vec<(Vec<Kind>, u32)> {
    let delayed = || Kind::Delayed { due: Some(3) };
    let mut scripts = Vec::new();
    if life.is_delayed {
        scripts.extend([(vec![added("n"), delayed()], 0), (vec![WAITING], 0)]);
    } else {
        scripts.push((vec![added("n"), WAITING], 0));
    }
    for step in &life.steps {
        scripts.push((vec![Kind::Active], 0));
        match step {
            Step::RetriedLater => scripts.extend([(vec![delayed()], 1), (vec![WAITING], 0)]),
            Step::RetriedAtOnce => scripts.push((vec![BACK], 1)),
            Step::Stalled => scripts.push((vec![BACK, Kind::Stalled], 0)),
            Step::PutBack => scripts.push((vec![BACK], 0)),
            Step::PutOff => scripts.extend([(vec![delayed()], 0), (vec![WAITING], 0)]),
        }
    }
    scripts.push((vec![Kind::Active], 0));
    let end = life.end.map(|ok| if ok { Kind::Completed } else { Kind::Failed });
    scripts.extend(end.map(|end| (vec![end], 1)));
    scripts
}

/// The lives of many jobs, mixed: events, and the attempts made after each.
fn mixed(lives: &[Life], order: &[Index]) -> Vec<(Event, u32)> {
    let mut left: Vec<_> = lives.iter().map(|life| scripts(life).into_iter()).collect();
    let (mut made, mut events) = (vec![0; lives.len()], Vec::new());
    let mut order = order.iter().cycle();
    let mut open: Vec<usize> = (0..lives.len()).collect();
    while !open.is_empty() {
        let at = order.next().map_or(0, |index| index.index(open.len()));
        let job = open[at];
        let Some((kinds, rise)) = left[job].next() else {
            open.swap_remove(at);
            continue;
        };
        made[job] += rise;
        for kind in kinds {
            events.push((event(events.len() as u64, &job.to_string(), kind), made[job]));
        }
    }
    events
}

/// Completed, failed, retried, stalled.
fn truth(lives: &[Life]) -> [usize; 4] {
    let ends = |ok| lives.iter().filter(|life| life.end == Some(ok)).count();
    let steps = |of: &[Step]| {
        lives.iter().flat_map(|life| &life.steps).filter(|step| of.contains(step)).count()
    };
    let retried = steps(&[Step::RetriedLater, Step::RetriedAtOnce]);
    [ends(true), ends(false), retried, steps(&[Step::Stalled])]
}

fn counted(facts: &[Fact]) -> [usize; 4] {
    let all = outcomes(facts);
    ["completed", "failed", "retried", "stalled"]
        .map(|of| all.iter().filter(|outcome| **outcome == of).count())
}

/// The hashes as they are once so many events are there.
fn hashes(events: &[(Event, u32)]) -> BTreeMap<&str, Hash> {
    let hash = |(event, made): &(Event, u32)| {
        let ended = matches!(event.kind, Kind::Completed | Kind::Failed);
        Hash { made: Some(*made), finished: ended.then_some(1), ..Hash::default() }
    };
    events.iter().map(|of| (&*of.0.job, hash(of))).collect()
}

/// What a watch has after it was stopped and started again.
fn restarted(machine: &Machine) -> Machine {
    let moved = serde_json::to_string(&machine.moved).unwrap();
    let moved = serde_json::from_str(&moved).unwrap();
    let mut again = Machine { moved, fresh: machine.fresh.clone(), ..Machine::default() };
    machine.jobs.active().for_each(|(id, job)| again.jobs.put(id.clone(), job.clone()));
    again
}

/// Reads in batches of these sizes; each hash is read so many events later.
fn read(events: &[(Event, u32)], batches: &[(usize, usize, bool)], with_hashes: bool) -> Vec<Fact> {
    let (mut machine, mut facts, mut at) = (Machine::default(), Vec::new(), 0);
    for &(size, later, is_restarted) in batches.iter().cycle() {
        let batch = &events[at..(at + size).min(events.len())];
        let known = hashes(&events[..(at + size + later).min(events.len())]);
        for (event, _) in batch {
            let hash = known.get(&*event.job).filter(|_| with_hashes);
            machine.take(event.clone(), hash, &mut facts);
        }
        at += batch.len();
        // Less than was asked for: there is no more.
        if batch.len() < size {
            machine.settle(&mut facts);
            return facts;
        }
        if is_restarted {
            machine = restarted(&machine);
        }
    }
    facts
}

fn batches(restarts: bool) -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    let batch = (1_usize..7, 0_usize..9, any::<bool>());
    let batch = batch.prop_map(move |(size, later, again)| (size, later, again && restarts));
    prop::collection::vec(batch, 1..20)
}

fn order() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 1..200)
}

proptest! {
    #[test]
    fn each_event_counts_once_whatever_the_batches_and_restarts(
        lives in lives(false), order in order(), batches in batches(true), with_hashes: bool,
    ) {
        let facts = read(&mixed(&lives, &order), &batches, with_hashes);
        prop_assert_eq!(counted(&facts), truth(&lives));
    }

    #[test]
    fn jobs_that_are_handed_back_are_no_failures(
        lives in lives(true), order in order(), batches in batches(false),
    ) {
        let facts = read(&mixed(&lives, &order), &batches, true);
        prop_assert_eq!(counted(&facts), truth(&lives));
    }

    #[test]
    fn any_events_in_any_order_are_taken(
        events in prop::collection::vec((0_u64..9, 0_u8..4, 0_usize..10, any::<Option<u32>>()), 0..60),
    ) {
        let (mut machine, mut facts) = (Machine::default(), Vec::new());
        let kinds = [
            added(""), WAITING, BACK, Kind::Active, Kind::Completed, Kind::Failed, Kind::Stalled,
            Kind::Delayed { due: Some(u64::MAX) }, Kind::Parked, Kind::Removed,
        ];
        for (ms, job, kind, made) in events {
            let hash = made.map(|made| Hash { made: Some(made), ..Hash::default() });
            machine.take(event(ms, &job.to_string(), kinds[kind].clone()), hash.as_ref(), &mut facts);
        }
    }
}
