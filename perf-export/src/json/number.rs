//! Any `f64` in JSON.

use serde::{Deserialize, Serialize};

/// A number; as one of three strings where JSON has none.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub(super) struct Number(pub(super) f64);

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, \"NaN\", \"Infinity\" or \"-Infinity\"")]
enum Written {
    Finite(f64),
    Not(NotFinite),
}

#[derive(Serialize, Deserialize)]
enum NotFinite {
    NaN,
    Infinity,
    #[serde(rename = "-Infinity")]
    MinusInfinity,
}

impl From<Number> for Written {
    fn from(Number(value): Number) -> Self {
        if value.is_finite() {
            return Self::Finite(value);
        }
        Self::Not(if value.is_nan() {
            NotFinite::NaN
        } else if value > 0.0 {
            NotFinite::Infinity
        } else {
            NotFinite::MinusInfinity
        })
    }
}

impl From<Written> for Number {
    fn from(written: Written) -> Self {
        Self(match written {
            Written::Finite(value) => value,
            Written::Not(NotFinite::NaN) => f64::NAN,
            Written::Not(NotFinite::Infinity) => f64::INFINITY,
            Written::Not(NotFinite::MinusInfinity) => f64::NEG_INFINITY,
        })
    }
}
