use perf_fleet::{Figures, HealthScore, PartKind, Status, Workload};
use proptest::prelude::*;

fn example(errors: f64, mean: f64, workload: f64, queue: u64, cache: f64, minutes: f64) -> Figures {
    Figures {
        error_rate: Some(errors),
        success_rate: Some(1.0 - errors),
        mean_seconds: Some(mean),
        workload: Some(workload),
        queue_depth: queue,
        cache_hit_rate: Some(cache),
        idle_seconds: Some(minutes * 60.0),
        ..Figures::default()
    }
}

#[test]
fn the_published_examples_hold_within_two_points() {
    let first = HealthScore::of(&example(0.02, 220.0, 65.0, 5, 0.98, 2.0));
    let second = HealthScore::of(&example(0.05, 240.0, 70.0, 10, 0.92, 5.0));
    assert!((first.total - 94.0).abs() <= 2.0, "{}", first.total);
    assert!((second.total - 87.0).abs() <= 2.0, "{}", second.total);
    assert_eq!((first.status, second.status), (Status::Healthy, Status::Healthy));
}

fn points(figures: &Figures, kind: PartKind) -> f64 {
    let score = HealthScore::of(figures);
    score.parts.iter().find(|part| part.kind == kind).unwrap().points
}

#[test]
fn each_part_is_exact_at_its_corners() {
    let errors = |rate| Figures { error_rate: Some(rate), ..Figures::default() };
    for (rate, expected) in [(0.0, 25.0), (0.1, 12.5), (0.2, 0.0), (1.0, 0.0)] {
        assert_eq!(points(&errors(rate), PartKind::Errors), expected);
        assert_eq!(points(&errors(rate), PartKind::Success), 25.0 * (1.0 - rate));
    }
    let mean = |seconds| Figures { mean_seconds: Some(seconds), ..Figures::default() };
    for (seconds, expected) in [(0.0, 20.0), (180.0, 20.0), (360.0, 10.0), (f64::INFINITY, 0.0)] {
        assert_eq!(points(&mean(seconds), PartKind::Performance), expected);
    }
    let workload = |percent| Figures { workload: Some(percent), ..Figures::default() };
    for (percent, expected) in [
        (0.0, 7.5),
        (20.0, 11.25),
        (40.0, 15.0),
        (80.0, 15.0),
        (90.0, 7.5),
        (100.0, 0.0),
        (150.0, 0.0),
    ] {
        assert_eq!(points(&workload(percent), PartKind::Workload), expected, "{percent}");
    }
    let idle = |seconds| Figures { idle_seconds: Some(seconds), ..Figures::default() };
    for (seconds, expected) in [(0.0, 5.0), (300.0, 5.0), (1_950.0, 2.5), (3_600.0, 0.0)] {
        assert_eq!(points(&idle(seconds), PartKind::Recency), expected);
    }
    let cache = |rate| Figures { cache_hit_rate: rate, ..Figures::default() };
    assert_eq!(points(&cache(None), PartKind::Cache), 8.0);
    assert_eq!(points(&cache(Some(0.5)), PartKind::Cache), 5.0);
}

#[test]
fn status_by_its_boundaries() {
    let status = |figures: &Figures| HealthScore::of(figures).status;
    let errors = |rate| Figures { error_rate: Some(rate), ..Figures::default() };
    assert_eq!(status(&errors(0.1)), Status::Healthy, "75 points, and not over 10 %");
    assert_eq!(status(&errors(0.101)), Status::Degraded);
    assert_eq!(status(&errors(0.21)), Status::Failing);
    let workload = |percent| Figures { workload: Some(percent), ..Figures::default() };
    let percents = [84.9, 85.0, 94.9, 95.0];
    let expected = [Status::Healthy, Status::Overloaded, Status::Overloaded, Status::Failing];
    assert_eq!(percents.map(|percent| status(&workload(percent))), expected);
}

#[test]
fn workload_by_its_boundaries() {
    use Workload::{Busy, Failing, Healthy, Overloaded};
    let percents = [-1.0, 0.0, 69.999, 70.0, 84.999, 85.0, 94.999, 95.0, f64::INFINITY];
    let expected =
        [Healthy, Healthy, Healthy, Busy, Busy, Overloaded, Overloaded, Failing, Failing];
    assert_eq!(percents.map(|percent| Workload::of(percent).unwrap()), expected);
    assert_eq!(Workload::of(f64::NAN), None);
    let actions = [Healthy, Busy, Overloaded, Failing].map(Workload::action);
    assert!(actions.iter().all(|action| action.ends_with('.')));
}

fn any_figure() -> impl Strategy<Value = Option<f64>> {
    prop::option::of(prop_oneof![any::<f64>(), -0.5..1.5, 0.0..200.0_f64, Just(f64::NAN)])
}

proptest! {
    #[test]
    fn the_score_is_in_range_and_its_parts_add_up(
        [errors, success, mean, workload, cache, idle] in
            [any_figure(), any_figure(), any_figure(), any_figure(), any_figure(), any_figure()],
        objective in any::<f64>(),
    ) {
        let figures = Figures {
            error_rate: errors,
            success_rate: success,
            mean_seconds: mean,
            workload,
            cache_hit_rate: cache,
            idle_seconds: idle,
            objective_seconds: objective,
            ..Figures::default()
        };
        let score = HealthScore::of(&figures);
        prop_assert!((0.0..=100.0).contains(&score.total), "{score:?}");
        let sum: f64 = score.parts.iter().map(|part| part.points).sum();
        prop_assert!((sum - score.total).abs() < 1e-9);
        prop_assert!(score.parts.iter().all(|part| (0.0..=part.weight).contains(&part.points)));
    }

    #[test]
    fn more_errors_are_never_better(a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
        let of = |rate| HealthScore::of(&Figures { error_rate: Some(rate), ..Figures::default() });
        prop_assert!(of(a.min(b)).total >= of(a.max(b)).total);
    }
}
