//! How often a counter was raised.

use super::Figures;
use crate::{
    error::Result,
    sql::{Fields, Kind::Int, Table, Value},
};

impl Figures for u64 {
    const TABLE: Table = Table {
        name: "perfkit_counter",
        columns: &[
            ("interval_id", Int),
            ("series_id", Int),
            ("level", Int),
            ("at_ns", Int),
            ("count", Int),
        ],
    };

    fn to_values(&self) -> Vec<Value> {
        vec![(*self).into()]
    }

    fn from_fields(fields: &mut Fields) -> Result<Self> {
        fields.count()
    }

    fn merge(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }
}
