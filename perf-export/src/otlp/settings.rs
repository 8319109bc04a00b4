//! OpenTelemetry's variables.

use super::{
    builder::{Builder, bounded},
    endpoint::Endpoint,
    headers, pairs,
};
use crate::variables::{self, Variable, Warning};
use std::{ffi::OsString, time::Duration};

/// Applies the variables that are set. A malformed one changes nothing, and gives a warning.
pub(super) fn apply(builder: &mut Builder, var: impl Fn(&str) -> Option<OsString>) -> Vec<Warning> {
    variables::apply(&VARIABLES, builder, var)
}

const PAIRS: &str = "key=value pairs separated by commas, percent-encoded";
const MILLISECONDS: &str = "a whole number of milliseconds above 0";
const URL: &str = "a URL that begins with http:// or https://";
const PROTOCOL: &str = "http/protobuf, which is what perfkit speaks";
const FILE: &str = "the path of a file of certificates in PEM";
const COMPRESSION: &str = "gzip or none";

/// Those of metrics alone come after those of all signals, and so win.
const VARIABLES: [Variable<Builder>; 16] = [
    secret("OTEL_EXPORTER_OTLP_ENDPOINT", URL, |builder, url| {
        builder.endpoint = Some(Endpoint::under(url)?);
        Some(())
    }),
    secret("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", URL, |builder, url| {
        builder.endpoint = Some(Endpoint::parse(url)?);
        Some(())
    }),
    secret("OTEL_EXPORTER_OTLP_HEADERS", PAIRS, set_headers),
    secret("OTEL_EXPORTER_OTLP_METRICS_HEADERS", PAIRS, set_headers),
    open("OTEL_EXPORTER_OTLP_CERTIFICATE", FILE, set_certificate),
    open("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", FILE, set_certificate),
    open("OTEL_EXPORTER_OTLP_TIMEOUT", MILLISECONDS, set_timeout),
    open("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", MILLISECONDS, set_timeout),
    open("OTEL_EXPORTER_OTLP_COMPRESSION", COMPRESSION, set_compression),
    open("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", COMPRESSION, set_compression),
    open("OTEL_EXPORTER_OTLP_PROTOCOL", PROTOCOL, is_protocol),
    open("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", PROTOCOL, is_protocol),
    open("OTEL_METRIC_EXPORT_INTERVAL", MILLISECONDS, |builder, text| {
        builder.interval = milliseconds(text)?;
        Some(())
    }),
    open("OTEL_METRIC_EXPORT_TIMEOUT", MILLISECONDS, |builder, text| {
        builder.export_timeout = milliseconds(text)?;
        Some(())
    }),
    open("OTEL_RESOURCE_ATTRIBUTES", PAIRS, |builder, text| {
        let pairs = pairs::parse(text)?;
        pairs.into_iter().for_each(|(key, value)| builder.resource.set(key, value));
        Some(())
    }),
    // It wins over the `service.name` of the attributes.
    open("OTEL_SERVICE_NAME", "a name", |builder, text| {
        builder.resource.set("service.name".into(), text.into());
        Some(())
    }),
];

type Apply = fn(&mut Builder, &str) -> Option<()>;

const fn open(name: &'static str, accepts: &'static str, apply: Apply) -> Variable<Builder> {
    Variable { name, accepts, is_secret: false, apply }
}

const fn secret(name: &'static str, accepts: &'static str, apply: Apply) -> Variable<Builder> {
    Variable { name, accepts, is_secret: true, apply }
}

/// All of them, or none.
fn set_headers(builder: &mut Builder, text: &str) -> Option<()> {
    let pairs = pairs::parse(text)?;
    pairs.iter().try_for_each(|(name, value)| headers::checked(name, value).map(|_| ())).ok()?;
    pairs.into_iter().for_each(|(name, value)| builder.headers.set(name, value));
    Some(())
}

fn set_certificate(builder: &mut Builder, path: &str) -> Option<()> {
    builder.authorities = Some(std::fs::read_to_string(path).ok()?);
    Some(())
}

fn set_timeout(builder: &mut Builder, text: &str) -> Option<()> {
    builder.timeout = milliseconds(text)?;
    Some(())
}

fn set_compression(builder: &mut Builder, text: &str) -> Option<()> {
    builder.gzip = match text.to_ascii_lowercase().as_str() {
        "gzip" => true,
        "none" => false,
        _ => return None,
    };
    Some(())
}

fn is_protocol(_: &mut Builder, text: &str) -> Option<()> {
    text.eq_ignore_ascii_case("http/protobuf").then_some(())
}

fn milliseconds(text: &str) -> Option<Duration> {
    let some = text.parse().ok().filter(|milliseconds| *milliseconds > 0)?;
    Some(bounded(Duration::from_millis(some)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(variables: &[(&str, &str)]) -> (Builder, Vec<Warning>) {
        let mut builder = Builder::new();
        let of = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let warnings = apply(&mut builder, |name| of(name).map(|(_, value)| value.into()));
        (builder, warnings)
    }

    #[test]
    fn each_variable_sets_its_setting() {
        let (builder, warnings) = applied(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://one:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b,x=1"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "X=2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "700"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "GZIP"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
            ("OTEL_METRIC_EXPORT_TIMEOUT", "400"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=a%2Cb"),
            ("OTEL_SERVICE_NAME", "shop"),
        ]);
        assert_eq!(warnings, [""; 0]);
        assert_eq!(builder.endpoint.unwrap().to_string(), "http://one:4318/v1/metrics");
        let headers = builder.headers.checked().unwrap();
        assert_eq!(
            (&headers["api-key"], &headers["x"]),
            (&"a b".parse().unwrap(), &"2".parse().unwrap())
        );
        let times = [builder.timeout, builder.interval, builder.export_timeout];
        assert_eq!(times.map(|time| time.as_millis()), [700, 250, 400]);
        assert!(builder.gzip);
        assert_eq!(builder.resource.get("service.name").unwrap(), "shop");
        assert_eq!(builder.resource.get("team").unwrap(), "a,b");
    }

    #[test]
    fn those_of_metrics_win_and_their_url_is_as_it_is() {
        let (builder, _) = applied(&[
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://two/in"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://one"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2"),
        ]);
        assert_eq!(builder.endpoint.unwrap().to_string(), "http://two/in");
        assert_eq!(builder.timeout, Duration::from_millis(1));
    }

    #[test]
    fn a_malformed_value_is_named_and_changes_nothing() {
        let before = format!("{:?}", Builder::new());
        for variable in VARIABLES.iter().filter(|variable| variable.accepts != "a name") {
            let (builder, warnings) = applied(&[(variable.name, "0s3cret%")]);
            assert_eq!(warnings.len(), 1, "{}", variable.name);
            assert!(warnings[0].contains(variable.name) && warnings[0].contains(variable.accepts));
            assert_eq!(warnings[0].contains("s3cret"), !variable.is_secret, "{}", warnings[0]);
            assert_eq!(format!("{builder:?}"), before);
        }
        for (name, value) in [
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "good=1,bad name=2"),
            ("OTEL_RESOURCE_ATTRIBUTES", "good=1,bad"),
        ] {
            let (builder, warnings) = applied(&[(name, value)]);
            assert_eq!((warnings.len(), format!("{builder:?}")), (1, before.clone()), "{name}");
        }
    }

    #[test]
    fn an_empty_value_is_as_if_not_set() {
        assert!(VARIABLES.iter().all(|variable| applied(&[(variable.name, "")]).1.is_empty()));
    }
}
