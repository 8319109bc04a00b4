//! Every way to get, change and give back a block, with what is in it looked at. Run under
//! AddressSanitizer too: `cargo xtask ci` does.

use perf_alloc::CountingAllocator;
use std::{hint::black_box, thread};

#[global_allocator]
static ALLOCATOR: CountingAllocator<std::alloc::System> =
    CountingAllocator::new(std::alloc::System);

/// More strictly aligned than the system's allocator does by itself.
#[derive(Clone, PartialEq, Debug)]
#[repr(align(4096))]
struct Page([u8; 4096]);

/// A sequence of numbers that looks like chance (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[derive(Default)]
struct Blocks {
    bytes: Vec<Vec<u8>>,
    pages: Vec<Box<Page>>,
}

impl Blocks {
    fn change(&mut self, numbers: &mut Numbers, step: u8) {
        let magnitude = numbers.below(18);
        let size = numbers.below(1 << magnitude) as usize;
        match numbers.below(6) {
            0 => self.bytes.push(vec![step; size]),
            1 => {
                let zeroed = vec![0_u8; size];
                assert!(black_box(&zeroed).iter().all(|byte| *byte == 0));
            }
            2 => self.pages.push(Box::new(Page([step; 4096]))),
            3 => drop(self.pages.pop().inspect(|page| assert!(is_same(&page.0)))),
            _ => {
                let Some(bytes) = self.bytes.last_mut() else { return };
                let value = bytes.first().copied().unwrap_or(step);
                bytes.resize(size, value);
                bytes.shrink_to_fit();
                assert!(is_same(bytes));
                if self.bytes.len() > 50 {
                    self.bytes.swap_remove(numbers.below(50) as usize);
                }
            }
        }
    }
}

/// All bytes are those that were written: the same.
fn is_same(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == bytes[0])
}

#[test]
fn blocks_hold_what_was_put_in_them() {
    let threads: Vec<_> = (1..=4_u64)
        .map(|seed| {
            thread::spawn(move || {
                let (mut numbers, mut blocks) = (Numbers(seed), Blocks::default());
                for step in 0..20_000_u32 {
                    blocks.change(&mut numbers, step as u8);
                }
                assert!(blocks.bytes.iter().all(|bytes| is_same(bytes)));
                // Given back on the thread that waits for this one.
                blocks
            })
        })
        .collect();
    let kept: usize = threads.into_iter().map(|thread| thread.join().unwrap().bytes.len()).sum();
    assert!(kept > 0);
}

#[test]
fn a_block_that_cannot_be_had_is_not_counted() {
    let registry = perf_core::Registry::new();
    registry.time("refused", || {
        let mut bytes = Vec::<u8>::new();
        assert!(bytes.try_reserve_exact(isize::MAX as usize).is_err());
    });
    assert_eq!(registry.get("refused").unwrap().allocations(), None);
}
