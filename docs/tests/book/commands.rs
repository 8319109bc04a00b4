//! Whether what cargo is asked for in a console exists: examples and packages. perfkit's own commands are
//! tried by perf-cli's tests.

use crate::markdown::{pages, read, root};

/// The lines of all console blocks that somebody types, each without comments and variables.
fn typed() -> Vec<(String, Vec<String>)> {
    let mut lines = Vec::new();
    for page in pages() {
        for block in page.blocks("console") {
            for line in block.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
                let line = line.split(" # ").next().unwrap_or(line).trim().trim_end_matches('&');
                let words = line.split_whitespace().map(ToOwned::to_owned);
                let words = words.skip_while(|word| word.contains('=') && !word.starts_with('-'));
                lines.push((format!("{}:{}", page.name(), block.line), words.collect()));
            }
        }
    }
    lines
}

#[test]
fn examples_and_packages_that_cargo_is_asked_for_exist() {
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().expect("cargo reads it");
    let members = manifest["workspace"]["members"].as_array().expect("there are some");
    let folders = members.iter().filter_map(toml::Value::as_str);
    let packages: Vec<_> = folders.filter(|folder| !folder.contains('*')).map(package).collect();
    for (at, words) in typed().iter().filter(|(_, words)| words[0] == "cargo") {
        for pair in words.windows(2) {
            match &pair[0][..] {
                "--example" => {
                    let path = root().join("examples").join(&pair[1]).with_extension("rs");
                    assert!(path.exists(), "{at}: no example {}", pair[1]);
                }
                "-p" | "--package" => {
                    assert!(packages.contains(&pair[1]), "{at}: no package {}", pair[1]);
                }
                _ => {}
            }
        }
    }
}

fn package(member: &str) -> String {
    let manifest: toml::Table =
        read(&root().join(member).join("Cargo.toml")).parse().expect("cargo reads it");
    manifest["package"]["name"].as_str().expect("it has a name").to_owned()
}
