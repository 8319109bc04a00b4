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
/// (<https://github.github.com/gfm/#backslash-escapes>).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        let needs = c.is_ascii_punctuation() && !".,:;%/-?'\"=".contains(c);
        out.extend(needs.then_some('\\'));
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(escaped("a|b\n<b>*_`"), r"a\|b\\u\{a\}\<b\>\*\_\`");
    }
}
