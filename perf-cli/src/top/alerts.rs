//! Alerts, as `/api/v1/alerts` has them, and as a store does.

use super::reading::{Alert, State};
use perf_store::AlertChange;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// All of an answer, the worst first. What is not understood is left out.
pub(super) fn of_answer(text: &str) -> Vec<Alert> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let firing = list("firing").into_iter().map(|alert| of_json(&alert, State::Firing));
    let pending = list("pending").into_iter().map(|of| of_json(&of["alert"], State::Pending));
    let past = list("history").into_iter().map(|alert| of_json(&alert, State::Resolved));
    // What fires stands in the history, too.
    sorted(firing.chain(pending).chain(past.filter(|alert| alert.ended.is_some())).collect())
}

fn of_json(alert: &Value, state: State) -> Alert {
    let text = |key: &str| alert[key].as_str().unwrap_or_default().to_owned();
    let time = |key: &str| {
        let since = Duration::from_millis(alert[key].as_u64()?);
        SystemTime::UNIX_EPOCH.checked_add(since)
    };
    Alert {
        state,
        severity: text("severity"),
        rule: text("rule"),
        summary: text("summary"),
        started: time("started_unix_ms").unwrap_or(SystemTime::UNIX_EPOCH),
        ended: time("ended_unix_ms"),
    }
}

/// Of changes by time: an alert that ended is no longer firing.
pub(super) fn of_changes(changes: Vec<(String, AlertChange)>) -> Vec<Alert> {
    let mut known: BTreeMap<_, Alert> = BTreeMap::new();
    for (instance, change) in changes {
        let is_firing = change.status == "firing";
        let key = (instance, change.rule.clone(), change.labels.clone());
        let began = known.get(&key).map_or(change.at, |alert| alert.started);
        let alert = Alert {
            state: if is_firing { State::Firing } else { State::Resolved },
            severity: change.severity,
            rule: change.rule,
            summary: change.summary,
            started: if is_firing { change.at } else { began },
            ended: (!is_firing).then_some(change.at),
        };
        known.insert(key, alert);
    }
    sorted(known.into_values().collect())
}

fn sorted(mut alerts: Vec<Alert>) -> Vec<Alert> {
    let newest_first = |alert: &Alert| std::cmp::Reverse(alert.ended.unwrap_or(alert.started));
    alerts.sort_by_key(|alert| (alert.state, newest_first(alert)));
    alerts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let alert =
            r#"{"rule":"slow","severity":"warning","summary":"p95 is high","started_unix_ms":5"#;
        let text = format!(
            r#"{{"firing":[{alert}}}],"pending":[{{"alert":{alert}}},"held_ns":1}}],
            "history":[{alert}}},{alert},"ended_unix_ms":9}}]}}"#
        );
        let alerts = of_answer(&text);
        let states: Vec<_> = alerts.iter().map(|alert| alert.state).collect();
        assert_eq!(states, [State::Firing, State::Pending, State::Resolved]);
        assert_eq!(alerts[0].summary, "p95 is high");
        assert_eq!(of_answer("<html>"), []);
        assert_eq!(of_answer(r#"{"firing":[7]}"#).len(), 1);
    }

    #[test]
    fn changes() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let change = |rule: &str, status: &str, seconds| {
            let (rule, status) = (rule.to_owned(), status.to_owned());
            let change = AlertChange { rule, status, at: at(seconds), ..AlertChange::default() };
            ("one".to_owned(), change)
        };
        let all = [change("a", "firing", 1), change("b", "firing", 2), change("a", "resolved", 3)];
        let alerts = of_changes(all.to_vec());
        assert_eq!((&*alerts[0].rule, alerts[0].state), ("b", State::Firing));
        assert_eq!((alerts[1].started, alerts[1].ended), (at(1), Some(at(3))));
    }
}
