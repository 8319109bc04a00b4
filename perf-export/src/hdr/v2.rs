//! HdrHistogram's encoding V2, deflated, in Base64: `HISTFAAA…`.
//!
//! The format is `AbstractHistogram.java`'s
//! (<https://github.com/HdrHistogram/HdrHistogram/blob/master/src/main/java/org/HdrHistogram/AbstractHistogram.java>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::bufread::ZlibDecoder;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
use perf_core::{Histogram, Operation, OperationParts};
use std::io::{BufReader, Bytes, Read};

/// The most that counts can be here; they are signed.
const MOST: u64 = i64::MAX as u64;
const COOKIE: u32 = 0x1c84_9303 | 0x10;
const DEFLATED_COOKIE: u32 = 0x1c84_9304 | 0x10;

/// What is wrong with an encoded histogram.
pub type Wrong = &'static str;

/// Counts beyond 2^63 − 1 become that.
pub(crate) fn encode(histogram: &Histogram) -> String {
    STANDARD.encode(to_bytes(histogram))
}

/// The same before it is Base64.
#[must_use]
pub fn to_bytes(histogram: &Histogram) -> Vec<u8> {
    let encoded = serialized(histogram);
    debug_assert!(encoded.is_ok(), "{encoded:?}");
    encoded.unwrap_or_default()
}

/// What [`to_bytes`] gave: the digits, and the lowest value of each bucket that holds something with its
/// count.
///
/// # Errors
///
/// What is wrong with the bytes.
pub fn from_bytes(bytes: &[u8]) -> Result<(u8, Vec<(u64, u64)>), Wrong> {
    let Decoded { digits, buckets } = unpacked(bytes, &mut allowance_for(bytes.len()))?;
    Ok((digits, buckets))
}

fn serialized(histogram: &Histogram) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut hdr = hdrhistogram::Histogram::<u64>::new(histogram.digits())?;
    for bucket in histogram.buckets() {
        hdr.record_n(bucket.low_ns, bucket.count.min(MOST))?;
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&hdr, &mut bytes)?;
    Ok(bytes)
}

/// What an encoded histogram holds.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) digits: u8,
    /// The lowest value of each bucket that holds something, and its count.
    pub(crate) buckets: Vec<(u64, u64)>,
}

impl Decoded {
    pub(crate) fn into_histogram(self) -> Histogram {
        let Self { digits, buckets } = self;
        Operation::from(OperationParts { digits, buckets, ..Default::default() })
            .histogram()
            .clone()
    }
}

/// How many numbers may be unpacked: deflated ones can be a thousand times as many as their bytes. As
/// many as some three hundred histograms of three digits have if no bucket of theirs is empty, and eight
/// more for each byte of the text, which leaves room for all that do not compress so well.
pub(crate) fn allowance(text: &str) -> usize {
    allowance_for(text.len())
}

fn allowance_for(length: usize) -> usize {
    (1_usize << 24).saturating_add(length.saturating_mul(8))
}

/// Unlike the `hdrhistogram` crate, takes nothing on trust that the text says of its own size.
pub(crate) fn decode(text: &str, allowance: &mut usize) -> Result<Decoded, Wrong> {
    let bytes = STANDARD.decode(text).map_err(|_| "it is not Base64")?;
    unpacked(&bytes, allowance)
}

fn unpacked(bytes: &[u8], allowance: &mut usize) -> Result<Decoded, Wrong> {
    let mut outer = bytes;
    if number(&mut outer)? != DEFLATED_COOKIE {
        return Err("it is not deflated V2, which begins with HISTFAAA");
    }
    if usize::try_from(number(&mut outer)?) != Ok(outer.len()) {
        return Err(TOO_SHORT);
    }
    let mut inner = BufReader::new(ZlibDecoder::new(outer));
    if number(&mut inner)? != COOKIE {
        return Err("what is deflated is not V2");
    }
    let length = number(&mut inner)?;
    if number(&mut inner)? != 0 {
        return Err("its indices are shifted, which is not supported");
    }
    let digits = u8::try_from(number(&mut inner)?).ok().filter(|digits| *digits <= 5);
    let digits = digits.ok_or("it has more than 5 digits")?;
    let lowest = long(&mut inner)?;
    let (_highest, ratio) = (long(&mut inner)?, f64::from_bits(long(&mut inner)?));
    if ratio.to_bits() != 1.0_f64.to_bits() {
        return Err("its values are not integers, which is not supported");
    }
    let layout = Layout::new(digits, lowest);
    let buckets = counts(inner.take(length.into()).bytes(), layout, allowance)?;
    Ok(Decoded { digits, buckets })
}

fn counts(
    mut bytes: Bytes<impl Read>,
    layout: Layout,
    allowance: &mut usize,
) -> Result<Vec<(u64, u64)>, Wrong> {
    let mut counts = Vec::new();
    let mut index = 0_u64;
    while let Some(number) = zig_zag(&mut bytes)? {
        *allowance = allowance.checked_sub(1).ok_or("it unpacks to more than can be meant")?;
        if number > 0 {
            counts.push((layout.lowest(index).ok_or(TOO_LARGE)?, number.unsigned_abs()));
        }
        // A negative one is how many counts are 0.
        let step = if number < 0 { number.unsigned_abs() } else { 1 };
        index = index.checked_add(step).ok_or(TOO_LARGE)?;
    }
    Ok(counts)
}

const TOO_LARGE: Wrong = "its values are beyond 64 bits";
const TOO_SHORT: Wrong = "it is cut short, or not deflated";

fn number(from: &mut impl Read) -> Result<u32, Wrong> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes).map_err(|_| TOO_SHORT)?;
    Ok(u32::from_be_bytes(bytes))
}

fn long(from: &mut impl Read) -> Result<u64, Wrong> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes).map_err(|_| TOO_SHORT)?;
    Ok(u64::from_be_bytes(bytes))
}

/// A signed number in LEB128 of at most nine bytes, the ninth of which has all its bits; `None` at the
/// end.
fn zig_zag(bytes: &mut Bytes<impl Read>) -> Result<Option<i64>, Wrong> {
    let mut number = 0;
    for at in 0..9 {
        let Some(byte) = bytes.next() else {
            return if at == 0 { Ok(None) } else { Err(TOO_SHORT) };
        };
        let byte = byte.map_err(|_| TOO_SHORT)?;
        let bits = if at == 8 { byte } else { byte & 0x7f };
        number |= u64::from(bits) << (7 * at);
        if byte < 0x80 {
            break;
        }
    }
    Ok(Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed()))
}

/// HdrHistogram's buckets.
#[derive(Clone, Copy, Debug)]
struct Layout {
    half_bits: u32,
    unit_bits: u32,
}

impl Layout {
    fn new(digits: u8, lowest: u64) -> Self {
        let sub_buckets = (2 * 10_u32.pow(u32::from(digits))).next_power_of_two();
        Self { half_bits: sub_buckets.ilog2() - 1, unit_bits: lowest.max(1).ilog2() }
    }

    /// The lowest value of a bucket; `None` if it has more than 64 bits.
    fn lowest(self, index: u64) -> Option<u64> {
        let (above, sub_bucket) = match (index >> self.half_bits).checked_sub(1) {
            None => (0, index),
            Some(above) => (above, index & ((1 << self.half_bits) - 1) | (1 << self.half_bits)),
        };
        let shift = u32::try_from(above).ok()?.checked_add(self.unit_bits)?;
        (shift <= sub_bucket.leading_zeros()).then(|| sub_bucket << shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::Deserializer;
    use proptest::prelude::*;

    fn histogram(digits: u8, buckets: Vec<(u64, u64)>) -> Histogram {
        Decoded { digits, buckets }.into_histogram()
    }

    fn decoded(text: &str) -> Result<Histogram, Wrong> {
        decode(text, &mut allowance(text)).map(Decoded::into_histogram)
    }

    fn buckets() -> impl Strategy<Value = Vec<(u64, u64)>> {
        let value = (0_u32..64).prop_flat_map(|bits| 0..=u64::MAX >> bits);
        let count = prop_oneof![1..9_u64, 1..=MOST];
        prop::collection::vec((value, count), 0..60).prop_filter("counts are below 2^63", |all| {
            all.iter()
                .try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count))
                .is_some_and(|sum| sum <= MOST)
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(digits in 1_u8..=5, buckets in buckets()) {
            let histogram = histogram(digits, buckets);
            let (digits, buckets) = from_bytes(&to_bytes(&histogram)).unwrap();
            prop_assert_eq!(&Decoded { digits, buckets }.into_histogram(), &histogram);
            prop_assert_eq!(decoded(&encode(&histogram)), Ok(histogram));
        }

        #[test]
        fn the_crate_decodes_the_same(
            digits in 0_u8..=5, unit in 1..5_000_u64, values in prop::collection::vec(0..1_u64 << 50, 0..50),
        ) {
            let mut hdr = hdrhistogram::Histogram::<u64>::new_with_bounds(unit, 1 << 51, digits).unwrap();
            values.iter().for_each(|value| hdr.record(*value).unwrap());
            let mut bytes = Vec::new();
            V2DeflateSerializer::new().serialize(&hdr, &mut bytes).unwrap();
            let theirs: hdrhistogram::Histogram<u64> = Deserializer::new().deserialize(&mut &*bytes).unwrap();
            let text = STANDARD.encode(bytes);
            let ours = decode(&text, &mut allowance(&text)).unwrap();
            let theirs: Vec<_> = theirs.iter_recorded()
                .map(|v| (theirs.lowest_equivalent(v.value_iterated_to()), v.count_at_value()))
                .collect();
            prop_assert_eq!(ours.buckets, theirs);
        }

        #[test]
        fn bytes_of_all_kinds_are_refused_or_read(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
            let _ = decoded(&STANDARD.encode(&bytes));
            let mut good = STANDARD.decode(encode(&histogram(3, vec![(5, 1), (70_000, 3)]))).unwrap();
            let at = at.index(good.len());
            good[at] = byte;
            let _ = decoded(&STANDARD.encode(good));
            // Past the checksum: what is deflated is wrong.
            let _ = decoded(&packed(&bytes));
        }
    }

    /// What is in the payload, deflated with a header before it.
    fn packed(payload: &[u8]) -> String {
        let mut inner = Vec::new();
        for number in [COOKIE, payload.len() as u32, 0, 5, 0, 1, 0, 2] {
            inner.extend(number.to_be_bytes());
        }
        inner.extend(1.0_f64.to_be_bytes());
        inner.extend(payload);
        let mut deflated = Vec::new();
        flate2::bufread::ZlibEncoder::new(&*inner, flate2::Compression::best())
            .read_to_end(&mut deflated)
            .unwrap();
        let outer = [DEFLATED_COOKIE.to_be_bytes(), (deflated.len() as u32).to_be_bytes()].concat();
        STANDARD.encode([outer, deflated].concat())
    }

    #[test]
    fn little_text_does_not_become_endless_numbers() {
        // 64 MB of zeros, and of counts, from some tens of kilobytes.
        for byte in [0, 2] {
            let text = packed(&vec![byte; 1 << 26]);
            assert!(text.len() < 1 << 20);
            let refused = decode(&text, &mut allowance(&text)).unwrap_err();
            assert!(
                refused == "it unpacks to more than can be meant" || refused == TOO_LARGE,
                "{refused}"
            );
        }
        let huge_skip = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        assert_eq!(decode(&packed(&huge_skip), &mut 99).unwrap_err(), TOO_LARGE);
    }
}
