//! Tables of a name and figures, as text.

use comfy_table::{CellAlignment, ColumnConstraint, LineStyle, Table, Width, presets};
use std::fmt;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A table of a summary as text cells, for whoever sets it in another form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummaryTable {
    /// A title for each column. The first says what the rows are: `operation`, `counter or gauge` or
    /// `distribution`.
    pub titles: Vec<String>,
    /// The cells of each row, as many as there are titles: a name, then figures with their units, and
    /// with the marks that the notes explain.
    pub rows: Vec<Vec<String>>,
    /// What the figures rest on.
    pub notes: Vec<String>,
}

impl fmt::Display for SummaryTable {
    /// In columns, below a rule, with the notes under it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        grid(self).lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// Cells below the titles of their columns: names to the left, figures to the right.
pub(crate) fn grid(cells: &SummaryTable) -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─');
    table.load_style(presets::NOTHING.header_separator(rule));
    table.set_header(&cells.titles);
    table.add_rows(&cells.rows);
    for column in table.column_iter_mut() {
        let alignment = if column.index == 0 { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(alignment);
        column.set_padding((if column.index == 0 { 0 } else { 2 }, 0));
    }
    table
}

/// The width of each column.
pub(crate) fn widths(table: &Table) -> Vec<usize> {
    table.column_max_content_widths().iter().map(|width| usize::from(*width)).collect()
}

/// Keeps the names' column to a width; the end of a path says more than its beginning.
pub(crate) fn shorten(table: &mut Table, width: usize) {
    for row in table.row_iter_mut() {
        let mut cells: Vec<_> = row.cell_iter().map(comfy_table::Cell::content).collect();
        if let Some(name) = cells.first_mut().filter(|name| name.width() > width) {
            let mut kept = 1;
            let end = name.char_indices().rev().take_while(|(_, c)| {
                kept += c.width().unwrap_or(0);
                kept <= width
            });
            let from = end.last().map_or(name.len(), |(at, _)| at);
            *name = format!("…{}", &name[from..]);
        }
        *row = cells.into();
    }
    let width = Width::Fixed(u16::try_from(width).unwrap_or(u16::MAX));
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::UpperBoundary(width));
    }
}
