//! The last values of series, and how fast they rise.

use super::reading::Labels;
use std::{
    collections::{BTreeMap, VecDeque},
    time::SystemTime,
};

/// How many values are kept: of 16 bytes and the time, some 25 MB.
const MOST_POINTS: usize = 1_000_000;

/// The last values of each series of each rule, as many as it asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Trends {
    evaluations: u64,
    all: BTreeMap<(usize, Labels), Trend>,
}

#[derive(Clone, Debug, Default)]
struct Trend {
    points: VecDeque<(SystemTime, f64)>,
    /// The evaluation it last had a value at.
    last: u64,
}

impl Trends {
    /// An evaluation begins. After a gap all begin anew.
    pub(super) fn begin(&mut self, is_gap: bool) {
        self.evaluations += 1;
        if is_gap {
            self.all.clear();
        }
    }

    /// Takes in a value, and gives the slope of the last `points` per hour, once there are as many.
    /// Beyond `most` series, or a million points, new ones are not kept.
    pub(super) fn push(
        &mut self,
        (rule, labels): (usize, &Labels),
        (now, value): (SystemTime, f64),
        points: usize,
        most: usize,
    ) -> Option<f64> {
        let is_full = self.all.len() >= most.min(MOST_POINTS / points.max(1));
        let key = (rule, labels.clone());
        if is_full && !self.all.contains_key(&key) {
            return None;
        }
        let trend = self.all.entry(key).or_default();
        trend.last = self.evaluations;
        trend.points.push_back((now, value));
        while trend.points.len() > points {
            trend.points.pop_front();
        }
        (trend.points.len() == points).then(|| slope(&trend.points))?
    }

    /// Forgets the series of a rule that had no value for as many evaluations as it has points.
    pub(super) fn forget(&mut self, rule: usize, points: usize) {
        let missed = |trend: &Trend| self.evaluations - trend.last;
        let points = points as u64;
        self.all.retain(|(of, _), trend| *of != rule || missed(trend) < points);
    }
}

/// The slope of the least-squares line, per hour; `None` if no time passed.
fn slope(points: &VecDeque<(SystemTime, f64)>) -> Option<f64> {
    let first = points.front()?.0;
    let hours =
        |at: SystemTime| at.duration_since(first).unwrap_or_default().as_secs_f64() / 3600.0;
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(at, _)| hours(*at)).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, value)| value).sum::<f64>() / n;
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|(at, value)| of(hours(*at) - mean_x, value - mean_y)).sum()
    };
    let (products, squares) = (sum(&|x, y| x * y), sum(&|x, _| x * x));
    // With a value that is infinite it is not a number.
    (squares > 0.0).then(|| products / squares).filter(|slope| !slope.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn pushed(trends: &mut Trends, minute: u64, value: f64) -> Option<f64> {
        trends.begin(false);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60 * minute);
        let slope = trends.push((0, &Labels::new()), (now, value), 3, 10);
        trends.forget(0, 3);
        slope
    }

    #[test]
    fn the_slope_of_the_last_three() {
        let mut trends = Trends::default();
        assert_eq!(pushed(&mut trends, 0, 100.0), None);
        assert_eq!(pushed(&mut trends, 30, 1.0), None);
        // x̄ = 0.5, ȳ = 34: (−0.5·66 + 0·−33 + 0.5·−33) / (0.25 + 0.25) = −99.
        assert_eq!(pushed(&mut trends, 60, 1.0), Some(-99.0));
        // 1, 1, 4 half an hour apart: (−0.5·−1 + 0.5·2) / 0.5 = 3.
        assert_eq!(pushed(&mut trends, 90, 4.0), Some(3.0));
        // 1, 4, 7 on a line of 6 an hour.
        assert_eq!(pushed(&mut trends, 120, 7.0), Some(6.0));
    }

    #[test]
    fn what_is_long_missing_or_before_a_gap_is_forgotten() {
        let mut trends = Trends::default();
        (0..3).for_each(|minute| _ = pushed(&mut trends, minute, 1.0));
        let mut miss = |times: usize| {
            (0..times).for_each(|_| trends.begin(false));
            trends.forget(0, 3);
            trends.all.len()
        };
        assert_eq!((miss(2), miss(1)), (1, 0));
        (0..3).for_each(|minute| _ = pushed(&mut trends, minute, 1.0));
        trends.begin(true);
        assert_eq!(trends.all.len(), 0);
    }

    #[test]
    fn points_are_bounded() {
        let mut trends = Trends::default();
        for n in 0..1_002 {
            let labels = Labels::from([("n".into(), n.to_string())]);
            trends.push((0, &labels), (SystemTime::UNIX_EPOCH, 1.0), 1_000, 10_000);
        }
        assert_eq!(trends.all.len(), 1_000);
    }

    #[test]
    fn at_one_time_there_is_no_slope_and_beyond_the_most_none_is_kept() {
        let mut trends = Trends::default();
        assert_eq!([0, 0, 0].map(|minute| pushed(&mut trends, minute, 1.0)), [None; 3]);
        let other = Labels::from([("a".into(), "b".into())]);
        assert_eq!(trends.push((0, &other), (SystemTime::UNIX_EPOCH, 1.0), 3, 1), None);
        assert_eq!(trends.all.len(), 1);
    }
}
