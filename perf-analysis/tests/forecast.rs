//! What is forecast of given readings, and how often the interval holds the truth.

mod support;

use perf_analysis::forecast::{Forecast, Forecaster, Outlook};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};
use support::normal;

const DAY: Duration = Duration::from_secs(86_400);

fn hour(n: usize) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(3_600 * n as u64)
}

fn hourly(values: impl IntoIterator<Item = f64>) -> Vec<(SystemTime, f64)> {
    values.into_iter().enumerate().map(|(n, value)| (hour(n), value)).collect()
}

fn hours(after: Option<Duration>) -> f64 {
    after.map_or(f64::INFINITY, |after| after.as_secs_f64() / 3_600.0)
}

/// In thousandths of an hour.
fn times(forecast: &Forecast) -> [u64; 3] {
    [forecast.earliest, forecast.likely, forecast.latest]
        .map(|after| (hours(after) * 1e3).round() as u64)
}

#[test]
fn on_a_line_it_is_exact() {
    let rising = hourly((0..=10).map(|n| f64::from(n) * 3.0));
    let forecast = Forecaster::rising_to(60.0).of(&rising);
    assert_eq!((forecast.outlook, times(&forecast)), (Outlook::Crosses, [10_000; 3]));
    assert_eq!(forecast.at(forecast.likely), Some(hour(20)));
    let soon = Forecaster::rising_to(60.0).within(Duration::from_secs(9 * 3_600));
    assert_eq!(soon.of(&rising).outlook, Outlook::NotWithin);
    let away = Forecaster::falling_to(-5.0).of(&rising);
    assert_eq!((away.outlook, away.likely), (Outlook::NotWithin, None));
    let falling = hourly((0..=10).map(|n| 1e-300 * (100.0 - f64::from(n))));
    assert_eq!(times(&Forecaster::falling_to(0.0).of(&falling)), [90_000; 3]);
}

#[test]
fn what_is_over_is_over_without_a_line() {
    assert_eq!(Forecaster::rising_to(5.0).of(&hourly([5.0])).outlook, Outlook::AlreadyOver);
    assert_eq!(Forecaster::falling_to(5.0).of(&hourly([5.1])).outlook, Outlook::TooFewPoints);
    let seven = hourly((0..7).map(f64::from));
    assert_eq!(Forecaster::rising_to(9.0).of(&seven).outlook, Outlook::TooFewPoints);
    assert_eq!(Forecaster::rising_to(9.0).least_points(7).of(&seven).outlook, Outlook::Crosses);
    let at_once = vec![(hour(3), 4.0); 20];
    assert_eq!(Forecaster::rising_to(9.0).of(&at_once).outlook, Outlook::TooFewPoints);
}

#[test]
fn order_and_what_is_no_number_do_not_matter() {
    let mut readings = hourly((0..40).map(|n| f64::from(n) + f64::from(n % 3)));
    let sorted = Forecaster::rising_to(100.0).of(&readings);
    fastrand::Rng::with_seed(1).shuffle(&mut readings);
    readings.push((hour(99), f64::NAN));
    readings.push((hour(99), f64::INFINITY));
    let shuffled = Forecaster::rising_to(100.0).of(&readings);
    assert_eq!(shuffled.ignored, 2);
    assert_eq!(shuffled.likely, sorted.likely);
    assert_eq!(sorted.from, Some(hour(39)));
}

#[test]
fn noise_alone_is_no_trend() {
    let mut rng = fastrand::Rng::with_seed(3);
    let constant = Forecaster::rising_to(9.0).of(&hourly([0.1; 50]));
    assert_eq!((constant.outlook, constant.likely), (Outlook::NoTrend, None));
    let runs = 1_000;
    let is_trend = |_: &u32| {
        let noise = hourly((0..50).map(|_| normal(&mut rng)));
        Forecaster::rising_to(9.0).of(&noise).outlook != Outlook::NoTrend
    };
    let trends = (0..runs).filter(is_trend).count();
    println!("false trends: {trends} of {runs} series of 50 readings of noise, at 95 %");
    assert!(trends <= 65, "{trends}");
}

#[test]
fn the_interval_holds_the_true_crossing() {
    // (readings, deviation around a rise of 1 an hour, autocorrelation, least share held)
    for (count, deviation, follow, least) in [
        (10, 1.0, 0.0, 0.93),
        (24, 3.0, 0.0, 0.93),
        (200, 10.0, 0.0, 0.93),
        (100, 3.0, 0.6, 0.9),
        (400, 3.0, 0.9, 0.85),
    ] {
        let mut rng = fastrand::Rng::with_seed(17);
        let (mut held, mut all, mut known) = (0, 0, 0);
        for _ in 0..1_000 {
            let mut noise = normal(&mut rng);
            let readings = hourly((0..count).map(|n| {
                noise = follow * noise + (1.0 - follow * follow).sqrt() * normal(&mut rng);
                f64::from(n) + deviation * noise
            }));
            // The line reaches it as long after the last reading as the readings took.
            let limit = f64::from(2 * count);
            let forecast = Forecaster::rising_to(limit).within(365 * DAY).of(&readings);
            if forecast.outlook == Outlook::AlreadyOver {
                continue;
            }
            all += 1;
            let truth = f64::from(count + 1);
            let is_known = forecast.outlook == Outlook::Crosses;
            known += u32::from(is_known);
            held += u32::from(
                !is_known || (hours(forecast.earliest) <= truth && truth <= hours(forecast.latest)),
            );
        }
        let share = f64::from(held) / f64::from(all);
        println!(
            "coverage: {:.1} % of {all} intervals at 95 % hold the crossing: {count} readings, deviation {deviation}, autocorrelation {follow}",
            share * 100.0
        );
        assert!(share >= least, "{share}");
        // Nobody is right by saying nothing.
        assert!(known * 10 >= all * 9, "{known} of {all} cross");
    }
}

#[test]
fn a_limit_that_is_no_number_is_never_reached() {
    let rising = hourly((0..20).map(f64::from));
    assert_eq!(Forecaster::rising_to(f64::NAN).of(&rising).outlook, Outlook::NoTrend);
}

proptest! {
    #[test]
    fn nothing_panics(
        values in prop::collection::vec((any::<u64>(), any::<f64>()), 0..40),
        few in prop::collection::vec((0..20_u64, -3.0..3.0_f64), 0..40),
        limit: f64, level: f64, horizon: Duration,
    ) {
        for values in [values, few] {
            let at = |seconds: u64| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
            let readings: Vec<_> =
                values.into_iter().filter_map(|(seconds, value)| Some((at(seconds)?, value))).collect();
            for forecaster in [Forecaster::rising_to(limit), Forecaster::falling_to(limit)] {
                let forecast = forecaster.confidence(level).within(horizon).of(&readings);
                prop_assert!(serde_json::to_string(&forecast).is_ok());
                _ = (forecast.to_string(), forecast.at(forecast.latest));
                if let (Some(earliest), Some(likely)) = (forecast.earliest, forecast.likely) {
                    let slack = Duration::from_secs_f64(likely.as_secs_f64() * 1e-6 + 1e-3);
                    prop_assert!(earliest <= likely.saturating_add(slack));
                    prop_assert!(forecast.latest.is_none_or(|latest| latest.saturating_add(slack) >= likely));
                }
            }
        }
    }
}
