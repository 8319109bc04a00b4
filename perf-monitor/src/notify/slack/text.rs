//! Texts as Slack takes them.

use crate::notify::form::NO_DATA;

/// A text that shows as it is (<https://docs.slack.dev/messaging/formatting-message-text#escaping>),
/// which nobody is called by; of at most so many UTF-16 units, which are at least as many as whatever
/// Slack counts. What is cut ends in `…`. It is never empty, for Slack refuses that.
pub(super) fn escaped(text: &str, most: usize) -> String {
    let (mut all, mut units, mut kept) = (String::new(), 0, 0);
    for c in text.trim().chars() {
        let mut bytes = [0; 4];
        let piece = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '\n' => "\n",
            c if c.is_control() => " ",
            c => c.encode_utf8(&mut bytes),
        };
        units += piece.encode_utf16().count();
        all.push_str(piece);
        if units > most {
            all.truncate(kept);
            all.push('…');
            break;
        }
        // There is room for the mark.
        if units < most {
            kept = all.len();
        }
    }
    if all.trim().is_empty() { "–".into() } else { all }
}

/// Four digits of a number.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() {
        return NO_DATA.to_owned();
    }
    let rounded = format!("{value:.3e}").parse().unwrap_or(value);
    let is_plain = rounded == 0.0 || (1e-4..1e15).contains(&rounded.abs());
    if is_plain { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_left_to_be_understood() {
        assert_eq!(
            escaped("a < b && c\0>\t\n<!channel>", 99),
            "a &lt; b &amp;&amp; c &gt; \n&lt;!channel&gt;"
        );
        assert_eq!([escaped("", 9), escaped(" \n\0 ", 9)], ["–", "–"]);
    }

    #[test]
    fn it_is_cut_between_characters_and_entities() {
        assert_eq!(escaped("abcd", 4), "abcd");
        assert_eq!(escaped("abcde", 4), "abc…");
        assert_eq!(escaped("ab&", 7), "ab&amp;");
        assert_eq!(escaped("ab&", 6), "ab…");
        assert_eq!(escaped("a🔥🔥", 4), "a🔥…");
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.1 + 0.2, 0.0, -123_456.0, 0.000_012_3, 1e300, f64::NAN].map(number);
        assert_eq!(shown, ["0.3", "0", "-123500", "1.23e-5", "1e300", "no data"]);
    }

    proptest! {
        #[test]
        fn it_fits(text in any::<String>(), most in 1_usize..50) {
            let cut = escaped(&text, most);
            prop_assert!(cut.encode_utf16().count() <= most && !cut.is_empty());
            prop_assert!(!cut.contains(['<', '>', '\0']));
        }
    }
}
