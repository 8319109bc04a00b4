//! Counts by bucket, sorted by bucket, none of them 0: what both kinds of histogram keep.

/// How many there are in all.
pub(crate) fn total<K>(counts: &[(K, u64)]) -> u64 {
    counts.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
}

/// The bucket of the value that `percentile` percent do not exceed: that of HdrHistogram's rank,
/// ⌈percentile/100 × count⌉, at least 1. `None` where there is none.
pub(crate) fn at_percentile<K: Copy>(counts: &[(K, u64)], percentile: f64) -> Option<K> {
    let mut left = rank(percentile, total(counts));
    let found = counts.iter().find(|(_, count)| {
        let found = left <= *count;
        left = left.saturating_sub(*count);
        found
    });
    found.map(|(bucket, _)| *bucket)
}

/// Which of `total` sorted values a percentile is, from 1.
pub(crate) fn rank(percentile: f64, total: u64) -> u64 {
    // A percentile meant as k of n must not become k + 1 by rounding in binary.
    let exact = percentile.clamp(0.0, 100.0) / 100.0 * total as f64;
    ((exact - exact * f64::EPSILON).ceil() as u64).clamp(1, total.max(1))
}

/// Adds counts to others, in place: many small lists are added to one that soon has most buckets.
pub(crate) fn add(ours: &mut Vec<(u32, u64)>, theirs: &[(u32, u64)]) {
    let (mut at, mut missing) = (0, 0);
    for (bucket, count) in theirs {
        at += places_before(&ours[at..], *bucket);
        match ours.get_mut(at) {
            Some((our, sum)) if our == bucket => *sum = sum.saturating_add(*count),
            _ => missing += 1,
        }
    }
    insert(ours, theirs, missing);
}

/// How many buckets come before one: looked for in steps that double, for it is mostly near.
fn places_before(counts: &[(u32, u64)], bucket: u32) -> usize {
    let is_before = |(our, _): &(u32, u64)| *our < bucket;
    let mut reach = 1;
    while counts.get(reach - 1).is_some_and(is_before) {
        reach *= 2;
    }
    let (near, far) = (reach / 2, reach.min(counts.len()));
    near + counts[near..far].partition_point(is_before)
}

/// Puts so many counts, those of buckets that are not there yet, in their places: the last one first, so
/// that each of ours moves once at most.
fn insert(ours: &mut Vec<(u32, u64)>, theirs: &[(u32, u64)], mut missing: usize) {
    let mut left = ours.len();
    ours.resize(left + missing, (0, 0));
    for their in theirs.iter().rev() {
        if missing == 0 {
            return;
        }
        let place = ours[..left].partition_point(|(our, _)| *our < their.0);
        let is_known = place < left && ours[place].0 == their.0;
        if !is_known {
            ours.copy_within(place..left, place + missing);
            left = place;
            missing -= 1;
            ours[place + missing] = *their;
        }
    }
}

/// Takes counts away from others, in place, and with them what becomes 0.
pub(crate) fn subtract(ours: &mut Vec<(u32, u64)>, theirs: &[(u32, u64)]) {
    let mut theirs = theirs.iter().peekable();
    ours.retain_mut(|(our, count)| {
        while theirs.next_if(|(their, _)| *their < *our).is_some() {}
        if let Some((_, less)) = theirs.next_if(|(their, _)| *their == *our) {
            *count = count.saturating_sub(*less);
        }
        *count > 0
    });
}

/// Two sorted lists of counts as one, without what becomes 0.
pub(crate) fn combined<K: Copy + Ord>(
    ours: &[(K, u64)],
    theirs: &[(K, u64)],
    combine: fn(u64, u64) -> u64,
) -> Vec<(K, u64)> {
    let mut counts = Vec::with_capacity(ours.len().max(theirs.len()));
    let (mut ours, mut theirs) = (ours.iter().peekable(), theirs.iter().peekable());
    while let Some(index) =
        [ours.peek(), theirs.peek()].into_iter().flatten().map(|(at, _)| *at).min()
    {
        let ours = ours.next_if(|(at, _)| *at == index).map_or(0, |(_, count)| *count);
        let theirs = theirs.next_if(|(at, _)| *at == index).map_or(0, |(_, count)| *count);
        let count = combine(ours, theirs);
        if count > 0 {
            counts.push((index, count));
        }
    }
    counts
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = Vec<(u32, u64)>> {
        let count = prop_oneof![1_u64..9, Just(u64::MAX)];
        prop::collection::btree_map(0_u32..99, count, 0..60).prop_map(Vec::from_iter)
    }

    proptest! {
        #[test]
        fn in_place_they_are_the_same(ours in counts(), theirs in counts()) {
            let mut sum = ours.clone();
            add(&mut sum, &theirs);
            prop_assert_eq!(sum, combined(&ours, &theirs, u64::saturating_add));
            let mut difference = ours.clone();
            subtract(&mut difference, &theirs);
            prop_assert_eq!(difference, combined(&ours, &theirs, u64::saturating_sub));
        }
    }
}
