//! All of the watcher from one file and the environment.
//!
//! A setting is looked for in four places, and the last that has it has the last word:
//!
//! 1. perfkit's defaults,
//! 2. the program's own, [`Config::load_over`],
//! 3. the TOML file that the variable `PERFKIT_CONFIG` names,
//! 4. the environment.
//!
//! So whoever runs a program can change what its author has set. Settings are merged one by one; lists are
//! not joined. [`example`] is a file with all of them. Durations are text such as `"1m30s"`, or
//! numbers of seconds.
//!
//! ```
//! use perf_monitor::config::Config;
//! use std::time::Duration;
//!
//! let config = Config::from_toml("interval = \"1m30s\"\n[system]\nprobes = [\"db:5432\"]")?;
//! assert_eq!(config.interval, Duration::from_secs(90));
//! assert_eq!(config.windows.len(), 3);
//!
//! let error = Config::from_toml("[report]\ninterval = \"soon\"").unwrap_err();
//! assert!(error.to_string().starts_with("line 2: report.interval: expected a duration"));
//! # Ok::<(), perf_monitor::config::ConfigError>(())
//! ```

mod error;
mod settings;
mod values;

pub use error::ConfigError;
pub use settings::{
    AlertmanagerSettings, Config, HttpSettings, LogSettings, NotifySettings, ReportSettings,
    ReportStyle, SlackSettings, StoreSettings, SystemSettings, WebhookSettings,
};

use confique::{Config as _, Layer as _};
use std::path::{Path, PathBuf};

type Layer = <Config as confique::Config>::Layer;

/// The variable that names the file.
const FILE: &str = "PERFKIT_CONFIG";

impl Config {
    /// The settings of the file and the environment, over the defaults.
    ///
    /// # Errors
    ///
    /// The file is named but cannot be read; something in it or in the environment is not understood.
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_over("")
    }

    /// The same over the program's own settings, written as in a file.
    ///
    /// ```
    /// let config = perf_monitor::config::Config::load_over("interval = \"10s\"")?;
    /// # Ok::<(), perf_monitor::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load), and what is wrong with the program's own.
    pub fn load_over(own: &str) -> Result<Self, ConfigError> {
        let named = std::env::var_os(FILE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let file = named.map_or_else(|| Ok(Layer::empty()), |path| read(&path))?;
        let own = parse(own, None)?;
        let environment = Layer::from_env()?;
        finished(environment.with_fallback(file).with_fallback(own))
    }

    /// The settings of a file that is given as text, over the defaults, without the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the line and the key, and says what is allowed.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        finished(parse(text, None)?)
    }
}

fn finished(layer: Layer) -> Result<Config, ConfigError> {
    Ok(Config::from_layer(layer.with_fallback(Layer::default_values()))?)
}

fn read(path: &Path) -> Result<Layer, ConfigError> {
    parse(&values::read(path)?, Some(path))
}

fn parse(text: &str, file: Option<&Path>) -> Result<Layer, ConfigError> {
    let document = match toml::Deserializer::parse(text) {
        Ok(document) => document,
        Err(error) => return Err(ConfigError::in_text(text, file, "", &error)),
    };
    serde_path_to_error::deserialize(document)
        .map_err(|error| ConfigError::in_text(text, file, &error.path().to_string(), error.inner()))
}

/// A file with all settings, each with what it does and its default, all of them commented out.
///
/// ```
/// let example = perf_monitor::config::example();
/// assert!(example.contains("\n#interval = \"1m\"\n"));
/// assert!(perf_monitor::config::Config::from_toml(&example).is_ok());
/// ```
#[must_use]
pub fn example() -> String {
    confique::toml::template::<Config>(confique::toml::FormatOptions::default())
}
