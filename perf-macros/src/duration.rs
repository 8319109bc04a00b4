//! Durations as people write them: `100ms`.

const UNITS: [(&str, f64); 7] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// A number and a unit, in nanoseconds.
pub(crate) fn nanos(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit_at);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let nanos = number.parse::<f64>().ok()? * scale;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (nanos < 9e18).then_some(nanos as u64)
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn numbers_with_units() {
        assert_eq!(nanos("100ms"), Some(100_000_000));
        assert_eq!(nanos("1.5 s"), Some(1_500_000_000));
        assert_eq!(nanos("20µs"), Some(20_000));
        assert_eq!(nanos("0ns"), Some(0));
        for wrong in ["", "100", "ms", "-1ms", "1 day", "1.2.3s", "1e3s", "9999999999h"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }
}
