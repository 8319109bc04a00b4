//! The summary as GitHub's tables, for a pull request or a wiki.
//!
//! Tables are as GitHub Flavored Markdown has them
//! (<https://github.github.com/gfm/#tables-extension->): names to the left, figures to the right.

use perf_core::{Snapshot, Summary, SummaryTable};

/// The [summary](Summary) of a snapshot: a table of the operations by total time, then one of the
/// counters and gauges, then one of the distributions, those that have rows, each with notes on what
/// its figures rest on.
///
/// `percentiles` (each 0 to 100, others are left out) are the columns between minimum and maximum.
/// Names are code spans, for GitHub makes an emoji of `a::key::b`, and links of much else. What
/// cannot be seen is shown as by [`printable`](perf_core::human::printable); other text is escaped.
///
/// ```
/// let registry = perf_core::Registry::new();
/// registry.record("parse|quote", std::time::Duration::from_millis(2));
/// let text = perf_export::markdown::write(&registry.snapshot(), &[99.0]);
/// assert!(text.starts_with("| operation | calls |"));
/// assert!(text.contains(r"| `parse\|quote` | 1 | 0 | 2.00 ms | 100.0 % |"));
/// ```
#[must_use]
pub fn write(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    let tables = Summary::new(snapshot.clone()).percentiles(percentiles).tables();
    if tables.is_empty() {
        return "No timed operation has been called.\n".to_owned();
    }
    tables.iter().map(table).collect::<Vec<_>>().join("\n")
}

fn table(table: &SummaryTable) -> String {
    let rule = (0..table.titles.len()).map(|at| if at == 0 { ":--" } else { "--:" }.to_owned());
    let mut text = row(table.titles.iter().map(|title| escaped(title))) + &row(rule);
    text.extend(table.rows.iter().map(|cells| {
        let name = cells.iter().take(1).map(|name| code(name));
        row(name.chain(cells.iter().skip(1).map(|figure| escaped(figure))))
    }));
    text.push_str(if table.notes.is_empty() { "" } else { "\n" });
    text.extend(table.notes.iter().map(|note| format!("- {}\n", escaped(note))));
    text
}

fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// A code span for a table's cell: between more backticks than the text has in a row
/// (<https://github.github.com/gfm/#code-spans>), and with its pipes escaped.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space at each end is taken off: for a backtick there, and for spaces that are to stay.
    let ends = |c| text.starts_with(c) || text.ends_with(c);
    let pad = if ends('`') || (ends(' ') && !text.trim().is_empty()) { " " } else { "" };
    let text = text.replace('|', "\\|");
    if text.is_empty() { text } else { format!("{fence}{pad}{text}{pad}{fence}") }
}

/// Text that stands for itself: any ASCII punctuation may be escaped
/// (<https://github.github.com/gfm/#backslash-escapes>); what is harmless stays readable in the file.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        let needs = c.is_ascii_punctuation() && !".,:;%/-?'\"(){}=".contains(c);
        out.extend(needs.then_some('\\'));
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_core::Registry;
    use std::time::Duration;

    #[test]
    fn an_empty_snapshot_says_so() {
        assert_eq!(
            write(&Registry::new().snapshot(), &[50.0]),
            "No timed operation has been called.\n"
        );
    }

    #[test]
    fn names_are_code_whatever_is_in_them() {
        for (name, cell) in [
            ("plain", "`plain`"),
            ("a|b", r"`a\|b`"),
            ("a`b", "``a`b``"),
            ("`a`` ", "``` `a``  ```"),
            ("", ""),
        ] {
            assert_eq!(code(name), cell);
        }
    }

    #[test]
    fn every_row_has_as_many_cells_and_notes_follow() {
        let registry = Registry::new();
        registry.record("two\nlines|<b>", Duration::from_millis(3));
        registry.gauge("depth", &[("of", "a|b")]).set(f64::NAN);
        let text = write(&registry.snapshot(), &[50.0, 99.0, 101.0]);
        let pipes = |line: &str| line.replace(r"\|", "").matches('|').count();
        let counts: Vec<_> = text.lines().filter(|line| line.starts_with('|')).map(pipes).collect();
        assert_eq!(counts, [11, 11, 11, 3, 3, 3], "{text}");
        assert!(text.contains(r"`two\u{a}lines\|<b>`") && text.contains("| NaN |"), "{text}");
        assert!(text.contains("\n- 1 operations, 1 calls"), "{text}");
        assert!(text.contains("\n- \\* too few calls"), "{text}");
    }
}
