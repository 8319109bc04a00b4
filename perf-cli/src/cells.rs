//! Rows of text as a table, Markdown or CSV.

use crate::{
    failure::{Outcome, of},
    output::Stream,
};
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, presets,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A first column is shortened to this many columns, and no more.
const LEAST: usize = 16;
/// Between two columns.
const GAP: usize = 2;

/// Rows below the titles of their columns.
pub(crate) struct Cells<const N: usize> {
    pub(crate) titles: [&'static str; N],
    /// Which columns are words: those stand to the left, figures to the right.
    pub(crate) words: [bool; N],
    /// Which columns to leave out first where there is no room for all.
    pub(crate) spare: &'static [usize],
    pub(crate) rows: Vec<Row<N>>,
}

pub(crate) struct Row<const N: usize> {
    pub(crate) cells: [String; N],
    pub(crate) tone: Tone,
}

/// Whether a row is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Better,
    Worse,
    None,
}

impl<const N: usize> Cells<N> {
    /// For standard output: as wide as that, and in colours there.
    pub(crate) fn table(&self) -> String {
        self.grid(Stream::Output.width())
            .lines()
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect()
    }

    fn grid(&self, width: usize) -> Table {
        let (shown, first) = self.fitted(width);
        let mut table = Table::new();
        table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─')));
        table.set_header(shown.iter().map(|at| self.titles[*at]));
        if let Ok(width) = u16::try_from(width) {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        if Stream::Output.color() {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        for row in &self.rows {
            table.add_row(shown.iter().map(|at| match at {
                0 => cell_of(&fit(&row.cells[0], first), row.tone),
                at => cell_of(&row.cells[*at], row.tone),
            }));
        }
        for (column, at) in table.column_iter_mut().zip(shown) {
            let side = if self.words[at] { CellAlignment::Left } else { CellAlignment::Right };
            column.set_cell_alignment(side);
            column.set_padding((if at == 0 { 0 } else { GAP as u16 }, 0));
        }
        table
    }

    /// The columns for which there is room, and how wide the first one may be.
    fn fitted(&self, width: usize) -> (Vec<usize>, usize) {
        let widest = |at: &usize| {
            let cells = self.rows.iter().map(|row| row.cells[*at].width());
            cells.chain([self.titles[*at].width()]).max().unwrap_or(0)
        };
        let others =
            |shown: &[usize]| -> usize { shown.iter().skip(1).map(|at| widest(at) + GAP).sum() };
        let mut shown: Vec<usize> = (0..N).collect();
        for spare in self.spare {
            if others(&shown) + widest(&0).min(LEAST) > width {
                shown.retain(|at| at != spare);
            }
        }
        let first = width.saturating_sub(others(&shown)).max(LEAST);
        (shown, first)
    }

    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rules = self.words.map(|is_words| if is_words { "---" } else { "--:" });
        let mut text = line(&self.titles.map(str::to_owned)) + &format!("|{}|\n", rules.join("|"));
        for row in &self.rows {
            let mut cells = row.cells.each_ref().map(|cell| escaped(cell));
            if let Some(last) = cells.last_mut().filter(|_| row.tone == Tone::Worse) {
                *last = format!("**{last}**");
            }
            text += &line(&cells);
        }
        text
    }

    pub(crate) fn csv(&self) -> Outcome<String> {
        csv(&self.titles, self.rows.iter().map(|row| row.cells.clone()))
    }
}

fn cell_of(text: &str, tone: Tone) -> Cell {
    let cell = Cell::new(text);
    match tone {
        Tone::Worse => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Tone::Better => cell.fg(Color::Green),
        Tone::None => cell,
    }
}

/// What is not known is shown by a dash.
pub(crate) fn known<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), show)
}

/// A name in so many columns: the end of a path says more than its beginning.
pub(crate) fn fit(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let mut start = name.len();
    for (at, letter) in name.char_indices().rev() {
        let wide = letter.width().unwrap_or(0);
        if wide > left {
            break;
        }
        (left, start) = (left - wide, at);
    }
    format!("…{}", &name[start..])
}

/// Without what Markdown would take for its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if matches!(letter, '|' | '\\' | '`' | '_' | '*' | '<' | '[' | ']') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// Comma-separated values with a line of names.
pub(crate) fn csv<const N: usize>(
    titles: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Outcome<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(titles).map_err(of("CSV"))?;
    for row in rows {
        writer.write_record(row.map(harmless)).map_err(of("CSV"))?;
    }
    let bytes = writer.into_inner().map_err(|error| of("CSV")(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a spreadsheet does not take for a formula. Numbers below zero are none.
fn harmless(cell: String) -> String {
    const FIRST: [char; 12] = ['\'', '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];
    let is_harmful = cell.starts_with(FIRST) && cell.parse::<f64>().is_err();
    if is_harmful { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_would_take_for_their_own() {
        assert_eq!(["-1.5", "=1+1", "a"].map(|cell| harmless(cell.into())), ["-1.5", "'=1+1", "a"]);
        assert_eq!(escaped("a|b_c<d"), r"a\|b\_c\<d");
    }

    #[test]
    fn names_are_shortened_at_their_beginning() {
        assert_eq!(fit("shop::cart::add", 9), "…art::add");
        assert_eq!([fit("数数数", 5), fit("ab", 2), fit("abc", 0)], ["…数数", "ab", "…"]);
    }

    #[test]
    fn what_there_is_no_room_for() {
        let cells = ["shop::cart::add::to::cart", "10 000", "12 ms", "slower"].map(str::to_owned);
        let cells = Cells {
            titles: ["operation", "samples", "p50", "verdict"],
            words: [true, false, false, true],
            spare: &[1, 3],
            rows: vec![Row { cells, tone: Tone::None }],
        };
        assert_eq!(cells.fitted(usize::MAX).0, [0, 1, 2, 3]);
        assert_eq!(cells.fitted(60), (vec![0, 1, 2, 3], 35));
        assert_eq!(cells.fitted(40), (vec![0, 2, 3], 24));
        assert_eq!(cells.fitted(1), (vec![0, 2], LEAST));
        let lines = cells.grid(40).to_string();
        assert!(lines.lines().all(|line| line.width() <= 40), "{lines}");
        assert!(lines.contains("…op::cart::add::to::cart"), "{lines}");
    }
}
