//! A compact distribution of whole numbers: nanoseconds or bytes.

/// Counts by bucket: each power of two is cut into 16, so that the middle of a bucket is within 3.2 % of
/// all its values. Only buckets that hold something take memory, 8 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sparse {
    /// By rising bucket; no count is 0.
    counts: Vec<(u16, u32)>,
}

const BITS: u32 = 4;
const PARTS: u64 = 1 << BITS;

fn index(value: u64) -> u16 {
    if value < PARTS {
        return value as u16;
    }
    let shift = value.ilog2() - BITS;
    (u64::from((shift + 1) << BITS) + ((value >> shift) - PARTS)) as u16
}

fn middle(index: u16) -> u64 {
    let index = u64::from(index);
    if index < PARTS {
        return index;
    }
    let shift = (index >> BITS) - 1;
    ((PARTS + (index & (PARTS - 1))) << shift) + ((1 << shift) >> 1)
}

impl Sparse {
    pub(crate) fn add(&mut self, value: u64, times: u32) {
        self.add_at(index(value), times);
    }

    fn add_at(&mut self, bucket: u16, times: u32) {
        if times == 0 {
            return;
        }
        match self.counts.binary_search_by_key(&bucket, |(at, _)| *at) {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(times),
            Err(at) => {
                // Most hold one or two: room for four would be wasted on them.
                if self.counts.len() == self.counts.capacity() {
                    self.counts.reserve_exact(self.counts.len().max(1));
                }
                self.counts.insert(at, (bucket, times));
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.counts.iter().for_each(|(bucket, times)| self.add_at(*bucket, *times));
    }

    /// Takes away what is in it too.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (bucket, times) in &other.counts {
            if let Ok(at) = self.counts.binary_search_by_key(bucket, |(at, _)| *at) {
                self.counts[at].1 = self.counts[at].1.saturating_sub(*times);
            }
        }
        self.counts.retain(|(_, times)| *times > 0);
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().map(|(_, times)| u64::from(*times)).sum()
    }

    /// The value of a rank from 1 on, as the middle of its bucket.
    pub(crate) fn at_rank(&self, rank: u64) -> Option<u64> {
        let mut below = 0;
        let found = self.counts.iter().find(|(_, times)| {
            below += u64::from(*times);
            below >= rank
        });
        found.map(|(bucket, _)| middle(*bucket))
    }

    /// The value that a share of all do not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        let rank = (share * self.count() as f64).ceil().max(1.0) as u64;
        self.at_rank(rank)
    }

    /// Values, as the middles of their buckets, and how often each came.
    pub(crate) fn values(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts.iter().map(|(bucket, times)| (middle(*bucket), u64::from(*times)))
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.counts.capacity() * size_of::<(u16, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_middle_is_near(bits in 0_u32..64, low in any::<u64>()) {
            let value = (1_u64 << bits) | (low & ((1 << bits) - 1));
            let off = middle(index(value)).abs_diff(value) as f64;
            prop_assert!(off <= value as f64 / 31.0, "{value}: {off}");
        }

        #[test]
        fn order_is_kept(a in any::<u64>(), b in any::<u64>()) {
            prop_assert!(index(a.min(b)) <= index(a.max(b)));
        }

        #[test]
        fn subtracting_undoes_merging(
            a in prop::collection::vec(any::<u64>(), 0..50),
            b in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            let of = |values: &[u64]| {
                let mut sparse = Sparse::default();
                values.iter().for_each(|value| sparse.add(*value, 1));
                sparse
            };
            let (ours, theirs) = (of(&a), of(&b));
            let mut sum = ours.clone();
            sum.merge(&theirs);
            prop_assert_eq!(sum.count() as usize, a.len() + b.len());
            sum.subtract(&theirs);
            prop_assert_eq!(sum, ours);
        }
    }

    #[test]
    fn an_entry_takes_eight_bytes() {
        let mut sparse = Sparse::default();
        sparse.add(1_000, 3);
        assert_eq!(sparse.bytes(), 8);
        assert_eq!(sparse.quantile(0.5), Some(1_008));
    }
}
