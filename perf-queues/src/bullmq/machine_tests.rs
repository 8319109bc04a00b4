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
    // A rate limit, and a worker that put the job off: the hash knows of no attempt, or of none since then.
    for back in [BACK, later.clone()] {
        let events = [(1, WAITING), (2, Kind::Active), (3, back)];
        for made in [0, 1, 7] {
            assert!(facts(&events, Some(&hash(made))).is_empty());
        }
        assert_eq!(outcomes(&facts(&events, None)), ["retried"]);
        // Taken before the watch began: that all have failed is known, or is not.
        let started = |started| Hash { started: Some(started), ..hash(2) };
        let back = &events[2..];
        let is_delayed = back[0].1 != BACK;
        let expected = if is_delayed { vec![] } else { vec!["retried"] };
        assert_eq!(outcomes(&facts(back, Some(&started(2)))), expected);
        assert!(facts(back, Some(&started(3))).is_empty());
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
    // One that was not heard of: its delay may have been changed.
    for made in [0, 2] {
        assert!(facts(&[(1, later.clone())], Some(&hash(made))).is_empty());
    }
    // It had ended, and is to run again.
    let events =
        [(1, added("x")), (2, Kind::Failed), (3, Kind::Again), (4, Kind::Active), (5, BACK)];
    assert_eq!(outcomes(&facts(&events, Some(&hash(3)))), ["failed"]);
}

#[test]
fn what_a_forgotten_job_waited_its_hash_says() {
    let hash = |made, started| Hash {
        made: Some(made),
        started: Some(started),
        processed: Some(9_000),
        added: Some(1_000),
        delay: Some(5_000),
        ..Hash::default()
    };
    let wait = |events: &[(u64, Kind)], hash: Hash| match &facts(events, Some(&hash))[..] {
        [Fact::Ended(attempt)] => attempt.wait,
        other => panic!("{other:?}"),
    };
    let end = [(9_010, Kind::Completed)];
    assert_eq!(wait(&end, hash(1, 1)), Some(3_000));
    assert_eq!(wait(&[(9_010, BACK)], hash(1, 1)), Some(3_000));
    // It waited more than once.
    assert_eq!([wait(&end, hash(2, 2)), wait(&end, hash(1, 2))], [None, None]);
    assert_eq!(wait(&end, Hash { delay: None, ..hash(1, 1) }), None);
    assert_eq!(wait(&end, Hash { processed: Some(5_999), ..hash(1, 1) }), None);
    // What was seen is better.
    let events = [(8_000, WAITING), (9_001, Kind::Active), (9_010, Kind::Completed)];
    assert_eq!(wait(&events, hash(1, 1)), Some(1_001));
}

#[test]
fn a_job_from_just_after_the_beginning_is_new_after_a_restart_too() {
    let mut machine = Machine::default();
    machine.begin(1_000);
    machine.take(event(1_500, "7", added("x")), None, &mut Vec::new());
    let mut machine = restarted(&restarted(&machine, 1_500), 1_500);
    // Its hash is read when it has failed already.
    let hash = Hash { made: Some(1), started: Some(1), added: Some(1_500), ..Hash::default() };
    let mut facts = Vec::new();
    for (ms, kind) in [(1_600, Kind::Active), (1_700, Kind::Delayed { due: Some(2_000) })] {
        machine.take(event(ms, "7", kind), Some(&hash), &mut facts);
    }
    assert_eq!(outcomes(&facts), ["retried"]);
}

#[test]
fn of_those_to_be_tried_again_a_bounded_number_is_saved() {
    let (mut machine, mut facts) = (watching(), Vec::new());
    let hash = Hash { made: Some(1), added: Some(2 * CLOCKS), ..Hash::default() };
    for n in 0..=MOST_TRIED {
        let saved = machine.saved(77);
        assert_eq!((saved.tried.len(), saved.since), (n, Some(0)));
        for kind in [added("x"), Kind::Active, Kind::Delayed { due: Some(9) }] {
            machine.take(event(2 * CLOCKS, &n.to_string(), kind), Some(&hash), &mut facts);
        }
    }
    // Whoever is not among them may have failed.
    let saved = machine.saved(77);
    assert_eq!((saved.tried.len(), saved.since), (MOST_TRIED, Some(77)));
}

#[test]
fn the_hash_says_how_long_if_it_can() {
    let hash = Hash {
        name: Some("mail".into()),
        worker: Some("w".into()),
        processed: Some(1_000),
        finished: Some(1_007),
        made: Some(4),
        ..Hash::default()
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

/// The lives of many jobs, mixed: events from this time on, and the job's hash after each.
fn mixed(begin: u64, lives: &[Life], order: &[Index]) -> Vec<(Event, Hash)> {
    let mut left: Vec<_> = lives.iter().map(|life| scripts(life).into_iter()).collect();
    let hash = Hash { made: Some(0), started: Some(0), ..Hash::default() };
    let (mut hashes, mut events) = (vec![hash; lives.len()], Vec::new());
    let mut order = order.iter().cycle();
    let mut open: Vec<usize> = (0..lives.len()).collect();
    while !open.is_empty() {
        let at = order.next().map_or(0, |index| index.index(open.len()));
        let job = open[at];
        let Some((kinds, rise)) = left[job].next() else {
            open.swap_remove(at);
            continue;
        };
        let hash = &mut hashes[job];
        hash.made = hash.made.map(|made| made + rise);
        for kind in kinds {
            let now = begin + events.len() as u64;
            match kind {
                Kind::Added { .. } => hash.added = Some(now),
                Kind::Completed | Kind::Failed => hash.finished = Some(now),
                Kind::Active => {
                    hash.processed = Some(now);
                    hash.started = hash.started.map(|started| started + 1);
                }
                _ => {}
            }
            events.push((event(now, &job.to_string(), kind), hash.clone()));
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

/// What a watch has after it was stopped and started again.
fn restarted(machine: &Machine, now: u64) -> Machine {
    let saved = serde_json::to_string(&machine.saved(now)).unwrap();
    Machine::restored(serde_json::from_str(&saved).unwrap())
}

/// A watch from the beginning on.
fn watching() -> Machine {
    let mut machine = Machine::default();
    machine.begin(0);
    machine
}

/// Reads in batches of these sizes; each hash is read so many events later.
fn read(
    mut machine: Machine,
    events: &[(Event, Hash)],
    batches: &[(usize, usize, bool)],
    with_hashes: bool,
) -> Vec<Fact> {
    let (mut facts, mut at) = (Vec::new(), 0);
    for &(size, later, is_restarted) in batches.iter().cycle() {
        let batch = &events[at..(at + size).min(events.len())];
        let then = &events[..(at + size + later).min(events.len())];
        let known = then.iter().filter(|_| with_hashes);
        let known = known.map(|(event, hash)| (&*event.job, hash.clone())).collect();
        let all = batch.iter().map(|(event, _)| event.clone()).collect();
        machine.take_all(all, &known, &mut facts);
        at += batch.len();
        // Less than was asked for: there is no more.
        if batch.len() < size {
            machine.settle(&mut facts);
            return facts;
        }
        if is_restarted {
            machine = restarted(&machine, at as u64);
        }
    }
    facts
}

/// How often each job was tried again.
fn retried(facts: &[Fact]) -> BTreeMap<&str, usize> {
    let mut times = BTreeMap::new();
    for fact in facts {
        if let Fact::Ended(attempt) = fact
            && attempt.outcome == JobOutcome::Retried
        {
            *times.entry(&*attempt.job).or_default() += 1;
        }
    }
    times
}

fn batches(restarts: bool) -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    let batch = (1_usize..7, 0_usize..9, any::<bool>());
    let batch = batch.prop_map(move |(size, later, again)| (size, later, again && restarts));
    prop::collection::vec(batch, 1..20)
}

/// When jobs are added: at once, or some time after the watch began.
fn begin() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), CLOCKS - 40..CLOCKS, 2 * CLOCKS - 40..2 * CLOCKS, Just(3 * CLOCKS)]
}

fn order() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 1..200)
}

proptest! {
    #[test]
    fn each_event_counts_once_whatever_the_batches_and_restarts(
        begin in begin(), lives in lives(false), order in order(), batches in batches(true),
        with_hashes: bool,
    ) {
        let facts = read(watching(), &mixed(begin, &lives, &order), &batches, with_hashes);
        prop_assert_eq!(counted(&facts), truth(&lives));
    }

    #[test]
    fn jobs_that_are_handed_back_are_no_failures(
        begin in begin(), lives in lives(true), order in order(), batches in batches(true),
    ) {
        let facts = read(watching(), &mixed(begin, &lives, &order), &batches, true);
        prop_assert_eq!(counted(&facts), truth(&lives));
    }

    /// Of each job, one attempt at most is taken for what it is not.
    #[test]
    fn a_watch_that_begins_in_the_middle_takes_no_earlier_failures_for_new_ones(
        lives in lives(true), order in order(), middle: Index, restarts: Vec<bool>,
    ) {
        let events = mixed(0, &lives, &order);
        let (_, after) = events.split_at(middle.index(events.len()));
        let mut machine = Machine::default();
        machine.begin(u64::MAX);
        let batches: Vec<_> = restarts.iter().map(|again| (1, 0, *again)).chain([(1, 0, false)]).collect();
        let ours = read(machine, after, &batches, true);
        let ours = retried(&ours);
        for (job, life) in lives.iter().enumerate() {
            let job = job.to_string();
            let made = |events: &[(Event, Hash)]| {
                let last = events.iter().rfind(|(event, _)| event.job == job);
                last.and_then(|(_, hash)| hash.failures()).unwrap_or(0) as usize
            };
            let before = &events[..events.len() - after.len()];
            let theirs = made(&events).saturating_sub(made(before));
            let ours = ours.get(&*job).copied().unwrap_or(0);
            prop_assert!(ours.abs_diff(theirs) <= 1, "{ours} and {theirs} of {job}: {life:?}");
        }
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
