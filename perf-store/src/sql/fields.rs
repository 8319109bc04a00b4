//! Values on their way to a database and back.

use crate::error::{Result, StoreError};
use std::vec::IntoIter;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Beyond what fits, the largest number that does.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        // PostgreSQL has no such character.
        Self::Text(text.replace('\0', "\u{2400}"))
    }
}

/// What is not a number is nothing, as in SQLite.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_nan() { Self::Null } else { Self::Real(number) }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

/// A row, read from its first column to its last.
#[derive(Debug)]
pub(crate) struct Fields(IntoIter<Value>);

impl Fields {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    pub(crate) fn int(&mut self) -> Result<i64> {
        self.maybe_int()?.ok_or_else(wrong)
    }

    /// What was never negative.
    pub(crate) fn count(&mut self) -> Result<u64> {
        self.int().map(|number| u64::try_from(number).unwrap_or(0))
    }

    pub(crate) fn maybe_int(&mut self) -> Result<Option<i64>> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(Some(number)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn maybe_count(&mut self) -> Result<Option<u64>> {
        Ok(self.maybe_int()?.map(|number| u64::try_from(number).unwrap_or(0)))
    }

    pub(crate) fn real(&mut self) -> Result<f64> {
        self.maybe_real()?.ok_or_else(wrong)
    }

    pub(crate) fn maybe_real(&mut self) -> Result<Option<f64>> {
        match self.0.next() {
            Some(Value::Real(number)) => Ok(Some(number)),
            Some(Value::Int(number)) => Ok(Some(number as f64)),
            Some(Value::Null) => Ok(None),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>> {
        match self.0.next() {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(wrong()),
        }
    }
}

fn wrong() -> StoreError {
    StoreError::Failed("a column of the store holds what perfkit never puts there".into())
}
