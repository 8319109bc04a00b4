//! The tables, in Markdown.

use crate::{cases::Case, versus::Measured};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// Everybody beside the floor.
pub(crate) fn contenders(all: &[Measured]) -> Table {
    let headers = [
        "",
        "ns, 1 thread",
        "÷ floor",
        "ns, 2 threads",
        "ns, sustained",
        "CPU ns, sustained",
        "MiB grown",
        "ms to report",
        "keeps",
    ];
    let mut table = table(&headers, 8);
    for one in all {
        table.add_row([
            one.name.clone(),
            format!("{:.1}", one.one_thread.min),
            format!("{:.2}", one.one_thread.min / one.floor.min),
            format!("{:.1}", one.two_threads.median),
            format!("{:.1}", one.sustained),
            format!("{:.1}", one.cpu),
            format!("{:.1}", one.grown as f64 / f64::from(1 << 20)),
            format!("{:.1}", one.report_ms),
            one.keeps.clone(),
        ]);
    }
    table
}

/// What is promised, and what is so.
pub(crate) fn promises(all: &[(&Case, f64)]) -> Table {
    let mut table = table(&["", "target", "measured", "kept"], 3);
    for (case, value) in all {
        table.add_row([
            case.what.to_owned(),
            format!("{} {}", case.target, case.unit),
            format!("{value:.2}"),
            if *value <= case.target { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}

/// A table whose columns but the first, up to `numbers`, are numbers.
pub(crate) fn table(headers: &[&str], numbers: usize) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(headers);
    for column in table.column_iter_mut().skip(1).take(numbers - 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
