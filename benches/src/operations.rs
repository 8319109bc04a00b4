//! A thousand timed functions.

use crate::measure::Call;
use seq_macro::seq;
use std::hint::black_box;

seq!(N in 0..1000 {
    mod timed {
        use super::black_box;
        #(
            #[inline(never)]
            #[perfkit::timed]
            pub(super) fn op~N(n: u64) -> u64 {
                black_box(n)
            }
        )*
    }

    /// All of them.
    pub(crate) const ALL: [Call; 1000] = [#(timed::op~N,)*];
});

seq!(N in 0..100 {
    mod plain {
        use super::black_box;
        #(
            #[inline(never)]
            pub(super) fn op~N(n: u64) -> u64 {
                black_box(n)
            }
        )*
    }

    /// A hundred functions in turn. Not through pointers: that would measure the CPU's guesses.
    pub(crate) fn hundred_plain(n: u64) -> u64 {
        let mut n = n;
        #(n = plain::op~N(n);)*
        n
    }

    /// The same, timed.
    pub(crate) fn hundred_timed(n: u64) -> u64 {
        let mut n = n;
        #(n = timed::op~N(n);)*
        n
    }
});
