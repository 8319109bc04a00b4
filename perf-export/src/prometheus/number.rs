//! Numbers as Go writes them, whose programs are Prometheus' own: `strconv.FormatFloat(x, 'g', -1, 64)`.

use std::fmt;

/// The shortest text that is this number. Beyond six digits before the point, or four zeros after it,
/// there is an exponent: `1e+06`, `2.5e-05`. OpenMetrics asks for this where bounds are labels:
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers>.
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = *self;
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        if value.is_nan() || value == 0.0 || (1e-4..1e6).contains(&value.abs()) {
            return write!(f, "{value}");
        }
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |of| ('-', of));
        write!(f, "{mantissa}e{sign}{digits:0>2}")
    }
}

/// The same, with a point or an exponent in any case: OpenMetrics' floats.
pub(super) struct Float(pub(super) f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_short = self.0.fract() == 0.0 && self.0.abs() < 1e6;
        write!(f, "{}{}", Number(self.0), if is_short { ".0" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost(value: f64) {
            let back: f64 = Number(value).to_string().parse().unwrap();
            prop_assert!(back.to_bits() == value.to_bits() || value.is_nan());
        }
    }

    #[test]
    fn numbers_are_go_s() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (2.5e-300, "2.5e-300"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(Number(value).to_string(), text);
        }
        let floats = [1.0, 0.5, 1e6, f64::INFINITY].map(|value| Float(value).to_string());
        assert_eq!(floats, ["1.0", "0.5", "1e+06", "+Inf"]);
    }
}
