//! About how many different things were seen: `HyperLogLog`.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

const BITS: u32 = 10;
const REGISTERS: usize = 1 << BITS;

/// Flajolet, Fusy, Gandouet and Meunier's estimator (2007) with 1,024 registers: a standard error
/// of 3 %, and linear counting for small numbers.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    /// None until the first is added.
    registers: Vec<u8>,
}

impl Distinct {
    pub(crate) fn add<T: Hash + ?Sized>(&mut self, value: &T) {
        self.registers.resize(REGISTERS, 0);
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(value);
        let register = &mut self.registers[(hash >> (64 - BITS)) as usize];
        *register = (*register).max((hash << BITS).leading_zeros().min(64 - BITS) as u8 + 1);
    }

    pub(crate) fn estimate(&self) -> u64 {
        let count = REGISTERS as f64;
        let zeros: usize = self.registers.iter().map(|register| usize::from(*register == 0)).sum();
        let sum: f64 =
            self.registers.iter().map(|register| 0.5_f64.powi(i32::from(*register))).sum();
        let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum.max(f64::MIN_POSITIVE);
        match (self.registers.is_empty(), zeros) {
            (true, _) => 0,
            (_, 1..) if raw <= 2.5 * count => (count * (count / zeros as f64).ln()).round() as u64,
            _ => raw.round() as u64,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_within_ten_percent() {
        let mut distinct = Distinct::default();
        assert_eq!(distinct.estimate(), 0);
        let mut added = 0_u64;
        for goal in [1, 10, 100, 1_000, 3_000, 10_000, 100_000] {
            (added..goal).for_each(|n| distinct.add(&format!("user {n}")));
            added = goal;
            distinct.add("user 0");
            let error = distinct.estimate().abs_diff(goal);
            assert!(error * 10 <= goal, "{} instead of {goal}", distinct.estimate());
        }
    }
}
