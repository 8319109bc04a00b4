use crate::{HOUR, MINUTE, fleet, tasks};
use perf_fleet::{Status, TaskRecord};
use serde_json::Value;
use std::time::Duration;

#[test]
fn a_report_is_of_its_period_and_domain() {
    let (fleet, clock) = fleet();
    // To a whole minute, for tasks are counted by the minute.
    clock.advance(Duration::from_secs(20));
    let (a, b) = (fleet.worker("a").domain("x"), fleet.worker("b").domain("y"));
    tasks(&a, 10, 0, 10.0);
    clock.advance(HOUR);
    let start = fleet.now();
    tasks(&a, 20, 2, 30.0);
    tasks(&b, 5, 5, 1.0);
    clock.advance(HOUR);
    let all = fleet.generate_report(start, fleet.now(), None);
    assert_eq!((all.totals.completed, all.totals.failed), (18, 7));
    assert_eq!((all.totals.per_hour, all.comparison.previous.completed), (Some(25.0), 10));
    assert_eq!((all.counts.workers, all.counts.failing), (2, 1));
    let x = fleet.generate_report(start, fleet.now(), Some("x"));
    assert_eq!((x.totals.completed, x.counts.workers), (18, 1));
    assert_eq!(x.totals.error_rate, Some(0.1));
    let none = fleet.generate_report(start, fleet.now(), Some("z"));
    assert_eq!((none.counts.workers, none.average_health), (0, None));
}

#[test]
fn changes_against_the_period_before_are_those_beyond_chance() {
    let (fleet, clock) = fleet();
    let mut random = fastrand::Rng::with_seed(3);
    let mut hour = |slower: f64, failed: u64| {
        for (id, factor, failed) in
            [("same", 1.0, 2), ("slower", slower, 2), ("worse", 1.0, failed)]
        {
            for n in 0..200 {
                let seconds = 10.0 * factor * random.f64().mul_add(0.4, 0.8);
                fleet.worker(id).record_task(Duration::from_secs_f64(seconds), n >= failed);
            }
        }
    };
    hour(1.0, 2);
    clock.advance(HOUR);
    let start = fleet.now();
    hour(1.5, 40);
    let comparison = fleet.generate_report(start, start + HOUR, None).comparison;
    let ids = |list: &[perf_fleet::report::WorkerChange]| {
        list.iter().map(|of| of.worker.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&comparison.slower), ["slower"]);
    assert_eq!(ids(&comparison.more_errors), ["worse"]);
    assert!(comparison.faster.is_empty() && comparison.fewer_errors.is_empty());
    let slower = &comparison.slower[0];
    assert!((slower.median_shift.unwrap() - 0.5).abs() < 0.15 && slower.p.unwrap() < 0.001);
    assert_eq!(comparison.more_errors[0].error_rate_after, Some(0.2));
}

#[test]
fn old_periods_are_kept_by_the_quarter_of_an_hour_for_a_day() {
    let (fleet, clock) = fleet();
    let (worker, start) = (fleet.worker("w1"), fleet.now());
    for _ in 0..30 * 60 {
        worker.record_task(Duration::from_secs(1), true);
        clock.advance(MINUTE);
    }
    let now = fleet.now();
    let completed = |from, to| fleet.generate_report(from, to, None).totals.completed;
    assert_eq!(completed(now - HOUR, now), 60);
    // The beginning is in the middle of a quarter, which counts as a whole or not at all.
    let of_ten_hours = completed(now - 10 * HOUR, now);
    assert!(of_ten_hours.abs_diff(600) <= 15, "{of_ten_hours}");
    let kept = completed(start, now);
    assert!((1_440..=1_470).contains(&kept), "{kept}");
}

#[test]
fn json_markdown_and_html_say_the_same_and_are_escaped() {
    let (fleet, _) = fleet();
    let name = "</td><script>alert('x|y')</script>";
    let worker = fleet.worker("w1").name(name).domain("a|b\n# c");
    tasks(&worker, 20, 10, 1.0);
    let report = fleet.generate_report(fleet.now() - HOUR, fleet.now() + MINUTE, None);
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["counts"]["failing"], 1);
    assert_eq!(json["top"][0]["name"], name);
    assert_eq!(json["start"], "2001-09-09T00:46:40Z");
    assert_eq!(json["bottlenecks"][0]["kind"], "error_rate");
    let html = report.to_html();
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
    assert!(!html.contains("http://") && !html.contains("https://"), "it needs nothing else");
    assert!(html.contains("The error rate of w1 is 50.0 %, over 20.0 %."));
    let markdown = report.to_markdown();
    assert!(!markdown.replace(r"\<", "").contains('<'), "{markdown}");
    let pipes = |line: &str| line.replace("\\|", "").matches('|').count();
    let tables = markdown.lines().filter(|line| line.starts_with('|'));
    assert!(tables.clone().all(|line| [4, 5, 10].contains(&pipes(line))), "{markdown}");
    assert!(markdown.lines().all(|line| !line.starts_with("# c")));
}

#[test]
fn one_worker_in_full() {
    let (fleet, clock) = fleet();
    let worker = fleet.worker("w1").name("Builds").metadata("version", "1.2");
    let start = fleet.now();
    for n in 0..60_u64 {
        let ok = !(20..30).contains(&n);
        worker.record(&TaskRecord::new(Duration::from_secs(5), ok).kind("build"));
        clock.advance(MINUTE);
    }
    let report = fleet.worker_report("w1", start, fleet.now()).unwrap();
    assert_eq!((report.totals.completed, report.totals.failed), (50, 10));
    assert_eq!((report.recovery.episodes, report.recovery.longest_seconds), (1, Some(600.0)));
    assert_eq!(
        (report.kinds[0].kind.as_str(), report.kinds[0].efficiency.success),
        ("build", 5.0 / 6.0)
    );
    assert_eq!(report.stats.health.status, Status::Degraded);
    assert_eq!(report.health.len(), 24);
    let worst = report.health.iter().filter_map(|point| point.health).fold(100.0, f64::min);
    let best = report.health.iter().filter_map(|point| point.health).fold(0.0, f64::max);
    assert!(best - worst > 40.0, "{best} {worst}");
    assert!(report.to_markdown().contains("version: 1.2"));
    assert!(report.to_html().contains("<h2>Health</h2>"));
}
