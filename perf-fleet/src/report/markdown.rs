//! A page as GitHub Flavored Markdown, <https://github.github.com/gfm/>.

use super::page::{Content, Page};
use perf_core::human::printable;

pub(super) fn write(page: &Page) -> String {
    let mut text = format!("# {}\n", escaped(&page.title));
    for section in &page.sections {
        if !section.title.is_empty() {
            text.extend(["\n## ", section.title, "\n"]);
        }
        text.push('\n');
        match &section.content {
            Content::List(items) => {
                text.extend(items.iter().map(|item| format!("- {}\n", escaped(item))));
            }
            Content::Table { titles, rows } => {
                text += &row(titles.iter().map(|title| (*title).to_owned()));
                text += &row(titles.iter().map(|_| "---".to_owned()));
                text.extend(rows.iter().map(|cells| row(cells.iter().map(|cell| escaped(cell)))));
            }
        }
    }
    text
}

fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Text that stands for itself: any ASCII punctuation may be escaped
/// (<https://github.github.com/gfm/#backslash-escapes>), and what is harmless stays readable in the file.
fn escaped(text: &str) -> String {
    let text = printable(text);
    let mut out = String::with_capacity(text.len());
    let (mut before, mut rest) = (' ', text.chars());
    while let Some(c) = rest.next() {
        // Inside a word, `_` is no emphasis.
        let after = rest.clone().next().unwrap_or(' ');
        let inside = c == '_' && before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
        let needs = c.is_ascii_punctuation() && !".,:;%/-?'\"=".contains(c) && !inside;
        out.extend(needs.then_some('\\'));
        out.push(c);
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(escaped("a|b\n<b>*_`"), r"a\|b\\u\{a\}\<b\>\*\_\`");
        assert_eq!(escaped("AGENT_54 _b_"), r"AGENT_54 \_b\_");
    }
}
