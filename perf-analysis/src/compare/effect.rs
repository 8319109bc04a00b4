//! How often one distribution's values exceed another's.

use perf_core::Histogram;
use std::cmp::Ordering;

/// The chance that a call after takes longer than one before, with equal ones counted half: the
/// probability of superiority (Vargha & Delaney, *Journal of Educational and Behavioral Statistics* 25,
/// 2000), exact for the two histograms at the fewer digits of both. `None` if either is empty.
pub(super) fn superiority(before: &Histogram, after: &Histogram) -> Option<f64> {
    let digits = before.digits().min(after.digits());
    let (before, after) = (at(before, digits), at(after, digits));
    let (all_before, all_after) = (sum(&before), sum(&after));
    if all_before <= 0.0 || all_after <= 0.0 {
        return None;
    }
    let mut below = 0.0;
    let mut wins = 0.0;
    let mut earlier = before.iter().peekable();
    for (low, count) in after {
        let mut equal = 0.0;
        while let Some((theirs, times)) = earlier.peek() {
            match theirs.cmp(&low) {
                Ordering::Less => below += times,
                Ordering::Equal => equal = *times,
                Ordering::Greater => break,
            }
            earlier.next();
        }
        wins += count * (below + equal / 2.0);
        below += equal;
    }
    Some((wins / all_before / all_after).clamp(0.0, 1.0))
}

/// `(lowest value, count)` of each bucket, with so many digits.
fn at(histogram: &Histogram, digits: u8) -> Vec<(u64, f64)> {
    let mut coarse = Histogram::new(digits);
    coarse.merge(histogram);
    coarse.buckets().map(|bucket| (bucket.low_ns, bucket.count as f64)).collect()
}

fn sum(buckets: &[(u64, f64)]) -> f64 {
    buckets.iter().map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::{Operation, OperationParts};
    use proptest::prelude::*;

    fn histogram(digits: u8, values: &[u64]) -> Histogram {
        let buckets = values.iter().map(|value| (*value, 1)).collect();
        let parts = OperationParts { digits, buckets, ..Default::default() };
        Operation::from(parts).histogram().clone()
    }

    proptest! {
        #[test]
        fn it_is_the_share_of_pairs(
            a in prop::collection::vec(0_u64..60, 1..40), b in prop::collection::vec(0_u64..60, 1..40),
        ) {
            let pairs = a.iter().flat_map(|a| b.iter().map(move |b| b.cmp(a)));
            let wins: f64 = pairs.map(|order| match order {
                Ordering::Less => 0.0,
                Ordering::Equal => 0.5,
                Ordering::Greater => 1.0,
            }).sum();
            let share = wins / (a.len() * b.len()) as f64;
            let got = superiority(&histogram(3, &a), &histogram(2, &b)).unwrap();
            prop_assert!((got - share).abs() < 1e-12, "{got} {share}");
        }
    }

    #[test]
    fn of_nothing_there_is_none() {
        assert_eq!(superiority(&histogram(3, &[]), &histogram(3, &[1])), None);
        assert_eq!(superiority(&histogram(3, &[1]), &histogram(3, &[1])), Some(0.5));
    }
}
