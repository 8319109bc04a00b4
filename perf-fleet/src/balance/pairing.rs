//! The pairing of rows and columns that costs least.

use pathfinding::{kuhn_munkres::kuhn_munkres_min, matrix::Matrix};
use std::collections::BTreeMap;

/// More rows are paired in batches of as many.
pub(super) const BATCH: usize = 200;
/// In thousandths; more counts as this.
const MOST: f64 = 1e12;
/// More than all of a batch together: as many rows as can be are paired.
const UNPAIRED: i64 = 1_000_000_000_000_000;
const FORBIDDEN: i64 = 2 * UNPAIRED;

/// What each row costs with each column.
pub(super) type Costs = [Vec<Option<f64>>];

/// For each row, the column that it is paired with, so that as many rows as possible are paired and the
/// costs add up to the least: by the Hungarian algorithm of Kuhn and Munkres, of the crate `pathfinding`.
/// A column is paired once at most; what costs `None`, or is no number, is not paired at all.
///
/// Costs are taken to three decimals, from 0 to 10⁹. The time grows with rows² × columns: of more than
/// 200 rows each 200 are paired by themselves, in order.
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
    let columns = costs.iter().map(Vec::len).max().unwrap_or_default();
    let mut free = vec![1; columns];
    costs.chunks(BATCH).flat_map(|rows| pair_batch(rows, &mut free)).collect()
}

/// The same of a batch, where each column can be paired as often as it is free, and is less so afterwards.
pub(super) fn pair_batch(rows: &Costs, free: &mut [u64]) -> Vec<Option<usize>> {
    let columns = useful_columns(rows, free);
    let pairs = solve(rows, &columns);
    for at in pairs.iter().flatten() {
        free[*at] = free[*at].saturating_sub(1);
    }
    pairs
}

/// Of n rows, each is paired with one of the n places that are cheapest for it: others need not be looked
/// at. A column is there as often as it may be needed.
fn useful_columns(rows: &Costs, free: &[u64]) -> Vec<usize> {
    let mut useful: BTreeMap<usize, u64> = BTreeMap::new();
    for row in rows {
        let known = row.iter().enumerate().filter_map(|(at, c)| Some((cost(*c)?, at)));
        let mut known: Vec<_> = known.collect();
        known.sort_unstable();
        let mut left = rows.len() as u64;
        for (_, at) in known {
            let places = free.get(at).copied().unwrap_or_default().min(left);
            if places > 0 {
                let most = useful.entry(at).or_default();
                *most = places.max(*most);
                left -= places;
            }
        }
    }
    useful.into_iter().flat_map(|(at, places)| (0..places).map(move |_| at)).collect()
}

fn solve(rows: &Costs, columns: &[usize]) -> Vec<Option<usize>> {
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
