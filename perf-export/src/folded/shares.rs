//! Whose time is whose: what of each operation's time, with that below it, belongs to which caller.

use super::acyclic::Acyclic;
use crate::graph::Graph;

/// The part of a time that belongs to a node.
pub(super) struct Part {
    pub(super) node: usize,
    /// In nanoseconds.
    pub(super) time: u128,
}

/// Times in whole nanoseconds, by node. Sums of 64-bit times want more bits.
pub(super) struct Shares {
    own: Vec<u128>,
    /// What the callees have from calls of this node, with all below them.
    below: Vec<Vec<(usize, u128)>>,
    /// What they have from outside.
    outside: Vec<(usize, u128)>,
}

impl Shares {
    pub(super) fn of(graph: &Graph<'_>) -> Self {
        let own: Vec<u128> = graph.nodes.iter().map(|node| node.self_time.as_nanos()).collect();
        let mut shares = Self { below: vec![Vec::new(); own.len()], own, outside: Vec::new() };
        let Acyclic { callers, callees_first } = Acyclic::of(graph);
        for node in callees_first {
            let all = shares.parts(node).map(|(_, time)| time).sum();
            let callers = callers.get(node).map_or(&[][..], Vec::as_slice);
            let weights = callers.iter().map(|(_, weight)| u128::from(*weight));
            for ((caller, _), part) in callers.iter().zip(divided(all, weights)) {
                let below = caller.map_or(Some(&mut shares.outside), |at| shares.below.get_mut(at));
                below.into_iter().for_each(|below| below.push((node, part)));
            }
        }
        shares
    }

    /// The operations that paths begin at.
    pub(super) fn roots(&self) -> impl Iterator<Item = Part> {
        let some = self.outside.iter().filter(|(_, time)| *time > 0);
        some.map(|(node, time)| Part { node: *node, time: *time })
    }

    /// A part of a node's time with that below it, as its own and that of its callees.
    pub(super) fn divide(&self, node: usize, time: u128) -> (u128, impl Iterator<Item = Part>) {
        let weights = self.parts(node).map(|(_, weight)| weight);
        let mut parts = self.parts(node).map(|(node, _)| node).zip(divided(time, weights));
        let own = parts.next().map_or(0, |(_, own)| own);
        let some = parts.filter(|(_, time)| *time > 0);
        (own, some.map(|(node, time)| Part { node, time }))
    }

    /// A node's own time, then that of its callees.
    fn parts(&self, node: usize) -> impl Iterator<Item = (usize, u128)> + Clone {
        let own = self.own.get(node).map(|own| (node, *own));
        own.into_iter().chain(self.below.get(node).into_iter().flatten().copied())
    }
}

/// A whole in parts of these proportions, which add up to it: each is rounded with what rounding left
/// of those before it.
fn divided(whole: u128, weights: impl Iterator<Item = u128> + Clone) -> impl Iterator<Item = u128> {
    let total: u128 = weights.clone().sum();
    // Beyond 2^64 ns² or so the product would not fit; nothing lasts so long.
    let shift = 128_u32.saturating_sub(whole.leading_zeros() + total.leading_zeros());
    let (mut sum, mut given) = (0, 0);
    weights.map(move |weight| {
        sum += weight;
        let so_far = (whole * (sum >> shift)).checked_div(total >> shift).unwrap_or(0);
        let part = so_far - given;
        given = so_far;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::divided;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_add_up_and_are_in_proportion(
            whole in prop_oneof![0..100_u64, 0..1_u64 << 60],
            weights in prop::collection::vec(prop_oneof![0..10_u64, 0..1_u64 << 60], 1..20),
        ) {
            let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
            prop_assume!(total > 0);
            let parts: Vec<u128> = divided(whole.into(), weights.iter().map(|w| u128::from(*w))).collect();
            prop_assert_eq!(parts.iter().sum::<u128>(), u128::from(whole));
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = whole as f64 * *weight as f64 / total as f64;
                prop_assert!((*part as f64 - exact).abs() <= 1.0 + exact * 1e-9, "{part} {exact}");
            }
        }
    }
}
