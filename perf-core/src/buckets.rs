//! HdrHistogram's bucket layout, and counts over it that cost memory only where values fall.
//!
//! The layout is that of Gil Tene's HdrHistogram (<https://hdrhistogram.org>) with unit magnitude
//! 0: values below `2 × half` have a bucket each, and every further power of two is cut into
//! `half` equal buckets, where `2 × half` is the power of two that keeps the asked-for digits.

/// Where a value falls. `Copy`, two bytes of meaning: how many significant digits are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    digits: u8,
    half_bits: u32,
}

impl Layout {
    /// The digits HdrHistogram allows, without 0.
    pub(crate) const DIGITS: std::ops::RangeInclusive<u8> = 1..=5;

    /// `digits` outside 1–5 are taken as the nearest of these.
    pub(crate) fn new(digits: u8) -> Self {
        let digits = digits.clamp(*Self::DIGITS.start(), *Self::DIGITS.end());
        let sub_buckets = (2 * 10_u32.pow(u32::from(digits))).next_power_of_two();
        Self { digits, half_bits: sub_buckets.trailing_zeros() - 1 }
    }

    pub(crate) fn digits(self) -> u8 {
        self.digits
    }

    #[inline]
    pub(crate) fn index(self, value: u64) -> usize {
        let shift = (value | (1 << self.half_bits)).ilog2() - self.half_bits;
        ((shift as usize) << self.half_bits) + (value >> shift) as usize
    }

    /// The lowest value of a bucket and how many values it holds.
    pub(crate) fn range(self, index: usize) -> (u64, u64) {
        let index = index as u64;
        let Some(shift) = (index >> self.half_bits).checked_sub(1) else {
            return (index, 1);
        };
        let sub_bucket = (index & ((1 << self.half_bits) - 1)) | (1 << self.half_bits);
        (sub_bucket << shift, 1 << shift)
    }

    /// The middle of a bucket: at most half a bucket, 0.05 % at 3 digits, from any of its values.
    pub(crate) fn middle(self, index: usize) -> u64 {
        let (low, width) = self.range(index);
        low + width / 2
    }
}

/// Powers of two, and the linear part below them, at the fewest digits.
const BLOCKS: usize = 64;
/// No value has fallen in a block yet. Beyond any count there can be.
const ABSENT: u32 = 1 << 31;

/// Counts per bucket: a block of `half` `u32` counts for each power of two that has been seen.
#[derive(Debug)]
pub(crate) struct Buckets {
    layout: Layout,
    /// Where each block's counts begin.
    starts: [u32; BLOCKS],
    counts: Vec<u32>,
    /// What a full `u32` carried over, in units of 2^32.
    carries: Vec<(usize, u64)>,
}

impl Buckets {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { layout, starts: [ABSENT; BLOCKS], counts: Vec::new(), carries: Vec::new() }
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    #[inline]
    pub(crate) fn increment(&mut self, value: u64) {
        let index = self.layout.index(value);
        let (block, offset) = self.place(index);
        let at = self.starts[block] as usize + offset;
        match self.counts.get_mut(at) {
            Some(count) => {
                *count = count.wrapping_add(1);
                if *count == 0 {
                    self.carry(index);
                }
            }
            None => self.grow(block, offset),
        }
    }

    /// `(index, count)` of every bucket that holds something, by rising index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let half = 1 << self.layout.half_bits;
        let blocks = self.starts.iter().enumerate().filter(|(_, start)| **start != ABSENT);
        let counts = blocks.flat_map(move |(block, start)| {
            let counts = self.counts.iter().skip(*start as usize).take(half);
            counts.enumerate().map(move |(offset, count)| (block * half + offset, *count))
        });
        counts.filter_map(|(index, count)| {
            let total = u64::from(count) + self.carried(index);
            (total > 0).then_some((index, total))
        })
    }

    /// The block of an index, and the place in it.
    #[inline]
    fn place(&self, index: usize) -> (usize, usize) {
        let half_bits = self.layout.half_bits;
        ((index >> half_bits) % BLOCKS, index & ((1 << half_bits) - 1))
    }

    fn carried(&self, index: usize) -> u64 {
        self.carries.iter().find(|(at, _)| *at == index).map_or(0, |(_, times)| times << 32)
    }

    #[cold]
    fn carry(&mut self, index: usize) {
        match self.carries.iter_mut().find(|(at, _)| *at == index) {
            Some((_, times)) => *times += 1,
            None => self.carries.push((index, 1)),
        }
    }

    #[cold]
    fn grow(&mut self, block: usize, offset: usize) {
        let (start, half) = (self.counts.len(), 1 << self.layout.half_bits);
        // At most 64 blocks of 2^17 counts, so it fits.
        self.starts[block] = start as u32;
        self.counts.reserve_exact(half);
        self.counts.resize(start + half, 0);
        self.counts[start + offset] = 1;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket_and_digits_are_kept(value: u64, digits in 1_u8..=5) {
            let layout = Layout::new(digits);
            let (low, width) = layout.range(layout.index(value));
            prop_assert!(low <= value && value - low < width);
            prop_assert!(width == 1 || (width as f64) <= low as f64 / 10_f64.powi(i32::from(digits)));
        }

        #[test]
        fn buckets_are_hdrhistograms(value in 1_u64..1 << 60, digits in 1_u8..=5) {
            let layout = Layout::new(digits);
            let hdr = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 1 << 61, digits).unwrap();
            let (low, width) = layout.range(layout.index(value));
            prop_assert_eq!(low, hdr.lowest_equivalent(value));
            prop_assert_eq!(low + (width - 1), hdr.highest_equivalent(value));
        }
    }

    #[test]
    fn indices_rise_with_values_without_gaps() {
        let layout = Layout::new(2);
        let top = layout.index(u64::MAX);
        assert!((0..top).all(|index| {
            let (low, width) = layout.range(index);
            layout.range(index + 1).0 == low + width && layout.index(low) == index
        }));
    }

    #[test]
    fn a_count_grows_past_32_bits() {
        let mut buckets = Buckets::new(Layout::new(3));
        buckets.increment(5000);
        let index = buckets.layout.index(5000);
        let (block, offset) = buckets.place(index);
        let at = buckets.starts[block] as usize + offset;
        buckets.counts[at] = u32::MAX;
        buckets.increment(5000);
        buckets.increment(5000);
        assert_eq!(buckets.iter().collect::<Vec<_>>(), [(index, (1 << 32) + 1)]);
    }

    #[test]
    fn memory_follows_the_values_seen() {
        let mut buckets = Buckets::new(Layout::new(3));
        (2_600..26_000_000).step_by(1000).for_each(|ticks| buckets.increment(ticks));
        let bytes = buckets.counts.capacity() * 4;
        assert!(bytes <= 64 * 1024, "{bytes} bytes for 1 µs to 10 ms");
    }
}
