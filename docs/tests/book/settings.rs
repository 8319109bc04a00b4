//! Whether TOML in the book is what perfkit, or cargo, takes.

use crate::markdown::{pages, read, root};
use perfkit::monitor::config::Config;
use toml::{Table, Value};

#[test]
fn settings_and_dependencies_are_understood() {
    let manifest: Table = read(&root().join("Cargo.toml")).parse().expect("cargo reads it");
    let (mut settings, mut dependencies) = (0, 0);
    for page in pages() {
        for block in page.blocks("toml") {
            let at = format!("{}:{}", page.name(), block.line);
            let table: Table = block.text.parse().unwrap_or_else(|error| panic!("{at}: {error}"));
            if let Some(wanted) = table.get("dependencies") {
                dependencies += 1;
                check(wanted, &manifest).unwrap_or_else(|why| panic!("{at}: {why}"));
            } else {
                settings += 1;
                Config::from_toml(&block.text).unwrap_or_else(|error| panic!("{at}: {error}"));
            }
        }
    }
    assert!(settings >= 4 && dependencies >= 2, "{settings} settings, {dependencies} dependencies");
}

/// perfkit in a version there is, with features there are.
fn check(dependencies: &Value, manifest: &Table) -> Result<(), String> {
    let Some(perfkit) = dependencies.get("perfkit") else { return Ok(()) };
    let version = perfkit.as_str().or_else(|| perfkit.get("version")?.as_str());
    let current = manifest["workspace"]["package"]["version"].as_str().unwrap_or_default();
    if !version.is_some_and(|version| current.starts_with(version)) {
        return Err(format!("version {version:?}, where {current} is current"));
    }
    let features = perfkit.get("features").and_then(Value::as_array);
    for feature in features.into_iter().flatten().filter_map(Value::as_str) {
        if manifest["features"].get(feature).is_none() {
            return Err(format!("perfkit has no feature {feature}"));
        }
    }
    Ok(())
}
