//! 105 agents in five domains, some of which fail or have too much to do: what the report says, where work
//! piles up, what rebalancing would do, and all of it on the dashboard, where an hour has passed already.
//!
//! `cargo run --release --example agents --features fleet,http`, and with the seconds to go on for and an
//! address after it: `-- 3600 127.0.0.1:9464`.

use perfkit::{
    Registry,
    fleet::{Fleet, ManualClock, TaskRecord, balance::Strategy},
    monitor::{Monitor, config::Config, http::Http},
};
use std::{
    collections::hash_map::RandomState,
    error::Error,
    hash::BuildHasher,
    thread,
    time::{Duration, SystemTime},
};

const DOMAINS: [&str; 5] = ["Platform", "Frontend", "Backend", "Data", "Security"];
const EACH: u64 = 21;
const KINDS: [&str; 3] = ["review", "build", "test"];
const MINUTE: Duration = Duration::from_secs(60);

/// A number that is no other's, below a limit.
struct Dice {
    random: RandomState,
    thrown: u64,
}

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.thrown += 1;
        self.random.hash_one(self.thrown) % sides
    }
}

/// A minute of all agents.
fn work(fleet: &Fleet, minute: u32, dice: &mut Dice) {
    for (n, domain) in DOMAINS.iter().flat_map(|domain| (1..=EACH).map(move |n| (n, domain))) {
        let agent = fleet
            .worker(&format!("{}_{n:02}", domain.to_uppercase()))
            .name(&format!("{domain} {n}"))
            .domain(domain)
            .capability(domain)
            .max_concurrent(4);
        // The 20th has failing tasks for twenty minutes of the hour, the 21st too much to do.
        let is_failing = n == 20 && (30..50).contains(&(minute % 60));
        let seconds = 80 + dice.throw(80) + if is_failing { 150 } else { 0 };
        let is_ok = dice.throw(100) >= if is_failing { 40 } else { 1 };
        let task = TaskRecord::new(Duration::from_secs(seconds), is_ok);
        agent.record(&task.kind(KINDS[dice.throw(3) as usize]));
        agent.cache(90 + dice.throw(10), dice.throw(5));
        let (workload, queue) = if n == 21 {
            (88 + dice.throw(10), 60 + u64::from(minute))
        } else {
            (45 + dice.throw(30), dice.throw(4))
        };
        agent.set_workload(workload as f64);
        agent.set_queue_depth(queue);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds: u32 = std::env::args().nth(1).map_or(Ok(3), |text| text.parse())?;
    let address = std::env::args().nth(2).unwrap_or_else(|| "127.0.0.1:0".into());
    let registry = Registry::new();
    let clock = ManualClock::at(SystemTime::now() - 60 * MINUTE);
    let fleet = Fleet::builder().registry(&registry).clock(clock.clone()).build();
    let mut dice = Dice { random: RandomState::new(), thrown: 0 };
    for minute in 0..60 {
        work(&fleet, minute, &mut dice);
        clock.advance(MINUTE);
    }
    tell(&fleet);

    let config = Config::from_toml("interval = '1s'\nnotify.log.enabled = false")?;
    let monitor = Monitor::builder().config(config).registry(&registry).start()?;
    let server = Http::new().address(address).fleet(&fleet).serve(&monitor)?;
    println!("\nthe fleet is at http://{}/#/fleet for {seconds} s", server.address());
    for second in 0..seconds {
        thread::sleep(Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        if second % 60 == 59 {
            work(&fleet, 60 + second / 60, &mut dice);
        }
    }
    Ok(())
}

fn tell(fleet: &Fleet) {
    let now = fleet.now();
    let report = fleet.generate_report(now - 60 * MINUTE, now, None);
    println!("{}", report.to_markdown());
    let plan = fleet.rebalance(Strategy::PerformanceBased);
    println!("imbalance {:.2}, {:.2} after:", plan.imbalance_before, plan.imbalance_after);
    for step in plan.moves.iter().take(5) {
        println!("  {} tasks from {} to {}: {}", step.tasks, step.from, step.to, step.effect);
    }
}
