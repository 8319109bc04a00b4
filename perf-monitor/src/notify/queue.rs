//! Alerts that wait for one notifier.

use crate::alert::{Alert, Status};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// In the order they came. The first few may be on their way; those stay until that is over.
#[derive(Debug)]
pub(super) struct Queue {
    alerts: VecDeque<Alert>,
    /// How many of the first are on their way.
    sending: usize,
    bound: usize,
}

impl Queue {
    pub(super) fn new(bound: usize) -> Self {
        Self { alerts: VecDeque::new(), sending: 0, bound }
    }

    pub(super) fn len(&self) -> usize {
        self.alerts.len()
    }

    /// Takes them in; how many were dropped for them.
    pub(super) fn push(&mut self, alerts: impl IntoIterator<Item = Alert>) -> usize {
        self.alerts.extend(alerts);
        let over = self.alerts.len().saturating_sub(self.bound);
        if over > 0 { self.make_room(over) } else { 0 }
    }

    /// Drops so many, or one more. An alert that is over before anybody was told matters least; then one
    /// that begins, for its end still tells of it.
    fn make_room(&mut self, over: usize) -> usize {
        let mut drops = self.untold(over);
        for wanted in [Some(Status::Firing), None] {
            let waiting = self.alerts.iter().enumerate().skip(self.sending);
            let of_kind =
                waiting.filter(|(_, alert)| wanted.is_none_or(|kind| kind == alert.status));
            for (at, _) in of_kind {
                if drops.len() >= over {
                    break;
                }
                drops.insert(at);
            }
        }
        let mut places = 0..;
        self.alerts.retain(|_| places.next().is_none_or(|at| !drops.contains(&at)));
        drops.len()
    }

    /// Where alerts are that end while their beginning waits, and where those began, the first ones until
    /// they are so many.
    fn untold(&self, over: usize) -> BTreeSet<usize> {
        let (mut firing, mut both) = (HashMap::new(), BTreeSet::new());
        for (at, alert) in self.alerts.iter().enumerate().skip(self.sending) {
            if both.len() >= over {
                break;
            }
            if alert.status == Status::Firing {
                firing.insert(alert.key(), at);
            } else if let Some(began) = firing.remove(&alert.key()) {
                both.extend([began, at]);
            }
        }
        both
    }

    /// Those to send next: the same ones until they are [`done`](Self::done).
    pub(super) fn batch(&mut self, most: usize) -> Vec<Alert> {
        if self.sending == 0 {
            self.sending = self.alerts.len().min(most.max(1));
        }
        self.alerts.iter().take(self.sending).cloned().collect()
    }

    /// Removes the first so many of those that were on their way; how many.
    pub(super) fn done(&mut self, count: usize) -> usize {
        let done = count.min(self.sending);
        self.sending -= done;
        self.alerts.drain(..done).count()
    }

    /// Takes all that are left.
    pub(super) fn rest(&mut self) -> Vec<Alert> {
        self.sending = 0;
        std::mem::take(&mut self.alerts).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Severity;
    use proptest::prelude::*;
    use std::{collections::BTreeMap, time::SystemTime};

    fn alert(rule: u8, status: Status, value: f64) -> Alert {
        Alert {
            rule: rule.to_string(),
            labels: BTreeMap::new(),
            severity: Severity::High,
            status,
            value,
            threshold: 0.0,
            started: SystemTime::UNIX_EPOCH,
            ended: None,
            summary: String::new(),
            description: String::new(),
        }
    }

    fn queue(bound: usize, alerts: &[(u8, Status)]) -> (Queue, usize) {
        let mut queue = Queue::new(bound);
        let mut dropped = 0;
        for (rule, status) in alerts {
            dropped += queue.push([alert(*rule, *status, 0.0)]);
        }
        (queue, dropped)
    }

    fn left(mut queue: Queue) -> Vec<(String, Status)> {
        queue.rest().into_iter().map(|alert| (alert.rule, alert.status)).collect()
    }

    #[test]
    fn what_is_over_goes_first_then_what_begins_then_what_ends() {
        use Status::{Firing, Resolved};
        let (pair, dropped) =
            queue(4, &[(1, Resolved), (2, Firing), (3, Firing), (2, Resolved), (4, Firing)]);
        assert_eq!(dropped, 2);
        assert_eq!(
            left(pair),
            [("1".into(), Resolved), ("3".into(), Firing), ("4".into(), Firing)]
        );
        let (firing, dropped) = queue(2, &[(1, Resolved), (2, Firing), (3, Firing)]);
        assert_eq!((dropped, left(firing).len()), (1, 2));
        let (resolved, _) = queue(2, &[(1, Resolved), (2, Resolved), (3, Resolved)]);
        assert_eq!(left(resolved), [("2".into(), Resolved), ("3".into(), Resolved)]);
    }

    #[test]
    fn many_at_once_are_as_one_after_another() {
        use Status::{Firing, Resolved};
        let all =
            [(1, Firing), (2, Firing), (1, Resolved), (1, Firing), (3, Firing), (1, Resolved)];
        for bound in 1..6 {
            let mut queue = Queue::new(bound);
            let dropped = queue.push(all.map(|(rule, status)| alert(rule, status, 0.0)));
            assert!(queue.len() <= bound && queue.len() + dropped == 6);
            let left = left(queue);
            assert!(bound > 2 || left.iter().all(|(rule, _)| rule != "1"), "{left:?}");
        }
    }

    #[test]
    fn what_is_on_its_way_stays() {
        let (mut queue, _) = queue(2, &[(1, Status::Firing), (2, Status::Firing)]);
        assert_eq!(queue.batch(1).len(), 1);
        assert_eq!(queue.push([alert(1, Status::Resolved, 0.0)]), 1);
        assert_eq!(queue.batch(9)[0].rule, "1");
        assert_eq!(queue.done(9), 1);
        assert_eq!(left(queue), [("1".into(), Status::Resolved)]);
    }

    proptest! {
        /// Of what was pushed, taken and dropped nothing is missing, and order is kept.
        #[test]
        fn nothing_is_lost_uncounted(steps in prop::collection::vec((0_u8..4, any::<bool>(), 0_usize..4), 0..200)) {
            let (mut queue, mut out, mut dropped) = (Queue::new(8), Vec::new(), 0);
            for (at, (rule, fires, taken)) in steps.iter().enumerate() {
                let status = if *fires { Status::Firing } else { Status::Resolved };
                dropped += queue.push([alert(*rule, status, at as f64)]);
                prop_assert!(queue.len() <= 8);
                if *taken > 0 {
                    let batch = queue.batch(*taken);
                    let done = queue.done(*taken - 1);
                    prop_assert_eq!(done, batch.len().min(*taken - 1));
                    out.extend(batch.into_iter().take(done));
                }
            }
            out.extend(queue.rest());
            prop_assert_eq!(out.len() + dropped, steps.len());
            prop_assert!(out.is_sorted_by(|a, b| a.value < b.value));
        }
    }
}
