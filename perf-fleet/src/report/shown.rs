//! Figures as people read them.

use serde::Serializer;
use std::time::{Duration, SystemTime};

/// The end of the year 9999, beyond which RFC 3339 has no times.
const LAST: u64 = 253_402_300_799;

/// `820 ms`, `12.5 s`, `7.5 min`, `2.5 h`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        _ if !seconds.is_finite() => "?".to_owned(),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1_000.0),
        _ if seconds < 300.0 => format!("{seconds:.1} s"),
        _ if seconds < 7_200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

/// `5.0 %` of a rate of 0.05.
pub(crate) fn rate(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

/// `85 %` or `85.5 %`.
pub(crate) fn percent(percent: f64) -> String {
    if percent.fract() == 0.0 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// What is not known is shown by a dash.
pub(crate) fn known(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), show)
}

/// As in RFC 3339, in UTC, to the second; the nearest there is of what lies before 1970 or after 9999.
pub(crate) fn time(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let within = Duration::from_secs(since.as_secs().min(LAST));
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + within).to_string()
}

pub(crate) fn serialize_time<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_beyond_the_calendar_are_the_nearest() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(time(epoch - Duration::from_secs(9)), "1970-01-01T00:00:00Z");
        let far = Duration::from_secs(u64::MAX / 4);
        let far = epoch.checked_add(far).unwrap_or(epoch + Duration::from_secs(LAST));
        assert_eq!(time(far), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn seconds_have_the_unit_that_fits() {
        let shown = [0.02, 59.96, 600.0, 9_000.0, f64::NAN].map(seconds);
        assert_eq!(shown, ["20 ms", "60.0 s", "10.0 min", "2.5 h", "?"]);
    }
}
