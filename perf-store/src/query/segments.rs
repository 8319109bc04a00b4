//! A range as parts, each read from the longest intervals that fit in it.

use super::Query;
use crate::{
    level::Level,
    time::{down_to_multiple, length_ns, unix_ns, up_to_multiple},
};

/// After a time, up to another, at a level.
pub(crate) type Segment = (i64, i64, Level);

pub(crate) fn segments(query: &Query) -> Vec<Segment> {
    let (from, to) = (unix_ns(query.from), unix_ns(query.to));
    let step = length_ns(query.step);
    let fits = |level: &Level| {
        let length = level.length_ns();
        // Of a single step only the ends matter.
        step == 0 || (step % length == 0 && from % length == 0)
    };
    let levels: Vec<_> = Level::ROLLED.into_iter().filter(fits).collect();
    let mut segments = Vec::new();
    cut(from, to, &levels, &mut segments);
    segments
}

fn cut(from: i64, to: i64, levels: &[Level], segments: &mut Vec<Segment>) {
    if from >= to {
        return;
    }
    let Some((longest, shorter)) = levels.split_first() else {
        segments.push((from, to, Level::Written));
        return;
    };
    let length = longest.length_ns();
    let (first, last) = (up_to_multiple(from, length), down_to_multiple(to, length));
    if first >= last {
        return cut(from, to, shorter, segments);
    }
    cut(from, first, shorter, segments);
    segments.push((first, last, *longest));
    cut(last, to, shorter, segments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::time;
    use std::time::Duration;

    const HOUR: i64 = 3_600_000_000_000;
    const MINUTE: i64 = HOUR / 60;

    #[test]
    fn days_in_the_middle_and_minutes_at_the_ends() {
        let query = Query::new(time(HOUR - MINUTE), time(49 * HOUR + MINUTE));
        let expected = [
            (HOUR - MINUTE, HOUR, Level::Written),
            (HOUR, 24 * HOUR, Level::Hour),
            (24 * HOUR, 48 * HOUR, Level::Day),
            (48 * HOUR, 49 * HOUR, Level::Hour),
            (49 * HOUR, 49 * HOUR + MINUTE, Level::Written),
        ];
        assert_eq!(segments(&query), expected);
    }

    #[test]
    fn steps_are_not_cut_through() {
        let of = |from, step_ns| {
            let query = Query::new(time(from), time(from + 96 * HOUR));
            let levels = segments(&query.every(Duration::from_nanos(step_ns)));
            levels.into_iter().map(|(.., level)| level).collect::<Vec<_>>()
        };
        let hours = HOUR as u64;
        assert_eq!(of(0, 6 * hours), [Level::Hour]);
        assert_eq!(of(0, 24 * hours), [Level::Day]);
        assert_eq!(of(MINUTE, 24 * hours), [Level::Written]);
        assert_eq!(of(0, hours / 2), [Level::Written]);
    }
}
