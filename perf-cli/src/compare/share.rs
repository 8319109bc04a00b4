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
        let number = number.ok_or("expected a share such as 10%")?;
        if unit > 0.5 && number > 1.0 {
            return Err(format!("expected a share: {number}%, or at most 1 without the `%`"));
        }
        Ok(Self(number * unit))
    }
}

/// How often chance may be taken for change: above 0, and up to a half.
pub(crate) fn significance(text: &str) -> Result<Share, String> {
    let share = text.parse::<Share>()?;
    let is_possible = share.0 > 0.0 && share.0 <= 0.5;
    is_possible.then_some(share).ok_or_else(|| "expected a share above 0 and up to 50%".into())
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 7 % is not exactly 0.07.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_or_not() {
        let share = |text: &str| text.parse::<Share>().map(|share| share.0).ok();
        assert_eq!(["10%", "0.1", " 2.5 %", "0"].map(share), [0.1, 0.1, 0.025, 0.0].map(Some));
        assert_eq!(["ten", "-1%", "inf", "", "10"].map(share), [None; 5]);
        assert_eq!(Share(0.07).to_string(), "7%");
    }
}
