//! Figures as short texts.

pub(super) use crate::cells::fit;
use crate::cells::known;
use perf_core::human;
use std::time::{Duration, SystemTime};

/// So many a second.
pub(super) fn rate(rate: f64) -> String {
    match rate {
        _ if !rate.is_finite() => "–".to_owned(),
        0.0 => "0".to_owned(),
        99.95.. => human::count(rate.round() as u64),
        9.995.. => format!("{rate:.1}"),
        _ => format!("{rate:.2}"),
    }
}

pub(super) fn percent(share: Option<f64>) -> String {
    known(share, |share| format!("{:.1} %", share * 100.0))
}

pub(super) fn duration(time: Option<Duration>) -> String {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    known(time, |time| human::spaced(nanos(time)).to_string())
}

/// How long a span is.
pub(super) fn length(time: Duration) -> String {
    if time.as_secs() < 10 { format!("{:.1} s", time.as_secs_f64()) } else { age(time) }
}

/// Whole seconds as people say them.
pub(super) fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        _ => human::spaced(seconds.saturating_mul(1_000_000_000)).to_string(),
    }
}

pub(super) fn since(then: SystemTime, now: SystemTime) -> String {
    age(now.duration_since(then).unwrap_or_default())
}

/// The time of day, where it is noon in Greenwich at twelve.
pub(super) fn clock(time: SystemTime) -> String {
    let unix = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (hours, minutes, seconds) = (unix / 3_600 % 24, unix / 60 % 60, unix % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02} UTC")
}

/// The last values as bars, from the least to the most of them or from zero; a gap where there is none.
pub(super) fn spark(trend: &[Option<f64>], width: usize, is_from_zero: bool) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &trend[trend.len().saturating_sub(width)..];
    let known = || shown.iter().flatten().copied();
    let least = if is_from_zero { 0.0 } else { known().fold(f64::INFINITY, f64::min) };
    let range = known().fold(f64::NEG_INFINITY, f64::max) - least;
    let bar = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) if range > 0.0 => {
            let level = ((value - least) / range * 7.0).round().clamp(0.0, 7.0);
            BARS[level as usize]
        }
        Some(_) => BARS[0],
    };
    let bars: String = shown.iter().map(bar).collect();
    // New ones come in from the right.
    " ".repeat(width.saturating_sub(shown.len())) + &bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let rates = [0.0, 0.5, 12.34, 1_234.5, f64::NAN, f64::INFINITY].map(rate);
        assert_eq!(rates, ["0", "0.50", "12.3", "1\u{202f}235", "–", "–"]);
        assert_eq!(clock(SystemTime::UNIX_EPOCH + Duration::from_secs(86_399)), "23:59:59 UTC");
        assert_eq!(
            [age(Duration::from_secs(119)), age(Duration::from_secs(3_725))],
            ["119 s", "1h 02m"]
        );
    }

    #[test]
    fn sparks() {
        let trend = [Some(0.0), None, Some(7.0), Some(3.5)];
        assert_eq!(spark(&trend, 6, true), "  ▁ █▅");
        assert_eq!(spark(&trend, 2, false), "█▁");
        assert_eq!(spark(&[Some(5.0), Some(5.0)], 2, false), "▁▁");
        assert_eq!(spark(&[], 3, true), "   ");
    }
}
