//! `PERFKIT_*` variables: read once, at `init()`, over what the program set.

use super::{Builder, Format, Output};
use crate::variables::{self, Variable, Warning};
use std::{env, ffi::OsString, path::PathBuf};

/// Applies the variables that are set. A malformed one changes nothing, and gives a warning.
pub(crate) fn apply(builder: &mut Builder) -> Vec<Warning> {
    apply_from(builder, |name| env::var_os(name))
}

fn apply_from(builder: &mut Builder, var: impl Fn(&str) -> Option<OsString>) -> Vec<Warning> {
    variables::apply(&VARIABLES, builder, var)
}

const VARIABLES: [Variable<Builder>; 9] = [
    Variable {
        name: "PERFKIT_ENABLED",
        accepts: "1 or 0",
        is_secret: false,
        apply: |_, text| switch(text).map(perf_core::set_enabled),
    },
    Variable {
        name: "PERFKIT_PERCENTILES",
        accepts: "numbers from 0 to 100 separated by commas, such as 50,95,99.9",
        is_secret: false,
        apply: |builder, text| {
            let percentile = |text: &str| {
                text.trim().parse().ok().filter(|value: &f64| (0.0..=100.0).contains(value))
            };
            let all: Vec<_> = text.split(',').map(percentile).collect::<Option<_>>()?;
            builder.shown.set_percentiles(&all);
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_SORT",
        accepts: "one of total, self, calls, mean, max, errors, name",
        is_secret: false,
        apply: |builder, text| {
            builder.shown.sort = text.parse().ok()?;
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_LIMIT",
        accepts: "a whole number of operations",
        is_secret: false,
        apply: |builder, text| {
            builder.shown.limit = text.parse().ok()?;
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_OUTPUT",
        accepts: "stderr, stdout, or paths of files, separated by commas",
        is_secret: false,
        apply: |builder, text| {
            let output = |text: &str| match text.trim() {
                "" => None,
                "stderr" => Some(Output::Stderr),
                "stdout" => Some(Output::Stdout),
                path => Some(Output::File(PathBuf::from(path))),
            };
            builder.outputs = text.split(',').map(output).collect::<Option<_>>()?;
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_FORMAT",
        accepts: "one of table, json, none",
        is_secret: false,
        apply: |builder, text| {
            builder.shown.format = match text {
                "table" => Format::Table,
                "json" => Format::Json,
                "none" => Format::None,
                _ => return None,
            };
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_PRECISION",
        accepts: "a number of significant digits from 1 to 5",
        is_secret: false,
        apply: |builder, text| {
            builder.precision = Some(text.parse().ok().filter(|digits| (1..=5).contains(digits))?);
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_LEVEL",
        accepts: "one of off, error, warn, info, debug, trace",
        is_secret: false,
        apply: |builder, text| {
            builder.level = Some(text.parse().ok()?);
            Some(())
        },
    },
    Variable {
        name: "PERFKIT_SIGNALS",
        accepts: "1 or 0",
        is_secret: false,
        apply: |builder, text| {
            builder.signals = switch(text)?;
            Some(())
        },
    },
];

fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "on" | "yes" => Some(true),
        "0" | "false" | "off" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Sort;

    fn apply_one(name: &str, value: &str) -> (Builder, Vec<Warning>) {
        let mut builder = Builder::default();
        let warnings = apply_from(&mut builder, |asked| (asked == name).then(|| value.into()));
        (builder, warnings)
    }

    #[test]
    fn each_variable_sets_its_setting() {
        assert_eq!(apply_one("PERFKIT_PERCENTILES", "50, 99.9").0.shown.percentiles, [50.0, 99.9]);
        let repeated = apply_one("PERFKIT_PERCENTILES", "50,99,50.0,0,-0").0;
        assert_eq!(repeated.shown.percentiles, [50.0, 99.0, 0.0]);
        assert_eq!(apply_one("PERFKIT_SORT", "self").0.shown.sort, Sort::SelfTime);
        assert_eq!(apply_one("PERFKIT_LIMIT", "7").0.shown.limit, 7);
        assert_eq!(apply_one("PERFKIT_PRECISION", "2").0.precision, Some(2));
        assert_eq!(apply_one("PERFKIT_FORMAT", "json").0.shown.format, Format::Json);
        assert!(apply_one("PERFKIT_SIGNALS", "on").0.signals);
        assert!(
            matches!(&*apply_one("PERFKIT_OUTPUT", "a/b, stdout").0.outputs, [Output::File(path), Output::Stdout] if path.ends_with("b"))
        );
        assert!(apply_one("PERFKIT_LEVEL", "info").0.level.is_some());
    }

    #[test]
    fn a_malformed_value_is_named_and_changes_nothing() {
        for variable in &VARIABLES {
            let (builder, warnings) = apply_one(variable.name, "12ab,");
            assert_eq!(warnings.len(), 1, "{}", variable.name);
            for part in [variable.name, "\"12ab,\"", variable.accepts] {
                assert!(warnings[0].contains(part), "{}", warnings[0]);
            }
            assert_eq!(format!("{builder:?}"), format!("{:?}", Builder::default()));
        }
        assert_eq!(apply_one("PERFKIT_PERCENTILES", "50,101").1.len(), 1);
        assert_eq!(apply_one("PERFKIT_PERCENTILES", "nan").1.len(), 1);
        assert_eq!(apply_one("PERFKIT_PRECISION", "6").1.len(), 1);
    }

    #[test]
    fn an_empty_value_is_as_if_not_set() {
        assert!(VARIABLES.iter().all(|variable| apply_one(variable.name, "").1.is_empty()));
    }
}
