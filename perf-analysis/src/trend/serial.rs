//! How much less a series says whose values resemble those before them.

/// By how much the variance of Kendall's S is raised for points with this slope: Hamed & Rao's factor,
/// 1 + 2 Σ (n−i)(n−i−1)(n−i−2) rᵢ / (n(n−1)(n−2)), with rᵢ = rⁱ, as of a process of order one, where r is
/// the autocorrelation of lag 1 of the ranks of the deviations. At least 1.
pub(super) fn raised(points: &[(f64, f64)], slope: f64) -> f64 {
    // By the first value, or large ones would leave no digits for the deviations.
    let first = points.first().map_or(0.0, |(_, y)| *y);
    let rests: Vec<f64> = points.iter().map(|(x, y)| (y - first) - slope * x).collect();
    if rests.iter().any(|rest| !rest.is_finite()) {
        return 1.0;
    }
    let n = points.len() as f64;
    let correlation = correlation(&ranks(&rests));
    // Of few values it comes out too low (Marriott & Pope 1954).
    let correlation = (correlation + (1.0 + 4.0 * correlation) / n).clamp(0.0, 0.99);
    let mut sum = 0.0;
    let mut power = 1.0;
    for lag in 1..points.len().saturating_sub(2) {
        let rest = n - lag as f64;
        power *= correlation;
        sum += rest * (rest - 1.0) * (rest - 2.0) * power;
    }
    let all = n * (n - 1.0) * (n - 2.0);
    if all > 0.0 { 1.0 + 2.0 * sum / all } else { 1.0 }
}

/// From 1 on; equal values share their middle rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for group in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = before as f64 + f64::midpoint(1.0, group.len() as f64);
        group.iter().for_each(|at| ranks[*at] = rank);
        before += group.len();
    }
    ranks
}

/// The autocorrelation of lag 1; 0 where all are the same.
fn correlation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let next = values.iter().zip(values.iter().skip(1));
    let products: f64 = next.map(|(a, b)| (a - mean) * (b - mean)).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_rank() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 3.0]), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn alternating_values_raise_nothing_and_runs_do() {
        let points =
            |of: fn(u32) -> f64| (0..40).map(|n| (f64::from(n), of(n))).collect::<Vec<_>>();
        let alternating = points(|n| f64::from(n % 2));
        assert!((raised(&alternating, 0.0) - 1.0).abs() < 1e-12);
        assert!(raised(&points(|n| f64::from(n / 10 % 2)), 0.0) > 3.0);
        assert!((raised(&[], 0.0) - 1.0).abs() < 1e-12);
    }
}
