//! Requests over unequal workers, by round robin and by tower's balancer, in simulated time.

use perf_fleet::{Fleet, ManualClock, tower::WorkerService};
use std::{
    cell::RefCell,
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet, VecDeque},
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tower::{Service, balance::p2c::Balance, discover::ServiceList, util::rng::Rng};

/// Requests a second that the workers answer: five each.
const RATES: [f64; 20] = [
    8.0, 8.0, 8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 4.0, 4.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0,
    1.0,
];

/// Each answers one after another.
const SINGLE: [usize; RATES.len()] = [1; RATES.len()];

struct Seeded(fastrand::Rng);

impl Rng for Seeded {
    fn next_u64(&mut self) -> u64 {
        self.0.u64(..)
    }
}

/// Workers that answer as many requests at once as they have slots, each in a time that is exponentially
/// distributed: with more slots, in one that is as many times longer.
struct World {
    now: f64,
    random: fastrand::Rng,
    slots: Vec<usize>,
    queues: Vec<VecDeque<u64>>,
    running: Vec<usize>,
    /// (time in ns, worker, request)
    completions: BinaryHeap<Reverse<(u64, usize, u64)>>,
    answered: HashSet<u64>,
    /// Answers with an error, at once.
    broken: Option<usize>,
    calls: Vec<u64>,
}

impl World {
    fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.random.f64()).ln() / rate
    }

    /// If there is a slot.
    fn begin(&mut self, worker: usize) {
        if self.running[worker] == self.slots[worker] {
            return;
        }
        let Some(id) = self.queues[worker].pop_front() else { return };
        self.running[worker] += 1;
        let rate = RATES[worker] / self.slots[worker] as f64;
        let takes = if self.broken == Some(worker) { 1e-3 } else { self.exponential(rate) };
        self.completions.push(Reverse((((self.now + takes) * 1e9) as u64, worker, id)));
    }

    fn end(&mut self) -> u64 {
        let Some(Reverse((_, worker, id))) = self.completions.pop() else { unreachable!() };
        self.running[worker] -= 1;
        self.answered.insert(id);
        self.begin(worker);
        id
    }
}

#[derive(Clone)]
struct Simulated {
    worker: usize,
    world: Rc<RefCell<World>>,
}

struct Answer {
    id: u64,
    fails: bool,
    world: Rc<RefCell<World>>,
}

impl Future for Answer {
    type Output = Result<(), std::io::Error>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let is_answered = self.world.borrow_mut().answered.remove(&self.id);
        match (is_answered, self.fails) {
            (false, _) => Poll::Pending,
            (true, false) => Poll::Ready(Ok(())),
            (true, true) => Poll::Ready(Err(std::io::ErrorKind::Other.into())),
        }
    }
}

impl Service<u64> for Simulated {
    type Response = ();
    type Error = std::io::Error;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, id: u64) -> Answer {
        let mut world = self.world.borrow_mut();
        world.calls[self.worker] += 1;
        world.queues[self.worker].push_back(id);
        world.begin(self.worker);
        let fails = world.broken == Some(self.worker);
        Answer { id, fails, world: Rc::clone(&self.world) }
    }
}

struct Outcome {
    mean: f64,
    p99: f64,
    calls: Vec<u64>,
}

type Route<'a> = dyn FnMut(u64) -> Pin<Box<dyn Future<Output = bool>>> + 'a;

/// So many requests that arrive at random, at a rate; the mean time to an answer.
fn simulate(
    world: &Rc<RefCell<World>>,
    clock: &ManualClock,
    (arrivals, requests): (f64, u64),
    route: &mut Route<'_>,
) -> Outcome {
    let mut futures = HashMap::new();
    let (mut sent, mut next) = (0, 0.0);
    let mut took = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while took.len() < requests as usize {
        let done = world.borrow().completions.peek().map(|Reverse((at, ..))| *at as f64 / 1e9);
        let arrives = sent < requests && done.is_none_or(|done| next <= done);
        let at = if arrives { next } else { done.unwrap() };
        let passed = at - std::mem::replace(&mut world.borrow_mut().now, at);
        clock.advance(Duration::from_secs_f64(passed.max(0.0)));
        if arrives {
            let future = route(sent);
            futures.insert(sent, (at, future));
            sent += 1;
            next += world.borrow_mut().exponential(arrivals);
            continue;
        }
        let id = world.borrow_mut().end();
        let (since, mut future) = futures.remove(&id).unwrap();
        assert!(future.as_mut().poll(&mut cx).is_ready());
        took.push(at - since);
    }
    took.sort_by(f64::total_cmp);
    Outcome {
        mean: took.iter().sum::<f64>() / took.len() as f64,
        p99: took[took.len() * 99 / 100],
        calls: world.borrow().calls.clone(),
    }
}

fn world(
    seed: u64,
    broken: Option<usize>,
    slots: &[usize],
) -> (Rc<RefCell<World>>, Vec<WorkerService<Simulated>>, ManualClock) {
    let clock = ManualClock::new();
    let fleet = Fleet::builder().clock(clock.clone()).objective(Duration::from_secs(1)).build();
    let world = Rc::new(RefCell::new(World {
        now: 0.0,
        random: fastrand::Rng::with_seed(seed),
        slots: slots.to_vec(),
        queues: vec![VecDeque::new(); RATES.len()],
        running: vec![0; RATES.len()],
        completions: BinaryHeap::new(),
        answered: HashSet::new(),
        broken,
        calls: vec![0; RATES.len()],
    }));
    let service = |worker: usize| {
        let inner = Simulated { worker, world: Rc::clone(&world) };
        let of = fleet.worker(&format!("w{worker}")).max_concurrent(slots[worker] as u64);
        WorkerService::new(inner, of, "request")
    };
    let services = (0..RATES.len()).map(service).collect();
    (world, services, clock)
}

fn round_robin(seed: u64, load: (f64, u64), broken: Option<usize>, slots: &[usize]) -> Outcome {
    let (world, mut services, clock) = world(seed, broken, slots);
    let mut turn = 0;
    simulate(&world, &clock, load, &mut |id| {
        turn = (turn + 1) % services.len();
        let answer = services[turn].call(id);
        Box::pin(async move { answer.await.is_ok() })
    })
}

fn two_choices(seed: u64, load: (f64, u64), broken: Option<usize>, slots: &[usize]) -> Outcome {
    let (world, services, clock) = world(seed, broken, slots);
    let rng = Seeded(fastrand::Rng::with_seed(seed));
    let mut balancer = Balance::from_rng(ServiceList::new::<u64>(services), rng);
    let mut cx = Context::from_waker(Waker::noop());
    simulate(&world, &clock, load, &mut |id| {
        assert!(balancer.poll_ready(&mut cx).is_ready());
        let answer = balancer.call(id);
        Box::pin(async move { answer.await.is_ok() })
    })
}

/// The same two choices by one who knows the rates and the queues: what is there to be had by measuring.
fn two_known_choices(seed: u64, load: (f64, u64), slots: &[usize]) -> Outcome {
    let (world, mut services, clock) = world(seed, None, slots);
    let mut random = fastrand::Rng::with_seed(seed);
    let queues = Rc::clone(&world);
    simulate(&world, &clock, load, &mut |id| {
        let a = random.usize(..RATES.len());
        let b = (a + random.usize(1..RATES.len())) % RATES.len();
        let wait = |at: usize| {
            let world = queues.borrow();
            let others = (world.queues[at].len() + world.running[at]) as f64;
            (others + 1.0).max(slots[at] as f64) / RATES[at]
        };
        let answer = services[if wait(a) <= wait(b) { a } else { b }].call(id);
        Box::pin(async move { answer.await.is_ok() })
    })
}

/// No way of dealing out requests is better than one queue before one worker as fast as all together,
/// M/M/1: 1 / (μ − λ). And none that looks at two workers at random is better than if the faster of the
/// two were always idle.
fn bound(arrivals: f64) -> f64 {
    let pooled = 1.0 / (RATES.iter().sum::<f64>() - arrivals);
    let faster = |a: &f64| RATES.iter().map(|b| 1.0 / a.max(*b)).sum::<f64>() - 1.0 / a;
    let pairs = RATES.len() * (RATES.len() - 1);
    let two_choices = RATES.iter().map(faster).sum::<f64>() / pairs as f64;
    two_choices.max(pooled)
}

/// The mean time of the best way to deal out requests at random, each worker with a fixed share, in
/// proportion to μ − √μ × (Σμ − λ) / Σ√μ: Leonard Kleinrock, "Queueing Systems" II, 1976, section 5.8; of
/// as many of the fastest workers as have a share above 0.
fn best_shares(arrivals: f64) -> f64 {
    let of = |workers: &[f64]| {
        let roots: f64 = workers.iter().map(|rate| rate.sqrt()).sum();
        let spare = workers.iter().sum::<f64>() - arrivals;
        let last = workers.last()?.sqrt();
        let is_used = spare > 0.0 && last * roots > spare;
        is_used.then(|| (roots * roots / spare - workers.len() as f64) / arrivals)
    };
    let all = (1..=RATES.len()).filter_map(|count| of(&RATES[..count]));
    all.reduce(f64::min).unwrap()
}

#[test]
fn two_choices_beat_round_robin_and_come_near_the_bound() {
    const SEED: u64 = 42;
    for (load, requests) in [(0.19, 50_000), (0.7, 100_000)] {
        let arrivals = load * RATES.iter().sum::<f64>();
        let turns = round_robin(SEED, (arrivals, requests), None, &SINGLE);
        let ours = two_choices(SEED, (arrivals, requests), None, &SINGLE);
        let known = two_known_choices(SEED, (arrivals, requests), &SINGLE);
        let (bound, shares) = (bound(arrivals), best_shares(arrivals));
        println!(
            "load {load}: round robin {:.3} s (p99 {:.2}), two choices {:.3} s (p99 {:.2}), \
             by known rates {:.3} s (p99 {:.2}), best fixed shares {shares:.3} s, bound {bound:.3} s",
            turns.mean, turns.p99, ours.mean, ours.p99, known.mean, known.p99,
        );
        assert!(ours.mean > bound, "no way is better than the bound");
        assert!(ours.mean < turns.mean / 2.0 && ours.p99 < turns.p99 / 2.0);
        assert!(ours.mean < 1.25 * known.mean, "little is lost by not knowing the rates");
    }
}

#[test]
fn slots_do_not_make_a_worker_look_faster_than_it_is() {
    // The five fastest have eight slots, each of which takes 1 s for what the next ones do in 0.25 s.
    let slots: Vec<_> = RATES.iter().map(|rate| if *rate > 5.0 { 8 } else { 1 }).collect();
    for (load, requests, more) in [(0.19, 50_000, 1.05), (0.7, 100_000, 1.25)] {
        let arrivals = load * RATES.iter().sum::<f64>();
        let turns = round_robin(42, (arrivals, requests), None, &slots);
        let ours = two_choices(42, (arrivals, requests), None, &slots);
        let known = two_known_choices(42, (arrivals, requests), &slots);
        println!(
            "load {load}, some with slots: round robin {:.3} s, two choices {:.3} s, by known rates \
             {:.3} s",
            turns.mean, ours.mean, known.mean,
        );
        assert!(ours.mean > bound(arrivals) && ours.mean < turns.mean);
        assert!(ours.mean < more * known.mean, "little is lost by not knowing the rates");
    }
}

#[test]
fn a_worker_that_fails_at_once_does_not_draw_requests() {
    let broken = Some(0);
    let turns = round_robin(1, (14.0, 20_000), broken, &SINGLE);
    let ours = two_choices(1, (14.0, 20_000), broken, &SINGLE);
    println!("failed: round robin {}, two choices {}", turns.calls[0], ours.calls[0]);
    assert_eq!(turns.calls[0], 1_000);
    assert!(ours.calls[0] < 20, "{}", ours.calls[0]);
}
