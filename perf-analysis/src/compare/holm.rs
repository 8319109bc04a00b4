//! P-values of many tests at once.

/// Adjusts p-values by Holm's method ("A simple sequentially rejective multiple test procedure",
/// *Scandinavian Journal of Statistics* 6, 1979): the smallest of m is multiplied by m, the next by
/// m − 1, …, and none falls below the one before it.
pub(super) fn adjust(mut tests: Vec<&mut f64>) {
    tests.sort_by(|a, b| a.total_cmp(b));
    let all = tests.len();
    let mut least = 0.0_f64;
    for (at, p) in tests.into_iter().enumerate() {
        least = least.max(*p * (all - at) as f64).min(1.0);
        *p = least;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_worked_by_hand() {
        let mut p = [0.01, 0.04, 0.03, 0.005];
        adjust(p.iter_mut().collect());
        // 0.005·4, 0.01·3, 0.03·2, and 0.04·1, which may not be below 0.06.
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(p.iter().zip(expected).all(|(p, e): (&f64, f64)| (p - e).abs() < 1e-12), "{p:?}");
        adjust(Vec::new());
        let mut high = [0.9, 0.8];
        adjust(high.iter_mut().collect());
        assert!(high.iter().all(|p: &f64| (p - 1.0).abs() < 1e-12));
    }
}
