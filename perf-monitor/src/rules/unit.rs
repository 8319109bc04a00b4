//! Measured values as people read them.

use super::{measure::Measure, statistic::Statistic};
use perf_core::human;

/// A ratio in percent: `5 %`.
pub(super) fn percent(ratio: f64) -> String {
    // 0.07 × 100 is a little more than 7.
    human::measure((ratio * 1e11).round() / 1e9, Some("%"))
}

/// A value of a measure with its unit: `5.00 s`, `12.5 %`, `14.4×`. `own` is the unit of the metric it is
/// of, as a UCUM code.
pub(super) fn shown(value: f64, measure: &Measure, own: Option<&str>) -> String {
    if value.is_nan() {
        return "no data".into();
    }
    match measure {
        Measure::Now(of) => of_statistic(value, of, own),
        Measure::ShareOfHistory { .. } => percent(value),
        Measure::ErrorSpike { .. } | Measure::BurnRate { .. } => {
            format!("{}×", human::measure(value, None))
        }
        Measure::Slope { of, .. } => format!("{} per hour", of_statistic(value, of, own)),
    }
}

fn of_statistic(value: f64, statistic: &Statistic, own: Option<&str>) -> String {
    match statistic {
        Statistic::Percentile(_) | Statistic::Mean | Statistic::Min | Statistic::Max => {
            human::measure(value, Some("s"))
        }
        Statistic::ErrorRate | Statistic::Ratio { .. } => percent(value),
        Statistic::Rate => format!("{}/s", human::measure(value, None)),
        Statistic::CounterRate => format!("{}/s", human::measure(value, own)),
        Statistic::Count | Statistic::InFlight => human::measure(value, None),
        Statistic::Gauge => human::measure(value, own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn values_have_their_units() {
        let slope = |of| Measure::Slope { of, points: 3 };
        let history = Duration::from_secs(3_600);
        for (value, measure, own, text) in [
            (5.0, Statistic::Percentile(95.0).into(), None, "5.00 s"),
            (0.07, Statistic::ErrorRate.into(), None, "7 %"),
            (0.999, Statistic::ratio(&["a"], &["b"]).into(), None, "99.90 %"),
            (2.5, Statistic::Rate.into(), None, "2.50/s"),
            (1_048_576.0, Statistic::CounterRate.into(), Some("By"), "1 MiB/s"),
            (1_048_576.0, Statistic::Gauge.into(), Some("By"), "1 MiB"),
            (75.0, Statistic::Gauge.into(), None, "75"),
            (14.4, Measure::BurnRate { objective: 0.999, short: history }, None, "14.40×"),
            (0.62, Measure::ShareOfHistory { of: Statistic::Rate, history }, None, "62 %"),
            (-0.5, slope(Statistic::Mean), None, "-500.0 ms per hour"),
            (f64::NAN, Statistic::Gauge.into(), None, "no data"),
        ] {
            assert_eq!(shown(value, &measure, own), text, "{measure}");
        }
    }
}
