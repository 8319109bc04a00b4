//! Pages, and what is in them.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Pages outside the book whose links are looked at, too.
const OTHERS: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benches/README.md",
    "perf-cli/README.md",
    "deploy/README.md",
];

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is a folder of the workspace").into()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) struct Page {
    pub(crate) path: PathBuf,
    text: String,
}

/// A fenced block: its words, and what is in it.
pub(crate) struct Block {
    pub(crate) info: String,
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Page {
    pub(crate) fn at(path: PathBuf) -> Self {
        let text = read(&path);
        Self { path, text }
    }

    /// Its place, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string()
    }

    fn parser(&self) -> impl Iterator<Item = (Event<'_>, usize)> {
        let parser = Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter();
        parser.map(|(event, at)| (event, self.text[..at.start].lines().count() + 1))
    }

    /// Its blocks whose first word is this.
    pub(crate) fn blocks(&self, language: &str) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (event, line) in self.parser() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    open = Some(Block { info: info.to_string(), text: String::new(), line });
                }
                Event::Text(text) => {
                    if let Some(block) = &mut open {
                        block.text.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
                _ => {}
            }
        }
        blocks.retain(|block| block.info.split(',').next() == Some(language));
        blocks
    }

    /// Where its links and images lead.
    pub(crate) fn links(&self) -> Vec<String> {
        let link = |event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.to_string())
            }
            _ => None,
        };
        self.parser().filter_map(|(event, _)| link(event)).collect()
    }

    /// The text of its headings.
    pub(crate) fn headings(&self) -> Vec<String> {
        let mut headings = Vec::new();
        let mut open: Option<String> = None;
        for (event, _) in self.parser() {
            match event {
                Event::Start(Tag::Heading { .. }) => open = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut open {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => headings.extend(open.take()),
                _ => {}
            }
        }
        headings
    }

    /// The anchors of its headings, as GitHub and mdBook make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut seen = HashMap::new();
        let anchor = |heading: String| {
            let id: String = heading.trim().chars().filter_map(of_anchor).collect();
            let times = seen.entry(id.clone()).and_modify(|times| *times += 1).or_insert(0);
            if *times == 0 { id } else { format!("{id}-{times}") }
        };
        self.headings().into_iter().map(anchor).collect()
    }
}

fn of_anchor(char: char) -> Option<char> {
    match char {
        ' ' => Some('-'),
        '-' | '_' => Some(char),
        _ => char.is_alphanumeric().then(|| char.to_lowercase().next()).flatten(),
    }
}

/// The chapters, SUMMARY.md not among them.
pub(crate) fn chapters() -> Vec<Page> {
    let files = fs::read_dir(root().join("docs/src")).expect("the book is there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    let mut paths: Vec<_> = paths.filter(|path| is_chapter(path)).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(Page::at).collect()
}

fn is_chapter(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "md") && !path.ends_with("SUMMARY.md")
}

/// All pages.
pub(crate) fn pages() -> Vec<Page> {
    let summary = Page::at(root().join("docs/src/SUMMARY.md"));
    let others = OTHERS.iter().map(|other| Page::at(root().join(other)));
    chapters().into_iter().chain([summary]).chain(others).collect()
}
