//! What units are called in the names of metrics.

use super::families::Kind;

/// UCUM codes (<https://ucum.org>) and Prometheus' words for them, as OpenTelemetry translates them:
/// <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>.
const WORDS: [(&str, &str); 38] = [
    ("%", "percent"),
    ("A", "amperes"),
    ("By", "bytes"),
    ("Cel", "celsius"),
    ("GBy", "gigabytes"),
    ("Gbit", "gigabits"),
    ("GiBy", "gibibytes"),
    ("Hz", "hertz"),
    ("J", "joules"),
    ("K", "kelvins"),
    ("KBy", "kilobytes"),
    ("KiBy", "kibibytes"),
    ("MBy", "megabytes"),
    ("Mbit", "megabits"),
    ("MiBy", "mebibytes"),
    ("TBy", "terabytes"),
    ("Tbit", "terabits"),
    ("TiBy", "tebibytes"),
    ("V", "volts"),
    ("W", "watts"),
    ("a", "years"),
    ("bit", "bits"),
    ("d", "days"),
    ("g", "grams"),
    ("h", "hours"),
    ("kBy", "kilobytes"),
    ("kbit", "kilobits"),
    ("kg", "kilograms"),
    ("m", "meters"),
    ("min", "minutes"),
    ("mo", "months"),
    ("ms", "milliseconds"),
    ("ns", "nanoseconds"),
    ("s", "seconds"),
    ("us", "microseconds"),
    ("wk", "weeks"),
    // No codes, but often written: without their first letter, the micro sign, they would be seconds.
    ("\u{b5}s", "microseconds"),
    ("\u{3bc}s", "microseconds"),
];

/// The word for a UCUM code; empty for none. A code that is not known stands as it is, as far as a
/// name may have it.
pub(super) fn word(unit: &str, kind: Kind) -> String {
    match unit {
        "1" if kind == Kind::Counter => String::new(),
        "1" => "ratio".to_owned(),
        _ => match unit.split_once('/') {
            None => plain(unit),
            Some((what, per)) => {
                let per = plain(per);
                let per = per.strip_suffix('s').unwrap_or(&per);
                let words = [plain(what), per.to_owned()];
                words.join("_per_").trim_start_matches('_').to_owned()
            }
        },
    }
}

fn plain(unit: &str) -> String {
    // Annotations in braces say what is counted, and so does the name.
    let code = unit.split('{').next().unwrap_or_default();
    if let Some((_, word)) = WORDS.iter().find(|(known, _)| *known == code) {
        return (*word).to_owned();
    }
    let legal = code.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    let legal: String = legal.collect();
    let legal = legal.trim_matches('_');
    if legal == "1" { String::new() } else { legal.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_words() {
        for (unit, expected) in [
            ("By", "bytes"),
            ("\u{b5}s", "microseconds"),
            ("{request}", ""),
            ("{request}/s", "per_second"),
            ("1/s", "per_second"),
            ("By/s", "bytes_per_second"),
            ("furlong", "furlong"),
            ("€", ""),
            ("", ""),
        ] {
            assert_eq!(word(unit, Kind::Gauge), expected, "{unit}");
        }
        assert_eq!(
            (word("1", Kind::Gauge), word("1", Kind::Counter)),
            ("ratio".to_owned(), String::new())
        );
    }
}
