//! The counting allocator: what each timed operation allocates.
//!
//! Programs use it as `perfkit::alloc::CountingAllocator`. It is a crate of its own because it is the
//! only place of the workspace with `unsafe` code: an allocator cannot be written without.

use perf_core::__bridge::count_allocation;
use std::alloc::{GlobalAlloc, Layout, System};

/// Wraps an allocator, and counts what is allocated in each timed operation: allocations and bytes,
/// with and without those of the operations called from it
/// ([`Operation::allocations`](perf_core::Operation::allocations)).
///
/// A new block counts as one allocation of the bytes asked for; one that is made larger as one of the
/// bytes added. What is freed is not counted, neither what perfkit allocates for itself. Counting is
/// two additions in a thread-local of the allocating thread, and allocates nothing.
///
/// ```
/// use perf_alloc::CountingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator::system();
///
/// fn main() {
///     perf_core::Registry::global().time("load", || drop(Vec::<u8>::with_capacity(1000)));
///     let allocations = perf_core::get("load").unwrap().allocations().unwrap();
///     assert_eq!((allocations.count, allocations.bytes), (1, 1000));
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator<A = System> {
    inner: A,
}

impl CountingAllocator {
    /// The system's allocator, counted.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> CountingAllocator<A> {
    /// Another allocator, counted.
    ///
    /// ```
    /// use perf_alloc::CountingAllocator;
    /// static ALLOCATOR: CountingAllocator<std::alloc::System> =
    ///     CountingAllocator::new(std::alloc::System);
    /// ```
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: every method hands its arguments, unchanged, to the method of the same name of `inner`, which
// fulfils this contract, and returns what that returns. Beside that it only calls `count_allocation`,
// which neither unwinds nor allocates: it reads and writes thread-locals that are constants to begin
// with and have no destructor.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `inner` wants.
        let block = unsafe { self.inner.alloc(layout) };
        counted(block, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `inner` wants.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        counted(block, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that `inner` wants: its blocks all came from there.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are those that `inner` wants: its blocks all came from there.
        let block = unsafe { self.inner.realloc(block, layout, new_size) };
        match new_size.checked_sub(layout.size()) {
            None | Some(0) => block,
            Some(added) => counted(block, added),
        }
    }
}

/// Counts a block that could be had.
#[inline]
fn counted(block: *mut u8, bytes: usize) -> *mut u8 {
    if !block.is_null() {
        count_allocation(bytes);
    }
    block
}
