//! Durations, counts and names as people read them: as the [summary](crate::Summary) shows them.

use std::{fmt, time::Duration};

/// A duration in nanoseconds with three digits or so, by [`Display`](fmt::Display): see [`spaced`].
#[derive(Clone, Copy, Debug)]
pub struct Human {
    nanos: u64,
    gap: &'static str,
}

/// A duration in nanoseconds with three digits or so, and a space before the unit: `812 ns`,
/// `1.53 ms`, `12.7 s`, `1h 02m`.
///
/// ```
/// assert_eq!(perf_core::human::spaced(245_300_000).to_string(), "245.3 ms");
/// ```
#[must_use]
pub fn spaced(nanos: u64) -> Human {
    Human { nanos, gap: " " }
}

/// Without one, for log lines.
pub(crate) fn compact(nanos: u64) -> Human {
    Human { nanos, gap: "" }
}

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nanos, gap } = *self;
        let (unit, scale) = match nanos {
            0..1_000 => return write!(f, "{nanos}{gap}ns"),
            1_000..999_950 => ("µs", 1e3),
            999_950..999_950_000 => ("ms", 1e6),
            999_950_000..119_950_000_000 => ("s", 1e9),
            _ => return long(f, nanos / 1_000_000_000),
        };
        let value = nanos as f64 / scale;
        // 9.995 would round up to two digits before the point.
        let decimals = if value < 9.995 { 2 } else { 1 };
        write!(f, "{value:.decimals$}{gap}{unit}")
    }
}

/// `2m 05s`, `1h 02m`, `3d 04h`.
fn long(f: &mut fmt::Formatter<'_>, seconds: u64) -> fmt::Result {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match hours {
        0 => write!(f, "{minutes}m {:02}s", seconds % 60),
        1..48 => write!(f, "{hours}h {:02}m", minutes % 60),
        _ => write!(f, "{}d {:02}h", hours / 24, hours % 24),
    }
}

/// A count with its thousands apart: `1 234 567`, by narrow no-break spaces.
///
/// ```
/// assert_eq!(perf_core::human::count(1_234), "1\u{202f}234");
/// ```
#[must_use]
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole in percent: `12.5 %`; of nothing, `0.0 %`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(perf_core::human::percent(Duration::from_secs(1), Duration::from_secs(8)), "12.5 %");
/// ```
#[must_use]
pub fn percent(part: Duration, whole: Duration) -> String {
    let share = part.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0;
    format!("{share:.1} %")
}

/// A name on one line and in its own direction, whatever is in it: characters that cannot be seen,
/// controls, marks of direction, joiners and the like, are shown escaped.
///
/// ```
/// assert_eq!(perf_core::human::printable("a\nb"), r"a\u{a}b");
/// ```
#[must_use]
pub fn printable(name: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        if hidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// A value with its unit (a UCUM code) as people read it: `1 234`, `0.125`, `12.5 MiB`, `85 %`.
///
/// ```
/// assert_eq!(perf_core::human::measure(0.25, Some("s")), "250.0 ms");
/// ```
#[must_use]
pub fn measure(value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("By") => bytes(value),
        Some("s") if value.is_finite() => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", spaced((value.abs() * 1e9) as u64))
        }
        None | Some("1" | "") => number(value),
        // What is in braces says what is counted: so does the name.
        Some(unit) if unit.starts_with('{') => number(value),
        Some(unit) => format!("{} {unit}", number(value)),
    }
}

/// Bytes by powers of 1,024.
pub(crate) fn bytes(value: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let steps = (value.abs().max(1.0).log2() / 10.0) as usize;
    let at = steps.min(UNITS.len() - 1);
    let scale = (1_u64 << (10 * at)) as f64;
    format!("{} {}", number(value / scale), UNITS[at])
}

/// Whole numbers in full, others with three digits or so.
fn number(value: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.abs() >= EXACT || !value.is_finite() {
        return format!("{value:e}");
    }
    if value.fract() == 0.0 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(value.abs() as u64));
    }
    match value.abs() {
        100.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        0.001.. => format!("{value:.4}"),
        _ => format!("{value:.2e}"),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let expected = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_949, "999.9 µs"),
            (999_950, "1.00 ms"),
            (9_996_000, "10.0 ms"),
            (245_300_000, "245.3 ms"),
            (59_900_000_000, "59.9 s"),
            (125_000_000_000, "2m 05s"),
            (3_725_000_000_000, "1h 02m"),
            (273_600_000_000_000, "3d 04h"),
        ];
        for (nanos, text) in expected {
            assert_eq!(spaced(nanos).to_string(), text);
        }
        assert_eq!(compact(245_300_000).to_string(), "245.3ms");
    }

    #[test]
    fn counts() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(123_456), "123\u{202f}456");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(
            printable("a\u{61c}b\u{ad}\u{e0041}\u{202e}"),
            r"a\u{61c}b\u{ad}\u{e0041}\u{202e}"
        );
        assert_eq!(printable("naïve — 数"), "naïve — 数");
    }

    #[test]
    fn measures() {
        for (value, unit, shown) in [
            (0.0, None, "0"),
            (-1_234.0, Some("{request}"), "-1\u{202f}234"),
            (0.125, Some("1"), "0.1250"),
            (85.25, Some("%"), "85.25 %"),
            (13_107_200.0, Some("By"), "12.50 MiB"),
            (-1024.0, Some("By"), "-1 KiB"),
            (0.25, Some("s"), "250.0 ms"),
            (-0.25, Some("s"), "-250.0 ms"),
            (1e300, None, "1e300"),
            (1.5e-7, None, "1.50e-7"),
            (f64::NAN, None, "NaN"),
        ] {
            assert_eq!(measure(value, unit), shown, "{value} {unit:?}");
        }
    }
}
