//! What the trend test says of given series, and how often it is wrong.

mod support;

use perf_analysis::trend::{Direction, TrendTest};
use proptest::prelude::*;
use support::normal;

/// Noise around a rise, with each value as much like the one before it.
fn series(rng: &mut fastrand::Rng, count: usize, rise: f64, follow: f64) -> Vec<f64> {
    let mut noise = normal(rng);
    let mut value = |n: usize| {
        noise = follow * noise + (1.0 - follow * follow).sqrt() * normal(rng);
        n as f64 * rise + noise
    };
    (0..count).map(&mut value).collect()
}

#[test]
fn noise_rarely_has_a_trend() {
    const RUNS: u32 = 2_000;
    // (values, autocorrelation, most false trends)
    for (count, follow, most) in
        [(8, 0.0, 0.06), (30, 0.0, 0.06), (90, 0.0, 0.06), (30, 0.4, 0.09), (90, 0.6, 0.09)]
    {
        let mut rng = fastrand::Rng::with_seed(count as u64);
        let is_trend = |_: &u32| {
            let trend = TrendTest::new().of(&series(&mut rng, count, 0.0, follow));
            trend.direction != Direction::None
        };
        let share = (0..RUNS).filter(is_trend).count() as f64 / f64::from(RUNS);
        println!(
            "false trends: {:.1} % of {RUNS} series of {count} values, autocorrelation {follow}, at 5 %",
            share * 100.0
        );
        assert!(share <= most, "{share}");
    }
}

#[test]
fn trends_are_found_with_their_slope() {
    const RUNS: u32 = 500;
    let mut rng = fastrand::Rng::with_seed(2);
    let (mut found, mut held) = (0, 0);
    for _ in 0..RUNS {
        // By three deviations over 30 days.
        let trend = TrendTest::new().of(&series(&mut rng, 30, 0.1, 0.0));
        found += u32::from(trend.direction == Direction::Rising);
        held += u32::from(trend.low.unwrap() <= 0.1 && 0.1 <= trend.high.unwrap());
    }
    println!(
        "power: {found} of {RUNS} rises by 3 deviations over 30 values; {held} intervals at 95 % hold the slope"
    );
    assert!(found >= RUNS * 95 / 100 && held >= RUNS * 93 / 100, "{found} {held}");
}

#[test]
fn few_or_equal_values_have_none() {
    let of = |values: &[f64]| TrendTest::new().of(values).direction;
    assert_eq!(of(&[1.0; 7]), Direction::TooFewPoints);
    assert_eq!(of(&[1.0; 8]), Direction::None);
    assert_eq!(of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]), Direction::Rising);
    assert_eq!(of(&[0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0]), Direction::None);
}

#[test]
fn a_missing_day_is_a_step() {
    let values: Vec<f64> =
        (0..20).map(|n| if n % 3 == 1 { f64::NAN } else { f64::from(n) * 2.0 }).collect();
    let trend = TrendTest::new().of(&values);
    assert_eq!((trend.slope, trend.points, trend.ignored), (Some(2.0), 13, 7));
}

proptest! {
    #[test]
    fn nothing_panics_and_reversing_mirrors(
        wild in prop::collection::vec(any::<f64>(), 0..60),
        tied in prop::collection::vec((0..4_i8).prop_map(f64::from), 0..60),
        significance: f64,
    ) {
        for mut values in [wild, tied] {
            let test = TrendTest::new().significance(significance);
            let there = test.of(&values);
            prop_assert!(serde_json::to_string(&there).is_ok());
            prop_assert!(there.p.is_none_or(|p| (0.0..=1.0).contains(&p)));
            values.reverse();
            let back = test.of(&values);
            prop_assert_eq!(there.tau.map(|tau| -tau + 0.0), back.tau.map(|tau| tau + 0.0));
        }
    }
}
