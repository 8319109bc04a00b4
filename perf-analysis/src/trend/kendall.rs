//! Kendall's S, its variance, and the slopes of all pairs.

use std::cmp::Ordering;

/// What all pairs of points say.
pub(super) struct Pairs {
    /// Pairs that rise less pairs that fall.
    pub(super) score: f64,
    /// The variance of the score where the order is chance, by Kendall (1975) with ties:
    /// [n(n−1)(2n+5) − Σ t(t−1)(2t+5)] / 18.
    pub(super) variance: f64,
    /// The slopes, rising.
    pub(super) slopes: Vec<f64>,
}

impl Pairs {
    /// Of points by rising `x`, all different.
    pub(super) fn of(points: &[(f64, f64)]) -> Self {
        let mut score = 0.0;
        let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
        for (at, (x, y)) in points.iter().enumerate() {
            for (later_x, later_y) in points.iter().skip(at + 1) {
                // The halves of differences are always finite.
                let difference = later_y / 2.0 - y / 2.0;
                slopes.push(difference / (later_x - x) * 2.0);
                score += match compared(*later_y, *y) {
                    Ordering::Less => -1.0,
                    Ordering::Equal => 0.0,
                    Ordering::Greater => 1.0,
                };
            }
        }
        slopes.sort_by(f64::total_cmp);
        let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
        let ties: f64 = ties(points).into_iter().map(term).sum();
        Self { score, variance: (term(points.len() as f64) - ties) / 18.0, slopes }
    }

    /// The standard normal of the score, closer to zero by one for it moves by steps (Kendall 1975).
    pub(super) fn z(&self, raised: f64) -> f64 {
        let deviation = (self.variance * raised).sqrt();
        if deviation > 0.0 {
            (self.score.abs() - 1.0).max(0.0).copysign(self.score) / deviation
        } else {
            0.0
        }
    }

    /// Sen's interval of the slope at `z` standard deviations of the score to either side: the slopes of
    /// ranks (N − C)/2 and (N + C)/2 + 1, where C = z·√variance.
    pub(super) fn interval(&self, z: f64, raised: f64) -> Option<(f64, f64)> {
        let (all, reach) = (self.slopes.len() as f64, z * (self.variance * raised).sqrt());
        let low = ((all - reach) / 2.0).floor();
        let high = (f64::midpoint(all, reach) + 1.0).ceil();
        let at = |rank: f64| self.slopes.get((rank - 1.0) as usize).copied();
        if low < 1.0 || high > all { None } else { at(low).zip(at(high)) }
    }
}

/// How many values each group of equal ones has.
fn ties(points: &[(f64, f64)]) -> Vec<f64> {
    let mut values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    values.sort_by(|a, b| compared(*a, *b));
    let groups = values.chunk_by(|a, b| compared(*a, *b).is_eq());
    groups.map(|group| group.len() as f64).collect()
}

/// Zero and minus zero are one value.
fn compared(a: f64, b: f64) -> Ordering {
    (a + 0.0).total_cmp(&(b + 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(values: &[f64]) -> Pairs {
        let points: Vec<_> = values.iter().enumerate().map(|(x, y)| (x as f64, *y)).collect();
        Pairs::of(&points)
    }

    #[test]
    fn a_series_worked_by_hand() {
        let pairs = pairs(&[23.0, 24.0, 29.0, 6.0, 29.0, 24.0, 24.0, 29.0, 23.0]);
        // 23: +6 −1; 24: +3 −2; 29: −4; 6: +5; 29: −3; 24: +1 −1; 24: +1 −1; 29: −1.
        let score = 5.0 + 1.0 - 4.0 + 5.0 - 3.0 - 1.0;
        assert!((pairs.score - score).abs() < 1e-12, "{}", pairs.score);
        // 9·8·23 = 1656; ties of 2, 3, 3: 2·1·9 + 2·(3·2·11) = 150; (1656 − 150) / 18.
        assert!((pairs.variance - 1_506.0 / 18.0).abs() < 1e-12);
        assert!((pairs.z(1.0) - 2.0 / (1_506.0_f64 / 18.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn slopes_of_a_line() {
        let pairs = pairs(&[1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0, 19.0]);
        assert_eq!(pairs.slopes.len(), 45);
        assert_eq!(pairs.interval(1.96, 1.0), Some((2.0, 2.0)));
        assert_eq!(pairs.interval(100.0, 1.0), None);
    }
}
