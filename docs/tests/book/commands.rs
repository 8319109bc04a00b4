//! Whether what is typed into a console exists: commands of perfkit with their long flags, examples and
//! benches that cargo is asked for.

use crate::markdown::{pages, read, root};
use std::{collections::HashMap, process::Command};

/// What perfkit says of one of its commands.
#[derive(Default)]
struct Helps(HashMap<String, String>);

impl Helps {
    fn of(&mut self, command: &str) -> &str {
        self.0.entry(command.to_owned()).or_insert_with(|| help(command))
    }
}

fn help(command: &str) -> String {
    // The binary of another package: cargo knows where it is, and whether it is new.
    let cargo = ["run", "--quiet", "--package", "perf-cli", "--", "help"];
    let words = command.split_whitespace();
    let run = Command::new(env!("CARGO")).args(cargo).args(words).current_dir(root()).output();
    let run = run.expect("cargo is there");
    assert!(run.status.success(), "perfkit {command}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("help is text")
}

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
fn commands_of_perfkit_and_their_flags_exist() {
    let mut helps = Helps::default();
    let mut seen = 0;
    for (at, words) in typed().iter().filter(|(_, words)| words[0] == "perfkit") {
        seen += 1;
        let command = match &words[1][..] {
            "config" => words[1..3].join(" "),
            command => command.to_owned(),
        };
        let help = helps.of(&command);
        // What follows `--` is somebody else's.
        let own = words.iter().take_while(|word| *word != "--");
        for flag in own.filter(|word| word.starts_with("--")) {
            let flag = flag.split('=').next().unwrap_or(flag);
            let is_there = help.split([' ', ',', '\n', '[', '=']).any(|word| word == flag);
            assert!(is_there, "{at}: perfkit {command} has no {flag}");
        }
    }
    assert!(seen >= 15, "{seen} commands");
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
