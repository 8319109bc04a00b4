//! The pairing of rows and columns that costs least.

use pathfinding::{kuhn_munkres::kuhn_munkres_min, matrix::Matrix};
use std::collections::BTreeSet;

/// More rows are paired in batches of as many.
pub(super) const BATCH: usize = 400;
/// In thousandths; more counts as this.
const MOST: f64 = 1e12;
/// More than all of a batch together: as many rows as can be are paired.
const UNPAIRED: i64 = 1_000_000_000_000_000;
const FORBIDDEN: i64 = 2 * UNPAIRED;

/// For each row, the column that it is paired with, so that as many rows as possible are paired and the
/// costs add up to the least: by the Hungarian algorithm of Kuhn and Munkres, of the crate `pathfinding`.
/// A column is paired once at most; what costs `None`, or is no number, is not paired at all.
///
/// Costs are taken to three decimals, from 0 to 10⁹. The time is that of rows² × columns: of more than 400
/// rows each 400 are paired by themselves, in order.
///
/// ```
/// use perf_fleet::balance::pairing;
/// // One by one, the first row would take the column of 1, and leave 9 to the second: 10 in all.
/// let costs = [vec![Some(1.0), Some(2.0)], vec![Some(2.0), Some(9.0)]];
/// assert_eq!(pairing(&costs), [Some(1), Some(0)]);
/// assert_eq!(pairing(&[vec![None]]), [None]);
/// ```
#[must_use]
pub fn pairing(costs: &[Vec<Option<f64>>]) -> Vec<Option<usize>> {
    let mut taken = BTreeSet::new();
    let mut pairs = Vec::with_capacity(costs.len());
    for rows in costs.chunks(BATCH) {
        let columns = useful_columns(rows, &taken);
        let batch = batch(rows, &columns);
        taken.extend(batch.iter().flatten());
        pairs.extend(batch);
    }
    pairs
}

/// Of n rows, each is paired with one of its n cheapest columns: others need not be looked at.
fn useful_columns(rows: &[Vec<Option<f64>>], taken: &BTreeSet<usize>) -> Vec<usize> {
    let mut useful = BTreeSet::new();
    for row in rows {
        let allowed = row.iter().enumerate().filter(|(at, _)| !taken.contains(at));
        let mut columns: Vec<_> = allowed.filter_map(|(at, c)| Some((cost(*c)?, at))).collect();
        if columns.len() > rows.len() {
            columns.select_nth_unstable(rows.len() - 1);
            columns.truncate(rows.len());
        }
        useful.extend(columns.into_iter().map(|(_, at)| at));
    }
    useful.into_iter().collect()
}

fn batch(rows: &[Vec<Option<f64>>], columns: &[usize]) -> Vec<Option<usize>> {
    // Each row can stay without a pair, in a column for those.
    let width = columns.len() + rows.len();
    let mut cells = vec![UNPAIRED; rows.len() * width];
    for (row, cells) in rows.iter().zip(cells.chunks_mut(width.max(1))) {
        for (cell, column) in cells.iter_mut().zip(columns) {
            *cell = row.get(*column).and_then(|c| cost(*c)).unwrap_or(FORBIDDEN);
        }
    }
    let Ok(matrix) = Matrix::from_vec(rows.len(), width, cells) else {
        return vec![None; rows.len()];
    };
    let (_, pairs) = kuhn_munkres_min(&matrix);
    pairs.into_iter().map(|at| columns.get(at).copied()).collect()
}

/// In thousandths.
fn cost(of: Option<f64>) -> Option<i64> {
    let of = of.filter(|cost| !cost.is_nan())?;
    Some((of * 1_000.0).round().clamp(0.0, MOST) as i64)
}
