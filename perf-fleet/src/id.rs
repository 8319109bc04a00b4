//! What a worker may be called.

use std::borrow::Cow;

/// The longest id of a worker, in bytes.
///
/// ```
/// let fleet = perf_fleet::Fleet::builder().build();
/// assert!(fleet.try_worker(&"x".repeat(perf_fleet::MAX_ID)).is_ok());
/// assert!(fleet.try_worker(&"x".repeat(perf_fleet::MAX_ID + 1)).is_err());
/// ```
pub const MAX_ID: usize = 128;

/// What is right.
pub(crate) const RULE: &str = "1 to 128 ASCII letters, digits and any of `_ - . : / @`";

pub(crate) fn is_valid(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_ID && id.chars().all(is_allowed)
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.:/@".contains(c)
}

/// The id, or the nearest one that is valid: `_` for what may not be there, cut where it is too long.
pub(crate) fn nearest(id: &str) -> Cow<'_, str> {
    if is_valid(id) {
        return Cow::Borrowed(id);
    }
    let replaced = id.chars().map(|c| if is_allowed(c) { c } else { '_' });
    let nearest: String = replaced.take(MAX_ID).collect();
    if nearest.is_empty() { Cow::Borrowed("unnamed") } else { Cow::Owned(nearest) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_nearest_is_valid(id in any::<String>()) {
            prop_assert!(is_valid(&nearest(&id)));
        }
    }

    #[test]
    fn what_is_valid_stays() {
        assert_eq!(nearest("team-a/AGENT_54"), "team-a/AGENT_54");
        assert_eq!(nearest("a b"), "a_b");
        assert_eq!(nearest(""), "unnamed");
    }
}
