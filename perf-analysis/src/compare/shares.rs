//! Whether two shares of failures differ.

use crate::numbers::{at_least, two_sided};

/// Tables with more cases than this are large enough for the normal distribution.
const MOST_CASES: u64 = 20_000;
/// From so many expected in each cell on, the normal distribution serves.
const LARGE: f64 = 50.0;

/// The two-sided p-value of `failed` of `all` calls before and after having the same share. `None` where
/// no test could tell: no calls on a side, none that failed, or all.
pub(super) fn p_value(before: (u64, u64), after: (u64, u64)) -> Option<f64> {
    let [(failed_b, all_b), (failed_a, all_a)] = [before, after].map(|(k, n)| (k.min(n), n));
    let failed = failed_b.saturating_add(failed_a);
    let all = all_b.saturating_add(all_a);
    let passed = all.saturating_sub(failed);
    let fewest = failed.min(passed).min(all_b).min(all_a);
    if fewest == 0 {
        return None;
    }
    let expected = failed.min(passed) as f64 / all as f64 * all_b.min(all_a) as f64;
    // The sum of counts may have been cut at what fits.
    let is_exact = fewest <= MOST_CASES && all < u64::MAX;
    Some(match () {
        () if expected >= LARGE => pooled(before, after),
        () if is_exact => fisher(failed_b, all_b, failed, all),
        () if all_b < all_a => of_known((failed_b, all_b), (failed_a, all_a)),
        () => of_known((failed_a, all_a), (failed_b, all_b)),
    })
}

/// With so many cases and so few expected, one side is so much larger that its share is known: the chance
/// of the other's number of failures by the binomial distribution, and of one as unlikely to the other side.
fn of_known((failed, all): (u64, u64), (many_failed, many): (u64, u64)) -> f64 {
    let share = many_failed as f64 / many as f64;
    let more = at_least(failed, all, share);
    let fewer = at_least(all - failed, all, 1.0 - share);
    (2.0 * more.min(fewer)).min(1.0)
}

/// Fisher's exact test: the chance, with the sums as they are, of a table as unlikely as this one.
fn fisher(failed_before: u64, all_before: u64, failed: u64, all: u64) -> f64 {
    let all_after = all - all_before;
    let first = failed.saturating_sub(all_after);
    let last = failed.min(all_before);
    // The ratio of each table's chance to that of the one before it, on the scale of logarithms.
    let mut logs = vec![0.0_f64];
    for k in first..last {
        let more = (all_before - k) as f64 * (failed - k) as f64;
        let fewer = (k + 1) as f64 * ((all_after + k + 1).saturating_sub(failed)) as f64;
        let last = logs.last().copied().unwrap_or_default();
        logs.push(last + (more / fewer).ln());
    }
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = usize::try_from(failed_before - first).unwrap_or(usize::MAX);
    // Tables as likely as this one differ from it by rounding.
    let seen = logs.get(at).copied().unwrap_or_default() + 1e-7;
    let sum = |tables: &mut dyn Iterator<Item = f64>| -> f64 {
        tables.map(|log| (log - highest).exp()).sum()
    };
    let unlikely = sum(&mut logs.iter().copied().filter(|log| *log <= seen));
    (unlikely / sum(&mut logs.iter().copied())).min(1.0)
}

/// The test of two proportions with the pooled share, as of Pearson's χ² with one degree of freedom.
fn pooled(before: (u64, u64), after: (u64, u64)) -> f64 {
    let [(failed_b, all_b), (failed_a, all_a)] =
        [before, after].map(|(k, n)| (k.min(n) as f64, n as f64));
    let share = (failed_b + failed_a) / (all_b + all_a);
    let variance = share * (1.0 - share) * (1.0 / all_b + 1.0 / all_a);
    two_sided((failed_a / all_a - failed_b / all_b) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher, The Design of Experiments, 1935: 3 of 4 right, p = 0.4857 to both sides.
        let p = p_value((3, 4), (1, 4)).unwrap();
        assert!((p - 34.0 / 70.0).abs() < 1e-12, "{p}");
        let p = p_value((4, 4), (0, 4)).unwrap();
        assert!((p - 2.0 / 70.0).abs() < 1e-12, "{p}");
    }

    #[test]
    fn large_tables_agree_with_the_exact_test() {
        let (exact, normal) =
            (fisher(520, 10_000, 1_140, 20_000), pooled((520, 10_000), (620, 10_000)));
        assert!((exact / normal - 1.0).abs() < 0.15, "{exact} {normal}");
    }

    #[test]
    fn a_side_so_large_that_its_share_is_known() {
        // 8 or more where 2.5 are expected: 1 − e^-2.5·Σ 2.5^k/k! up to 7 is 0.00425.
        let p = p_value((100_000, 1_000_000_000), (8, 25_000)).unwrap();
        assert!((p / 0.0085 - 1.0).abs() < 0.02, "{p}");
        let p = p_value((2, 25_000), (100_000, 10_000_000_000)).unwrap();
        assert!((p / 0.0530 - 1.0).abs() < 0.02, "{p}");
        // None of so many is as unlikely as it is with the exact test.
        let known = of_known((0, 25_000), (5_000, 20_000_000));
        let exact = fisher(5_000, 20_000_000, 5_000, 20_025_000);
        assert!((known / 2.0 / exact - 1.0).abs() < 1.0, "{known} {exact}");
    }

    #[test]
    fn what_cannot_tell_is_no_test() {
        for (before, after) in [((0, 5), (0, 9)), ((5, 5), (9, 9)), ((0, 0), (3, 9))] {
            assert_eq!(p_value(before, after), None);
        }
        for extreme in
            [(u64::MAX, u64::MAX), (1, u64::MAX), (u64::MAX, 1), (u64::MAX / 2, u64::MAX)]
        {
            for other in [(1, 2), (0, 1_000), (1, u64::MAX)] {
                let p = p_value(extreme, other);
                assert!(p.is_none_or(|p| (0.0..=1.0).contains(&p)), "{extreme:?} {other:?} {p:?}");
            }
        }
    }
}
