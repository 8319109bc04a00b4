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

/// The longest text that is kept of a worker, in bytes: its name, its domain, what it can do, what else is
/// known of it, and kinds of tasks. More is cut off, or refused in a [report](crate::WorkerMetrics).
///
/// ```
/// use perf_fleet::MAX_TEXT;
/// let worker = perf_fleet::Fleet::builder().build().worker("w1").name(&"é".repeat(MAX_TEXT));
/// assert_eq!(worker.stats().name, "é".repeat(MAX_TEXT / 2));
/// ```
pub const MAX_TEXT: usize = 256;

/// As much of a text as is kept.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

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
