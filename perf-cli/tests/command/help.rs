//! What the command says of itself.

use crate::support::{Folder, perfkit, printed, wrong};
use std::fs;

const COMMANDS: [&str; 12] = [
    "top",
    "report",
    "compare",
    "export",
    "flame",
    "graph",
    "run",
    "check",
    "config",
    "demo",
    "completions",
    "man",
];

#[test]
fn every_command_is_listed_and_has_help() {
    let all = printed(["--help"]);
    assert!(all.contains("Exit codes: 0 all is well"));
    for command in COMMANDS {
        assert!(all.contains(&format!("\n  {command} ")), "{command}");
        let help = printed([command, "--help"]);
        assert!(help.contains(&format!("Usage: perfkit {command}")), "{help}");
    }
    for command in ["example", "validate", "rules"] {
        assert!(printed(["config", command, "--help"]).contains("Usage: perfkit config"));
    }
}

#[test]
fn unknown_arguments_end_with_2_and_say_what_is_known() {
    for arguments in [&["reprot"][..], &["report", "--what"], &["run"], &["report"], &[]] {
        perfkit(arguments.iter().copied()).assert().code(2).stdout("");
    }
    let said = perfkit(["reprot"]).output().unwrap().stderr;
    assert!(String::from_utf8(said).unwrap().contains("'report'"));
}

#[test]
fn the_version_is_the_package_s() {
    assert_eq!(printed(["--version"]), format!("perfkit {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn shells_and_man_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(["completions", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
    let page = printed(["man"]);
    assert!(page.contains(".TH perfkit 1"));
    assert!(page.contains("Exit codes"));
    let folder = Folder::new();
    printed(["man", "--output", &folder.name("")]);
    let page = fs::read_to_string(folder.path("perfkit-compare.1")).unwrap();
    assert!(page.contains("fail") && page.contains("significance"), "{page}");
    assert!(wrong(["man", "--output", "no/such/folder"]).contains("no/such/folder: No such file"));
}
