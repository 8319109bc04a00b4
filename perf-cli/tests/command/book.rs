//! What the book and other pages have people type.

use crate::support::perfkit;
use std::{
    fs,
    path::{Path, PathBuf},
};

const PAGES: [&str; 3] = ["README.md", "perf-cli/README.md", "deploy/README.md"];
const BOOK: &str = "docs/src";

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let chapters = fs::read_dir(root.join(BOOK)).unwrap().map(|entry| entry.unwrap().path());
    let chapters = chapters.filter(|path| path.extension().is_some_and(|end| end == "md"));
    PAGES.map(|page| root.join(page)).into_iter().chain(chapters).collect()
}

/// The arguments in `$ perfkit …`, before a comment and what a shell makes of the rest.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let (_, command) = line.strip_prefix("$ ")?.split_once("perfkit ")?;
    let is_ours = !line.contains("cargo ");
    let words = command.split_whitespace().take_while(|word| !["#", "&", ">", "|"].contains(word));
    is_ours.then(|| words.collect())
}

#[test]
fn what_pages_have_people_type_is_accepted() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for mut typed in text.lines().filter_map(arguments) {
            seen += 1;
            // All arguments before it are read, and nothing is done.
            let own = typed.iter().position(|word| *word == "--").unwrap_or(typed.len());
            typed.insert(own, "--help");
            let said = perfkit(typed.iter().copied()).output().unwrap();
            let error = String::from_utf8_lossy(&said.stderr).into_owned();
            assert!(said.status.success(), "{}: {typed:?}: {error}", page.display());
        }
    }
    assert!(seen >= 20, "{seen} commands");
}
