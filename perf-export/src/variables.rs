//! Settings from environment variables, which win over the program's own: whoever runs a program has the
//! last word.

use std::ffi::OsString;

/// What was wrong with a variable, as a line for people.
pub(crate) type Warning = String;

/// A variable, and what it sets.
pub(crate) struct Variable<Settings> {
    pub(crate) name: &'static str,
    /// What it accepts, as said to people.
    pub(crate) accepts: &'static str,
    /// Whether its value is kept out of warnings.
    pub(crate) is_secret: bool,
    /// `None` if the text is not that.
    pub(crate) apply: fn(&mut Settings, &str) -> Option<()>,
}

/// Applies the variables that are set, in order. An empty one is as if not set; a malformed one changes
/// nothing, and gives a warning.
pub(crate) fn apply<Settings>(
    variables: &[Variable<Settings>],
    settings: &mut Settings,
    var: impl Fn(&str) -> Option<OsString>,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for variable in variables {
        let Some(value) = var(variable.name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let applied = value.to_str().and_then(|text| (variable.apply)(settings, text.trim()));
        if applied.is_none() {
            let value = if variable.is_secret { "…".into() } else { value.display().to_string() };
            warnings.push(format!(
                "perfkit: {}=\"{value}\" is not understood and ignored: expected {}",
                variable.name, variable.accepts,
            ));
        }
    }
    warnings
}
