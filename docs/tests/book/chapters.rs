//! Whether each chapter is in the table of contents, and its code among what is compiled.

use crate::markdown::{Page, chapters, read, root};
use std::collections::BTreeSet;

#[test]
fn each_chapter_is_listed_and_compiled_once() {
    let library = read(&root().join("docs/lib.rs"));
    let listed = Page::at(root().join("docs/src/SUMMARY.md")).links();
    for chapter in chapters() {
        let file = chapter.path.file_name().and_then(|name| name.to_str()).expect("it has a name");
        let count = listed.iter().filter(|link| *link == file).count();
        assert_eq!(count, 1, "{file} in SUMMARY.md");
        let included = library.matches(&format!("\"src/{file}\"")).count();
        assert_eq!(included, 1, "{file} in lib.rs");
    }
    let unique: BTreeSet<_> = listed.iter().collect();
    assert_eq!(unique.len(), listed.len(), "SUMMARY.md lists each once");
}

/// Blocks may be compiled and not run, but none may be left out.
#[test]
fn no_rust_block_is_ignored() {
    for chapter in chapters() {
        for block in chapter.blocks("rust") {
            let (name, line) = (chapter.name(), block.line);
            assert!(!block.info.contains("ignore"), "{name}:{line}");
        }
    }
}
