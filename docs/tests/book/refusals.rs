//! Whether the chapter on the macro's options has them all, and quotes what it is refused with.

use crate::markdown::{Page, read, root};
use std::fs;

fn chapter() -> Page {
    Page::at(root().join("docs/src/macro-options.md"))
}

/// What the compiler is known to say, by the tests of the macros.
fn known() -> String {
    let files = fs::read_dir(root().join("tests/ui/fail")).expect("the tests are there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    let expected = paths.filter(|path| path.extension().is_some_and(|end| end == "stderr"));
    expected.map(|path| read(&path)).collect()
}

#[test]
fn quoted_errors_are_those_of_the_macro() {
    let known = known();
    let blocks = chapter().blocks("text");
    let quoted: Vec<_> = blocks.iter().flat_map(|block| block.text.lines()).collect();
    assert!(quoted.len() > 30, "{} errors", quoted.len());
    for error in quoted {
        assert!(error.starts_with("error: "), "{error}");
        assert!(known.lines().any(|line| line == error), "nobody is told: {error}");
    }
}

/// Every option that the macro allows has a heading.
#[test]
fn each_option_has_its_place() {
    let known = known();
    let allowed = known.lines().find(|line| line.starts_with("error: unknown option `nmae`"));
    let (_, allowed) = allowed.expect("it says what is allowed").split_once("in quotes, ").unwrap();
    let headings = chapter().headings();
    for option in allowed.split(", ").map(|option| option.trim_matches('`')) {
        let is_of = |heading: &String| {
            heading.split(|char: char| !char.is_alphanumeric() && char != '_').any(|w| w == option)
        };
        assert!(headings.iter().any(is_of), "no heading has `{option}`");
    }
}
