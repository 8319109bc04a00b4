//! Rows of text as a table, Markdown or CSV.

use crate::{
    failure::{Outcome, of},
    output::Stream,
};
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, presets,
};

/// Rows below the titles of their columns.
pub(crate) struct Cells<const N: usize> {
    pub(crate) titles: [&'static str; N],
    /// Which columns are words: those stand to the left, figures to the right.
    pub(crate) words: [bool; N],
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
        self.grid().lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    fn grid(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─')));
        table.set_header(self.titles);
        if let Ok(width) = u16::try_from(Stream::Output.width()) {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        if Stream::Output.color() {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        for row in &self.rows {
            table.add_row(row.cells.iter().map(|cell| cell_of(cell, row.tone)));
        }
        for (column, is_words) in table.column_iter_mut().zip(self.words) {
            let side = if is_words { CellAlignment::Left } else { CellAlignment::Right };
            column.set_cell_alignment(side);
            column.set_padding((if column.index == 0 { 0 } else { 2 }, 0));
        }
        table
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
}
