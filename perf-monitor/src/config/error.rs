//! What is wrong with the settings.

use std::{
    error::Error as _,
    fmt::{self, Display},
    path::{Path, PathBuf},
};

/// Settings are not understood. It names the file, the line and the key or the variable, and says what is
/// allowed; never a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, if it is one's.
    pub file: Option<PathBuf>,
    /// The line, from 1 on.
    pub line: Option<usize>,
    /// The key, such as `report.interval`, or the variable.
    pub key: Option<String>,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl ConfigError {
    /// A file that is of no use.
    pub(super) fn of_file(path: &Path, message: String) -> Self {
        Self { file: Some(path.to_owned()), line: None, key: None, message }
    }

    /// What is wrong at a key of a text.
    pub(super) fn in_text(
        text: &str,
        file: Option<&Path>,
        key: &str,
        error: &toml::de::Error,
    ) -> Self {
        let span = error.span().unwrap_or_default();
        // The error does not say which, but where.
        let is_twice = error.message() == "duplicate key";
        let key = if is_twice { text.get(span.clone()).unwrap_or(key) } else { key };
        let before = text.get(..span.start).filter(|_| error.span().is_some());
        Self {
            file: file.map(Path::to_owned),
            line: before.map(|before| before.matches('\n').count() + 1),
            key: Some(key.to_owned()).filter(|key| !key.is_empty() && key != "."),
            message: without_values(error.message()),
        }
    }
}

/// serde says `invalid type: string "abc", expected a boolean`, a rule `"abc": expected a number`.
fn without_values(message: &str) -> String {
    const OF_VALUES: [&str; 5] =
        ["invalid ", "unknown variant ", "unknown measure ", "unknown severity ", "\""];
    let is_of_value = OF_VALUES.iter().any(|start| message.starts_with(start));
    // The last: the value may say anything.
    match message.rsplit_once("expected ") {
        Some((_, expected)) if is_of_value => format!("expected {}", in_words_of_toml(expected)),
        _ => message.replacen("unknown field", "unknown key", 1),
    }
}

fn in_words_of_toml(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "a table",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    }
}

impl From<confique::Error> for ConfigError {
    /// Of a variable: files are read apart from it.
    fn from(error: confique::Error) -> Self {
        let said = error.to_string();
        let variable = said
            .split_once("environment variable `")
            .and_then(|(_, after)| after.split('`').next());
        let why = error.source().map(ToString::to_string);
        let why = why.unwrap_or_else(|| said.rsplit(": ").next().unwrap_or(&said).to_owned());
        Self { file: None, line: None, key: variable.map(str::to_owned), message: why }
    }
}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
