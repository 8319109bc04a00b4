//! HdrHistogram's bucket layout, and counts over it that cost memory only where values fall.
//!
//! The layout is that of Gil Tene's HdrHistogram (<https://hdrhistogram.org>) with unit magnitude
//! 0: values below `2 × half` have a bucket each, and every further power of two is cut into
//! `half` equal buckets, where `2 × half` is the power of two that keeps the asked-for digits.

/// Where a value falls. `Copy`, two bytes of meaning: how many significant digits are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    digits: u8,
    half_bits: u8,
}

impl Layout {
    /// The digits HdrHistogram allows, without 0.
    pub(crate) const DIGITS: std::ops::RangeInclusive<u8> = 1..=5;

    /// `digits` outside 1–5 are taken as the nearest of these.
    pub(crate) fn new(digits: u8) -> Self {
        let digits = digits.clamp(*Self::DIGITS.start(), *Self::DIGITS.end());
        let sub_buckets = (2 * 10_u32.pow(u32::from(digits))).next_power_of_two();
        Self { digits, half_bits: sub_buckets.trailing_zeros() as u8 - 1 }
    }

    pub(crate) fn digits(self) -> u8 {
        self.digits
    }

    #[inline]
    pub(crate) fn index(self, value: u64) -> usize {
        let half_bits = u32::from(self.half_bits);
        let shift = (value | (1 << half_bits)).ilog2() - half_bits;
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

/// Powers of two, at the fewest digits.
const BLOCKS: usize = 64;
/// No value has fallen in a block yet. Beyond any count there can be.
const ABSENT: u32 = 1 << 31;
/// Counts the linear part begins with.
const SHORTEST: usize = 64;

/// Counts per bucket, `u32` each. Values below `2 × half` are counted in a linear part, which
/// doubles until it holds all that come; others in a block of `half` counts for each power of two
/// that has been seen.
///
/// The linear part comes first, and `repr(C)` keeps it there: a short call touches nothing else.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Buckets {
    linear: Vec<u32>,
    blocks: Vec<u32>,
    layout: Layout,
    /// What to add, wrapping, to an index of each power of two for its place in `blocks`.
    shifts: [u32; BLOCKS],
    /// What a full `u32` carried over, in units of 2^32.
    carries: Vec<(usize, u64)>,
}

impl Buckets {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            linear: Vec::new(),
            blocks: Vec::new(),
            layout,
            shifts: [ABSENT; BLOCKS],
            carries: Vec::new(),
        }
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Becomes a copy, in the memory it has.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.linear.clone_from(&other.linear);
        self.blocks.clone_from(&other.blocks);
        self.carries.clone_from(&other.carries);
        (self.layout, self.shifts) = (other.layout, other.shifts);
    }

    /// Counts a value if it falls in the linear part as it is, and returns whether it does.
    #[inline]
    pub(crate) fn add_short(&mut self, value: u64, calls: u32) -> bool {
        let at = usize::try_from(value).unwrap_or(usize::MAX);
        let Some(count) = self.linear.get_mut(at) else {
            return false;
        };
        if increase(count, calls) {
            self.carry(at, 1);
        }
        true
    }

    /// Counts any value.
    #[inline]
    pub(crate) fn add(&mut self, value: u64, calls: u64) {
        let index = self.layout.index(value);
        if self.count(index).is_none() {
            self.grow(index);
        }
        let Some(count) = self.count(index) else { return };
        let carried = (calls >> 32) + u64::from(increase(count, calls as u32));
        if carried > 0 {
            self.carry(index, carried);
        }
    }

    /// `(index, count)` of every bucket that holds something, by rising index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let half = self.half();
        let blocks = self.shifts.iter().enumerate().filter(|(_, shift)| **shift != ABSENT);
        let blocks = blocks.flat_map(move |(block, shift)| {
            let counts = self.blocks.iter().skip(place(block * half, *shift)).take(half);
            counts.enumerate().map(move |(offset, count)| (block * half + offset, count))
        });
        self.linear.iter().enumerate().chain(blocks).filter_map(|(index, count)| {
            let total = u64::from(*count) + self.carried(index);
            (total > 0).then_some((index, total))
        })
    }

    fn half(&self) -> usize {
        1 << self.layout.half_bits
    }

    /// The count at an index, if there is one yet.
    fn count(&mut self, index: usize) -> Option<&mut u32> {
        let block = index / self.half();
        if block < 2 {
            return self.linear.get_mut(index);
        }
        self.blocks.get_mut(place(index, self.shifts[block % BLOCKS]))
    }

    #[cold]
    fn grow(&mut self, index: usize) {
        let half = self.half();
        let block = index / half;
        if block < 2 {
            let length = (index + 1).next_power_of_two().max(SHORTEST).min(2 * half);
            lengthen(&mut self.linear, length);
        } else {
            let start = self.blocks.len();
            lengthen(&mut self.blocks, start + half);
            // At most 64 blocks of 2^17 counts, so it fits, and is never taken for an absent one.
            self.shifts[block % BLOCKS] = (start as u32).wrapping_sub((block * half) as u32);
        }
    }

    fn carried(&self, index: usize) -> u64 {
        self.carries.iter().find(|(at, _)| *at == index).map_or(0, |(_, times)| times << 32)
    }

    #[cold]
    fn carry(&mut self, index: usize, more: u64) {
        match self.carries.iter_mut().find(|(at, _)| *at == index) {
            Some((_, times)) => *times = (*times + more).min(u64::from(u32::MAX)),
            None => self.carries.push((index, more)),
        }
    }
}

/// Adds to a count, and returns whether it ran over.
#[inline]
fn increase(count: &mut u32, calls: u32) -> bool {
    let (sum, full) = count.overflowing_add(calls);
    *count = sum;
    full
}

/// Where an index lies among the blocks; beyond all of them if its own is absent.
fn place(index: usize, shift: u32) -> usize {
    (index as u32).wrapping_add(shift) as usize
}

fn lengthen(counts: &mut Vec<u32>, length: usize) {
    counts.reserve_exact(length.saturating_sub(counts.len()));
    counts.resize(length, 0);
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
        buckets.add(5000, 1);
        let index = buckets.layout.index(5000);
        *buckets.count(index).unwrap() = u32::MAX;
        buckets.add(5000, 1);
        buckets.add(5000, 1);
        assert_eq!(buckets.iter().collect::<Vec<_>>(), [(index, (1 << 32) + 1)]);
    }

    #[test]
    fn memory_follows_the_values_seen() {
        let mut buckets = Buckets::new(Layout::new(3));
        (2_600..26_000_000).step_by(1000).for_each(|ticks| buckets.add(ticks, 1));
        let bytes = (buckets.linear.len() + buckets.blocks.len()) * 4;
        assert!(bytes <= 64 * 1024, "{bytes} bytes for 1 µs to 10 ms");
    }
}
