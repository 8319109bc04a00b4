//! Values of a distribution.

use super::{Figures, finite_or_zero};
use crate::{
    error::Result,
    sql::{
        Fields,
        Kind::{Bytes, Int, Real},
        Table, Value,
    },
};
use perf_core::ValueHistogram;

/// A bucket: eight bytes of its bound nearer to zero, eight of its count.
const BUCKET: usize = 16;

impl Figures for ValueHistogram {
    const TABLE: Table = Table {
        name: "perfkit_distribution",
        columns: &[
            ("interval_id", Int),
            ("series_id", Int),
            ("level", Int),
            ("at_ns", Int),
            ("digits", Int),
            ("refused", Int),
            ("sum", Real),
            ("least", Real),
            ("most", Real),
            ("buckets", Bytes),
        ],
    };

    fn to_values(&self) -> Vec<Value> {
        let buckets = self.buckets().flat_map(|bucket| {
            [bucket.inner.to_be_bytes(), bucket.count.to_be_bytes()].into_iter().flatten()
        });
        vec![
            i64::from(self.digits()).into(),
            self.refused().into(),
            finite_or_zero(self.sum()).into(),
            self.min().into(),
            self.max().into(),
            Value::Bytes(buckets.collect()),
        ]
    }

    fn from_fields(fields: &mut Fields) -> Result<Self> {
        let digits = u8::try_from(fields.int()?).unwrap_or(1);
        let (refused, sum) = (fields.count()?, fields.real()?);
        let (least, most) = (fields.maybe_real()?, fields.maybe_real()?);
        let values = Self::from_values(digits, buckets(&fields.bytes()?));
        let exact = |number: Option<f64>| number.unwrap_or(f64::NAN);
        Ok(values.with_exact(sum, exact(least), exact(most), refused))
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }
}

fn buckets(bytes: &[u8]) -> impl Iterator<Item = (f64, u64)> {
    bytes.chunks_exact(BUCKET).map(|chunk| {
        let (inner, count) = chunk.split_at(BUCKET / 2);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        (f64::from_bits(number(inner)), number(count))
    })
}
