//! The line of least squares, how sure it is, and where it reaches a value.

use crate::numbers::t_of;

/// Deviations of this share of the largest value are those of rounding.
const ROUNDING: f64 = 1e-13;

/// A line through points, by the middle of these.
pub(super) struct Line {
    mean_x: f64,
    mean_y: f64,
    pub(super) slope: f64,
    /// The sum of the squares of `x` around their mean.
    squares: f64,
    points: f64,
    /// How many independent points there are.
    pub(super) effective: f64,
    /// The standard deviation of the points around the line.
    deviation: f64,
}

impl Line {
    /// Through points by rising `x`; `None` if these are all the same, or beyond what floats can hold.
    pub(super) fn through(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
        let squares = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
        let products = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>();
        let largest = points.iter().map(|(_, y)| y.abs()).fold(0.0, f64::max);
        let rounding = ROUNDING * largest;
        let rests = |slope: f64| {
            let rest = |(x, y): &(f64, f64)| (y - mean_y) - slope * (x - mean_x);
            let rests = points.iter().map(rest);
            // What is only rounding is no deviation, or constant values would have a slope.
            rests.map(|rest| if rest.abs() <= rounding { 0.0 } else { rest }).collect::<Vec<_>>()
        };
        let is_constant = rests(0.0).iter().all(|rest| *rest == 0.0);
        let slope = if is_constant { 0.0 } else { products / squares };
        let rests = rests(slope);
        let effective = effective(&rests);
        let sum = rests.iter().map(|rest| rest * rest).sum::<f64>();
        let deviation = if sum > 0.0 { (sum / (effective - 2.0).max(0.0)).sqrt() } else { 0.0 };
        let line = Self { mean_x, mean_y, slope, squares, points: n, effective, deviation };
        let is_known =
            squares > 0.0 && slope.is_finite() && mean_y.is_finite() && squares.is_finite();
        is_known.then_some(line)
    }

    /// Where it reaches a value.
    pub(super) fn reaches(&self, value: f64) -> f64 {
        self.mean_x + (value - self.mean_y) / self.slope
    }

    /// The interval of that by Fieller's theorem, at a level of confidence; `None` if it is not bounded,
    /// which is so if that of the slope includes zero.
    ///
    /// With u = x − x̄, d = value − ȳ and e = t·s: all u with (b·u − d)² ≤ e² (1/n + u²/Sxx), where the
    /// points count for n, and for Sxx, as much as they are worth.
    pub(super) fn interval(&self, value: f64, confidence: f64) -> Option<(f64, f64)> {
        let error = match self.deviation {
            0.0 => 0.0,
            deviation => deviation * t_of(1.0 - confidence, self.effective - 2.0),
        };
        let (distance, slope) = (value - self.mean_y, self.slope);
        let bent = slope * slope - error * error / self.squares;
        if bent.is_nan() || bent <= 0.0 {
            return None;
        }
        let root = error * (bent / self.points + distance * distance / self.squares).sqrt();
        let ends = [-root, root].map(|root| self.mean_x + (distance * slope + root) / bent);
        let is_known = ends.iter().all(|end| end.is_finite());
        is_known.then_some((ends[0], ends[1]))
    }
}

/// How many independent points these deviations are of: see the module's documentation.
fn effective(rests: &[f64]) -> f64 {
    let n = rests.len() as f64;
    let sum = rests.iter().map(|rest| rest * rest).sum::<f64>();
    let next = rests.iter().zip(rests.iter().skip(1)).map(|(a, b)| a * b).sum::<f64>();
    if sum <= 0.0 || !sum.is_finite() {
        return n;
    }
    let measured = next / sum;
    let correlation = (measured + (1.0 + 4.0 * measured) / n).clamp(0.0, 1.0);
    n * (1.0 - correlation) / (1.0 + correlation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_worked_by_hand() {
        // x̄ = 2, ȳ = 2, Sxx = 10, Sxy = 6: b = 0.6, deviations 0.2, 0.6, −1, −0.6, 0.8.
        let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, 2.0), (4.0, 4.0)];
        let line = Line::through(&points).unwrap();
        assert!((line.slope - 0.6).abs() < 1e-12);
        assert!((line.reaches(5.0) - 7.0).abs() < 1e-12);
        // Next to one another: 0.12 − 0.6 + 0.6 − 0.48 is below zero, so all five count.
        assert!((line.effective - 5.0).abs() < 1e-12);
        // s² = 2.4 / 3 and t(95 %, 3) = 3.182: the slope's interval ±3.182·√0.08 includes zero.
        assert!((line.deviation.powi(2) - 0.8).abs() < 1e-12);
        assert_eq!(line.interval(5.0, 0.95), None);
        // At 50 %, t = 0.7649, e² = 0.46804: 0.313196 u² − 3.6 u + 8.906392 = 0.
        let (low, high) = line.interval(5.0, 0.5).unwrap();
        let root = (3.6_f64 * 3.6 - 4.0 * 0.313_196 * 8.906_392).sqrt();
        let ends = [-root, root].map(|root| 2.0 + (3.6 + root) / (2.0 * 0.313_196));
        assert!(
            (low - ends[0]).abs() < 1e-3 && (high - ends[1]).abs() < 1e-3,
            "{low} {high} {ends:?}"
        );
    }

    #[test]
    fn deviations_that_follow_one_another_count_less() {
        let waves: Vec<f64> = (0..1_000).map(|n| (f64::from(n) / 50.0).sin()).collect();
        assert!(effective(&waves) < 20.0);
        let alternating: Vec<f64> =
            (0..1_000).map(|n| if n % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert!((effective(&alternating) - 1_000.0).abs() < 1e-9);
    }

    #[test]
    fn constants_have_no_slope_whatever_rounding_does() {
        let points: Vec<_> = (0..37).map(|x| (f64::from(x), 0.1)).collect();
        let line = Line::through(&points).unwrap();
        assert!(line.slope == 0.0 && line.interval(1.0, 0.95).is_none());
        assert!(Line::through(&[(1.0, 2.0), (1.0, 3.0)]).is_none());
    }
}
