//! Percentiles as keys and columns.

/// Percentiles by their names, with an end to them: `p50_ns`, `p99.9_ns`. Each is there once, and those
/// that are none are not.
pub(crate) fn named(percentiles: &[f64], end: &str) -> Vec<(f64, String)> {
    let mut all: Vec<(f64, String)> = Vec::new();
    for percentile in percentiles.iter().filter(|percentile| (0.0..=100.0).contains(*percentile)) {
        // −0 is 0.
        let name = format!("p{}{end}", percentile.abs());
        if all.iter().all(|(_, known)| *known != name) {
            all.push((*percentile, name));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn each_is_there_once_and_what_is_no_percentile_is_not() {
        let all = named(&[50.0, 99.9, 50.0, 0.0, -0.0, f64::NAN, -1.0, 101.0, 100.0], "_ns");
        let names: Vec<_> = all.iter().map(|(_, name)| &**name).collect();
        assert_eq!(names, ["p50_ns", "p99.9_ns", "p0_ns", "p100_ns"]);
    }
}
