//! A fleet's workers, as `/api/v1/fleet` has them.

use super::reading::Worker;
use serde_json::Value;

/// So many workers are asked for, the least healthy first.
pub(super) const MOST: usize = 500;

/// All of an answer. What is not understood is left out.
pub(super) fn of_answer(text: &str) -> Vec<Worker> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    answer["workers"].as_array().into_iter().flatten().map(of_json).collect()
}

fn of_json(worker: &Value) -> Worker {
    let text = |key: &str| worker[key].as_str().unwrap_or_default().to_owned();
    Worker {
        id: text("id"),
        domain: text("domain"),
        status: text("status"),
        health: worker["health"].as_f64(),
        workload: worker["workload"].as_f64(),
        queue: worker["queue_depth"].as_u64().unwrap_or_default(),
        done: worker["completed"].as_u64().unwrap_or_default(),
        errors: worker["error_rate"].as_f64(),
        mean_seconds: worker["mean_seconds"].as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let text = r#"{"workers":[{"id":"w1","domain":"Data","status":"failing","health":31.5,
            "workload":null,"queue_depth":7,"completed":12,"error_rate":0.25,"mean_seconds":90.0},7]}"#;
        let workers = of_answer(text);
        assert_eq!((workers.len(), &*workers[0].id, workers[0].queue), (2, "w1", 7));
        assert_eq!((workers[0].health, workers[0].workload), (Some(31.5), None));
        assert_eq!(workers[1].health, None);
        assert_eq!(of_answer("<html>"), []);
    }
}
