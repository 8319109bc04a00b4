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
