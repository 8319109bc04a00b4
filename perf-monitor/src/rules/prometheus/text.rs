//! Texts as `PromQL`, Go's templates and YAML have them.

use std::{fmt::Write, time::Duration};

/// A string of `PromQL`, and of YAML between double quotes: both know these escapes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if is_odd(c) => {
                // Of what is odd nothing has more than four digits.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What YAML does not take as it is, or takes for the end of a line.
fn is_odd(c: char) -> bool {
    c.is_control() || ['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'].contains(&c)
}

/// A whole text as a template of Go's that gives itself.
pub(super) fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// The same of a part, whatever comes before and after it.
pub(super) fn part(text: &str) -> String {
    text.replace('{', "{{ \"{\" }}")
}

/// A pattern with stars as a regular expression, which Prometheus matches as a whole.
pub(super) fn expression(glob: &str) -> String {
    let parts: Vec<_> = glob.split('*').map(exactly).collect();
    parts.join(".*")
}

/// A text as a regular expression that only it matches.
pub(super) fn exactly(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A number, without what binary fractions add to products such as 0.05 × 0.9.
pub(super) fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.12e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// A duration as Prometheus writes it: `1h30m`.
pub(super) fn duration(duration: Duration) -> String {
    let mut left = duration.as_millis().max(1);
    let mut text = String::new();
    for (unit, millis) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if left >= millis {
            let _ = write!(text, "{}{unit}", left / millis);
            left %= millis;
        }
    }
    text
}

/// A name that a recorded series may have.
pub(super) fn slug(text: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(legal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_quotes() {
        assert_eq!(quoted("a\"b\\c\nd\0é\u{2028}"), r#""a\"b\\c\nd\u0000é\u2028""#);
        assert_eq!(literal("{ {{x}}"), "{ {{ \"{{\" }}x}}");
        assert_eq!(part("a{{b}"), "a{{ \"{\" }}{{ \"{\" }}b}");
        assert_eq!(expression("GET /a.b/*?"), r"GET /a\.b/.*\?");
    }

    #[test]
    fn numbers_and_durations() {
        for (value, text) in
            [(0.05 * 0.9, "0.045"), (14.4, "14.4"), (-3.0, "-3"), (1e9, "1000000000")]
        {
            assert_eq!(number(value), text);
        }
        for (millis, text) in
            [(300_000, "5m"), (90_000, "1m30s"), (86_400_000, "24h"), (1_500, "1s500ms")]
        {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
        assert_eq!(duration(Duration::from_nanos(1)), "1ms");
    }
}
