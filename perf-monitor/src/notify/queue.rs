//! Alerts that wait for one notifier.

use crate::alert::{Alert, Status};
use std::collections::{BTreeMap, VecDeque};

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

    /// Takes one in; how many were dropped for it.
    pub(super) fn push(&mut self, alert: Alert) -> usize {
        self.alerts.push_back(alert);
        if self.alerts.len() > self.bound { self.make_room() } else { 0 }
    }

    /// An alert that is over before anybody was told matters least; then one that begins, for its end
    /// still tells of it.
    fn make_room(&mut self) -> usize {
        if let Some((began, ended)) = self.oldest_pair() {
            self.alerts.remove(ended);
            self.alerts.remove(began);
            return 2;
        }
        let mut waiting = self.sending..self.alerts.len();
        let firing =
            |at: &usize| self.alerts.get(*at).map(|alert| alert.status) == Some(Status::Firing);
        let at = waiting.clone().find(firing).or_else(|| waiting.next());
        usize::from(at.and_then(|at| self.alerts.remove(at)).is_some())
    }

    /// Where the first alert that ends while its beginning waits began, and where it ends.
    fn oldest_pair(&self) -> Option<(usize, usize)> {
        let mut firing = BTreeMap::new();
        self.alerts.iter().enumerate().skip(self.sending).find_map(|(at, alert)| {
            match alert.status {
                Status::Firing => {
                    firing.insert(alert.key(), at);
                    None
                }
                Status::Resolved => firing.get(&alert.key()).map(|began| (*began, at)),
            }
        })
    }

    /// Those to send next: the same ones until they are [`done`](Self::done).
    pub(super) fn batch(&mut self, most: usize) -> Vec<Alert> {
        if self.sending == 0 {
            self.sending = self.alerts.len().min(most.max(1));
        }
        self.alerts.iter().take(self.sending).cloned().collect()
    }

    /// Removes those that were on their way; how many.
    pub(super) fn done(&mut self) -> usize {
        self.alerts.drain(..std::mem::take(&mut self.sending)).count()
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
    use std::time::SystemTime;

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
            dropped += queue.push(alert(*rule, *status, 0.0));
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
    fn what_is_on_its_way_stays() {
        let (mut queue, _) = queue(2, &[(1, Status::Firing), (2, Status::Firing)]);
        assert_eq!(queue.batch(1).len(), 1);
        assert_eq!(queue.push(alert(1, Status::Resolved, 0.0)), 1);
        assert_eq!(queue.batch(9)[0].rule, "1");
        assert_eq!(queue.done(), 1);
        assert_eq!(left(queue), [("1".into(), Status::Resolved)]);
    }

    proptest! {
        /// Of what was pushed, taken and dropped nothing is missing, and order is kept.
        #[test]
        fn nothing_is_lost_uncounted(steps in prop::collection::vec((0_u8..4, any::<bool>(), 0_usize..4), 0..200)) {
            let (mut queue, mut out, mut dropped) = (Queue::new(8), Vec::new(), 0);
            for (at, (rule, fires, taken)) in steps.iter().enumerate() {
                let status = if *fires { Status::Firing } else { Status::Resolved };
                dropped += queue.push(alert(*rule, status, at as f64));
                prop_assert!(queue.len() <= 8);
                if *taken > 0 {
                    let batch = queue.batch(*taken);
                    if *taken > 1 {
                        prop_assert_eq!(queue.done(), batch.len());
                        out.extend(batch);
                    }
                }
            }
            out.extend(queue.rest());
            prop_assert_eq!(out.len() + dropped, steps.len());
            prop_assert!(out.is_sorted_by(|a, b| a.value < b.value));
        }
    }
}
