//! Calls of an operation.

use super::Figures;
use crate::{
    error::{Result, StoreError},
    sql::{
        Fields,
        Kind::{Bytes, Int},
        Table, Value,
    },
};
use perf_core::{Operation, OperationParts};
use perf_export::__packed as packed;

impl Figures for Operation {
    const TABLE: Table = Table {
        name: "perfkit_operation",
        columns: &[
            ("interval_id", Int),
            ("series_id", Int),
            ("level", Int),
            ("at_ns", Int),
            ("calls", Int),
            ("errors", Int),
            ("panicked", Int),
            ("cancelled", Int),
            ("skipped", Int),
            ("sum_ns", Int),
            ("nested_ns", Int),
            ("self_ns", Int),
            ("min_ns", Int),
            ("max_ns", Int),
            ("histogram", Bytes),
        ],
    };

    fn to_values(&self) -> Vec<Value> {
        let parts = OperationParts::from(self);
        // Where scopes overlapped, calls inside others are no recursion.
        let nested_ns = if parts.overlaps == 0 { parts.nested_ns } else { 0 };
        let numbers = [
            self.timed(),
            parts.errors,
            parts.panicked,
            parts.cancelled,
            parts.skipped,
            parts.sum_ns,
            nested_ns,
            parts.self_ns,
        ];
        let mut values: Vec<_> = numbers.into_iter().map(Value::from).collect();
        values.extend([parts.min_ns.into(), parts.max_ns.into()]);
        values.push(Value::Bytes(packed::to_bytes(self.histogram())));
        values
    }

    fn from_fields(fields: &mut Fields) -> Result<Self> {
        // The calls are the histogram's.
        fields.int()?;
        let mut parts = OperationParts {
            errors: fields.count()?,
            panicked: fields.count()?,
            cancelled: fields.count()?,
            skipped: fields.count()?,
            sum_ns: fields.count()?,
            nested_ns: fields.count()?,
            self_ns: fields.count()?,
            min_ns: fields.maybe_count()?,
            max_ns: fields.maybe_count()?,
            ..OperationParts::default()
        };
        let unpacked = packed::from_bytes(&fields.bytes()?);
        (parts.digits, parts.buckets) = unpacked.map_err(|wrong| {
            StoreError::Failed(format!("a histogram of the store cannot be read: {wrong}"))
        })?;
        Ok(Self::from(parts))
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }
}
