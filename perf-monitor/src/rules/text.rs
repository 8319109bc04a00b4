//! Thresholds as people write them in files.

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData, str::FromStr};

/// What [`amount`] reads.
const AMOUNT: &str = "a number, a percentage such as \"5 %\", or a duration such as \"300ms\"";

/// A number; of text, percent as a ratio from 0 to 1, and durations in seconds.
pub(super) fn amount<'de, D: Deserializer<'de>, T: From<f64>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Amount).map(T::from)
}

struct Amount;

impl Visitor<'_> for Amount {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(AMOUNT)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        parse_amount(text).ok_or_else(|| E::custom(format!("{text:?}: expected {AMOUNT}")))
    }
}

fn parse_amount(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(percent) = text.strip_suffix('%') {
        // As text, so that 99.9 % is 0.999 and not a little more.
        return format!("{}e-2", percent.trim_end()).parse().ok();
    }
    let seconds = || Some(humantime::parse_duration(text).ok()?.as_secs_f64());
    text.parse().ok().or_else(seconds)
}

/// Something written as text, or where that is too little, as a table.
pub(super) fn text_or_table<'de, D, T, Table>(
    deserializer: D,
    expected: &'static str,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display> + From<Table>,
    Table: Deserialize<'de>,
{
    deserializer.deserialize_any(TextOrTable(expected, PhantomData::<(T, Table)>))
}

struct TextOrTable<T, Table>(&'static str, PhantomData<(T, Table)>);

impl<'de, T, Table> Visitor<'de> for TextOrTable<T, Table>
where
    T: FromStr<Err: fmt::Display> + From<Table>,
    Table: Deserialize<'de>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(map)).map(T::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (text, value) in [
            ("5 %", Some(0.05)),
            ("5%", Some(0.05)),
            ("99.9 %", Some(0.999)),
            ("inf %", None),
            (" 0.05 ", Some(0.05)),
            ("-3", Some(-3.0)),
            ("300ms", Some(0.3)),
            ("1h30m", Some(5400.0)),
            ("five", None),
            ("%", None),
            ("", None),
        ] {
            assert_eq!(parse_amount(text), value, "{text}");
        }
    }
}
