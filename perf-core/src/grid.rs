//! Tables of a name and figures, as text.

use comfy_table::{CellAlignment, ColumnConstraint, LineStyle, Table, Width, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of cells below their titles: names to the left, figures to the right.
pub(crate) fn grid(titles: Vec<String>, columns: &[Vec<String>]) -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─');
    table.load_style(presets::NOTHING.header_separator(rule));
    table.set_header(titles);
    for row in 0..columns.first().map_or(0, Vec::len) {
        table.add_row(columns.iter().map(|column| &column[row]));
    }
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

/// A name on one line and in its own direction, whatever is in it: characters that cannot be seen
/// but change what can are shown escaped.
pub(crate) fn printable(name: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        if hidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}
