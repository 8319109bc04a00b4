//! Shares on the command line: `10%`, or `0.1`.

use std::{fmt, str::FromStr};

/// 0.1 for 10 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share(pub(crate) f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, unit) = match text.strip_suffix('%') {
            Some(percent) => (percent, 0.01),
            None => (text, 1.0),
        };
        let number = number.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        number
            .map(|number| Self(number * unit))
            .ok_or_else(|| "expected a share such as 10%".into())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0 * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_or_not() {
        let share = |text: &str| text.parse::<Share>().map(|share| share.0).ok();
        assert_eq!(["10%", "0.1", " 2.5 %", "0"].map(share), [0.1, 0.1, 0.025, 0.0].map(Some));
        assert_eq!(["ten", "-1%", "inf", ""].map(share), [None; 4]);
    }
}
