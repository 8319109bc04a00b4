//! Sorted lists, one taken into another.

use std::{cmp::Ordering, mem};

/// Takes `theirs` into `ours`, both sorted by `order` without equals. Linear; and what both have is merged
/// where it is, so that merging the same again allocates nothing.
pub(crate) fn merge<T: Clone>(
    ours: &mut Vec<T>,
    theirs: &[T],
    order: impl Fn(&T, &T) -> Ordering,
    mut merge: impl FnMut(&mut T, &T),
) {
    let (mut at, mut missing) = (0, 0);
    for their in theirs {
        at += ours[at..].iter().take_while(|our| order(our, their).is_lt()).count();
        match ours.get_mut(at).filter(|our| order(our, their).is_eq()) {
            Some(our) => merge(our, their),
            None => missing += 1,
        }
    }
    if missing > 0 {
        let known = mem::replace(ours, Vec::with_capacity(ours.len() + missing));
        interleave(ours, known, theirs, order);
    }
}

/// Those that are known, and between them the others.
fn interleave<T: Clone>(
    all: &mut Vec<T>,
    known: Vec<T>,
    theirs: &[T],
    order: impl Fn(&T, &T) -> Ordering,
) {
    let mut theirs = theirs.iter().peekable();
    for our in known {
        while let Some(new) = theirs.next_if(|their| order(their, &our).is_lt()) {
            all.push(new.clone());
        }
        let _merged = theirs.next_if(|their| order(their, &our).is_eq());
        all.push(our);
    }
    all.extend(theirs.cloned());
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_the_sum_of_maps(
            ours in prop::collection::btree_map(0_u8..50, 1_u64..9, 0..40),
            theirs in prop::collection::btree_map(0_u8..50, 1_u64..9, 0..40),
        ) {
            let list = |map: &BTreeMap<u8, u64>| map.clone().into_iter().collect::<Vec<_>>();
            let mut merged = list(&ours);
            super::merge(&mut merged, &list(&theirs), |a, b| a.0.cmp(&b.0), |a, b| a.1 += b.1);
            let mut sum = ours;
            theirs.into_iter().for_each(|(key, count)| *sum.entry(key).or_default() += count);
            prop_assert_eq!(merged, list(&sum));
        }
    }
}
