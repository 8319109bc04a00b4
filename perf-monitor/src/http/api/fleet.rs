//! A fleet of workers.

use super::super::{
    app::App,
    model::{finite, millis},
    problem::{Given, Problem},
};
use crate::view::View;
use axum::{extract::State, response::Response};
use perf_fleet::{
    Fleet, Worker, WorkerStats,
    balance::{Plan, Strategy},
    bottleneck::Bottleneck as Found,
    efficiency::Efficiency,
    report::HealthPoint,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};
use utoipa::{IntoParams, ToSchema};

/// What is shown is of the last hour, in so many steps of five minutes.
const PERIOD: Duration = Duration::from_secs(3_600);
const STEPS: u32 = 12;
/// So many workers are shown unless asked otherwise, and at most.
const ROWS: usize = 120;
const MOST_ROWS: usize = 2_000;
const MOST_MOVES: usize = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Only workers of this domain.
    domain: Option<String>,
    /// Only workers whose id or name has this in it.
    q: Option<String>,
    /// How many workers to show, the least healthy first; 120 unless given, 2,000 at most.
    #[param(minimum = 1, maximum = 2000)]
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskedWorker {
    /// The worker's id.
    id: String,
}

/// Workers by status.
#[derive(Serialize, ToSchema)]
struct Counts {
    workers: usize,
    healthy: usize,
    degraded: usize,
    overloaded: usize,
    failing: usize,
}

#[derive(Serialize, ToSchema)]
struct Totals {
    completed: u64,
    failed: u64,
    /// 0 to 1.
    error_rate: Option<f64>,
    per_hour: Option<f64>,
    mean_seconds: Option<f64>,
    p95_seconds: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct Domain {
    name: String,
    workers: usize,
    /// 0 to 100.
    average_health: f64,
    completed: u64,
    failed: u64,
}

/// A worker in the last hour.
#[derive(Serialize, ToSchema)]
struct Row {
    id: String,
    name: String,
    domain: String,
    /// 0 to 100.
    health: f64,
    /// healthy, degraded, overloaded or failing.
    status: String,
    /// In percent.
    workload: Option<f64>,
    /// What the workload calls for.
    action: Option<&'static str>,
    completed: u64,
    failed: u64,
    /// 0 to 1.
    error_rate: Option<f64>,
    mean_seconds: Option<f64>,
    queue_depth: u64,
    concurrent: u64,
    max_concurrent: Option<u64>,
    /// 0 to 1.
    cache_hit_rate: Option<f64>,
    /// 0 to 1.
    efficiency: Option<f64>,
    idle_seconds: Option<f64>,
    /// One for each of the times, 0 to 100.
    over_time: Vec<Option<f64>>,
}

#[derive(Serialize, ToSchema)]
struct Bottleneck {
    worker: String,
    severity: String,
    issue: String,
    recommendation: String,
}

/// Tasks that should be another worker's.
#[derive(Serialize, ToSchema)]
struct Move {
    from: String,
    to: String,
    tasks: u64,
    why: String,
    effect: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Overview {
    counts: Counts,
    /// 0 to 100.
    average_health: Option<f64>,
    totals: Totals,
    domains: Vec<Domain>,
    /// How many workers there are that were asked for.
    found: usize,
    /// The ends of the steps that health is shown of.
    times_unix_ms: Vec<u64>,
    workers: Vec<Row>,
    bottlenecks: Vec<Bottleneck>,
    /// Of more than are shown, too.
    bottleneck_count: usize,
    recommendations: Vec<String>,
    /// 0 where all have their fair share, to 1.
    imbalance: f64,
    /// What it would be after the moves.
    imbalance_after: f64,
    /// How many moves there are, of which the first are shown.
    move_count: usize,
    /// Over all domains.
    moves: Vec<Move>,
}

/// One part of a health score.
#[derive(Serialize, ToSchema)]
struct Part {
    name: String,
    points: f64,
    weight: f64,
    value: Option<f64>,
}

/// Tasks of a kind.
#[derive(Serialize, ToSchema)]
struct Kind {
    name: String,
    tasks: u64,
    /// 0 to 1.
    efficiency: f64,
    success: f64,
    speed: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct One {
    worker: Row,
    totals: Totals,
    parts: Vec<Part>,
    kinds: Vec<Kind>,
    times_unix_ms: Vec<u64>,
    bottlenecks: Vec<Bottleneck>,
    recommendations: Vec<String>,
    capabilities: Vec<String>,
    metadata: BTreeMap<String, String>,
}

/// A fleet of workers
///
/// How its workers are and what they did in the last hour; where work piles up, and what to do about it.
#[utoipa::path(
    get,
    path = "/fleet",
    tag = "fleet",
    params(Asked),
    responses(
        (status = 200, body = Overview),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn fleet(
    State(app): State<App>,
    Given(asked): Given<Asked>,
) -> Result<Response, Problem> {
    let fleet = of(&app)?;
    app.answer(format!("fleet {asked:?}"), move |_: &View| Ok(overview(&fleet, &asked))).await
}

/// One worker of it
#[utoipa::path(
    get,
    path = "/fleet/worker",
    tag = "fleet",
    params(AskedWorker),
    responses(
        (status = 200, body = One),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn worker(
    State(app): State<App>,
    Given(AskedWorker { id }): Given<AskedWorker>,
) -> Result<Response, Problem> {
    let fleet = of(&app)?;
    app.answer(format!("worker {id}"), move |_: &View| {
        one(&fleet, &id).ok_or_else(|| Problem::not_found("there is no such worker"))
    })
    .await
}

fn of(app: &App) -> Result<Fleet, Problem> {
    app.fleet.clone().ok_or_else(|| Problem::not_found("this program shows no fleet"))
}

fn overview(fleet: &Fleet, asked: &Asked) -> Overview {
    let end = fleet.now();
    let report = fleet.generate_report(start_of(end), end, asked.domain.as_deref());
    let all: Vec<_> = fleet.workers().into_iter().map(|worker| (worker.stats(), worker)).collect();
    let text = asked.q.as_deref().unwrap_or_default().to_lowercase();
    let has = |name: &str| name.to_lowercase().contains(&text);
    let is_wanted = |of: &WorkerStats| {
        asked.domain.as_ref().is_none_or(|domain| of.domain == *domain)
            && (has(&of.id) || has(&of.name))
    };
    let mut wanted: Vec<_> = all.iter().filter(|(stats, _)| is_wanted(stats)).collect();
    wanted.sort_by(|(a, _), (b, _)| a.health.total.total_cmp(&b.health.total));
    let most = asked.limit.unwrap_or(ROWS).min(MOST_ROWS);
    let shown = wanted.iter().take(most);
    let plan = fleet.rebalance(Strategy::PerformanceBased);
    Overview {
        counts: counts(report.counts),
        average_health: report.average_health.and_then(finite),
        totals: Totals::of(&report.totals),
        domains: domains(all.iter().map(|(stats, _)| stats)),
        found: wanted.len(),
        times_unix_ms: times(end),
        workers: shown.map(|(stats, worker)| row(worker, stats, end)).collect(),
        bottlenecks: report.bottlenecks.into_iter().map(bottleneck).collect(),
        bottleneck_count: report.bottleneck_count,
        recommendations: report.recommendations,
        imbalance: plan.imbalance_before,
        imbalance_after: plan.imbalance_after,
        move_count: plan.moves.len(),
        moves: moves(plan),
    }
}

fn counts(counts: perf_fleet::report::Counts) -> Counts {
    Counts {
        workers: counts.workers,
        healthy: counts.healthy,
        degraded: counts.degraded,
        overloaded: counts.overloaded,
        failing: counts.failing,
    }
}

fn domains<'a>(all: impl Iterator<Item = &'a WorkerStats>) -> Vec<Domain> {
    let mut domains: BTreeMap<&str, Domain> = BTreeMap::new();
    for stats in all {
        let domain = domains.entry(&stats.domain).or_insert_with(|| Domain {
            name: stats.domain.clone(),
            workers: 0,
            average_health: 0.0,
            completed: 0,
            failed: 0,
        });
        domain.workers += 1;
        // The mean, as it goes along.
        domain.average_health +=
            (stats.health.total - domain.average_health) / domain.workers as f64;
        domain.completed += stats.figures.completed;
        domain.failed += stats.figures.failed;
    }
    domains.into_values().collect()
}

fn one(fleet: &Fleet, id: &str) -> Option<One> {
    let end = fleet.now();
    let worker = fleet.get(id)?;
    let report = fleet.worker_report(id, start_of(end), end)?;
    let stats = worker.stats();
    let parts = stats.health.parts.iter().map(|part| Part {
        name: part.kind.to_string(),
        points: part.points,
        weight: part.weight,
        value: part.value.and_then(finite),
    });
    let kinds = report.kinds.into_iter().map(|kind| Kind {
        name: kind.kind,
        tasks: kind.efficiency.tasks,
        efficiency: kind.efficiency.score,
        success: kind.efficiency.success,
        speed: kind.efficiency.speed,
    });
    Some(One {
        worker: row(&worker, &stats, end),
        totals: Totals::of(&report.totals),
        parts: parts.collect(),
        kinds: kinds.collect(),
        times_unix_ms: times(end),
        bottlenecks: report.bottlenecks.into_iter().map(bottleneck).collect(),
        recommendations: report.recommendations,
        capabilities: stats.capabilities,
        metadata: stats.metadata,
    })
}

impl Totals {
    fn of(totals: &perf_fleet::report::Totals) -> Self {
        Self {
            completed: totals.completed,
            failed: totals.failed,
            error_rate: totals.error_rate.and_then(finite),
            per_hour: totals.per_hour.and_then(finite),
            mean_seconds: totals.mean_seconds.and_then(finite),
            p95_seconds: totals.p95_seconds.and_then(finite),
        }
    }
}

fn row(worker: &Worker, stats: &WorkerStats, end: SystemTime) -> Row {
    let figures = &stats.figures;
    let over_time = worker.health_over_time(start_of(end), end, PERIOD / STEPS);
    let health = |point: &HealthPoint| point.health.and_then(finite);
    Row {
        id: stats.id.clone(),
        name: stats.name.clone(),
        domain: stats.domain.clone(),
        health: stats.health.total,
        status: stats.health.status.to_string(),
        workload: figures.workload.and_then(finite),
        action: stats.workload_status.map(perf_fleet::Workload::action),
        completed: figures.completed,
        failed: figures.failed,
        error_rate: figures.error_rate.and_then(finite),
        mean_seconds: figures.mean_seconds.and_then(finite),
        queue_depth: figures.queue_depth,
        concurrent: figures.concurrent,
        max_concurrent: figures.max_concurrent,
        cache_hit_rate: figures.cache_hit_rate.and_then(finite),
        efficiency: Efficiency::of(figures).and_then(|efficiency| finite(efficiency.score)),
        idle_seconds: figures.idle_seconds.and_then(finite),
        over_time: over_time.iter().map(health).collect(),
    }
}

fn bottleneck(found: Found) -> Bottleneck {
    Bottleneck {
        worker: found.worker,
        severity: found.severity.to_string(),
        issue: found.issue,
        recommendation: found.recommendation,
    }
}

fn moves(plan: Plan) -> Vec<Move> {
    let moves = plan.moves.into_iter().take(MOST_MOVES).map(|of| Move {
        from: of.from,
        to: of.to,
        tasks: of.tasks,
        why: of.why,
        effect: of.effect,
    });
    moves.collect()
}

fn start_of(end: SystemTime) -> SystemTime {
    end.checked_sub(PERIOD).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The ends of the steps.
fn times(end: SystemTime) -> Vec<u64> {
    let start = start_of(end);
    (1..=STEPS).map(|step| millis(start + PERIOD / STEPS * step)).collect()
}
