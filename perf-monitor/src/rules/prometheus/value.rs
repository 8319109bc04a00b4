//! What a rule measures, as an expression.

use super::{
    names,
    series::{Calls, Range, Series},
    text,
};
use crate::rules::{measure::Measure, rule::Rule, selector::Selector, statistic::Statistic};
use std::time::Duration;

/// An expression, and what is to be known of it.
#[derive(Debug)]
pub(super) struct Value {
    /// In parentheses where it has to be.
    pub(super) expr: String,
    /// Whether it is nothing but a selector.
    pub(super) is_plain: bool,
    pub(super) remarks: Vec<String>,
}

/// The value of a rule's series, of those that have enough calls. An error says why there can be none.
pub(super) fn of(series: &Series<'_>, every: Duration) -> Result<Value, String> {
    let rule = series.rule;
    let mut remarks = Vec::new();
    let expr = match &rule.measure {
        Measure::Now(of) => {
            remarks.extend(beside_bounds(rule, of));
            counted(series, of, statistic(series, of, rule.over)?)?
        }
        Measure::Slope { of, points } => {
            let points = u32::try_from(*points).unwrap_or(u32::MAX);
            let length = text::duration(every.saturating_mul(points));
            remarks.push(format!(
                "the slope is of the last {length}, and there is one as soon as there are two values"
            ));
            let value = counted(series, of, statistic(series, of, rule.over)?)?;
            let every = text::duration(every);
            format!("deriv(({value})[{length}:{every}]) * 3600")
        }
        Measure::ShareOfHistory { of, history } => {
            remarks.push(format!(
                "it tells once a series is {} old, and not before",
                text::duration(*history)
            ));
            share(series, of, *history)?
        }
        Measure::ErrorSpike { history } => spike(series, *history),
        Measure::BurnRate { objective, short } => burn(series, *objective, *short),
    };
    let is_plain = matches!(rule.measure, Measure::Now(Statistic::Gauge | Statistic::InFlight));
    Ok(Value { expr, is_plain: is_plain && !rule.together, remarks })
}

/// Percentiles are exact where buckets end.
fn beside_bounds(rule: &Rule, of: &Statistic) -> Option<String> {
    if !matches!(of, Statistic::Percentile(_) | Statistic::Max) {
        return None;
    }
    let (bounds, threshold) = (names::bounds(), rule.above.or(rule.below)?);
    let last = bounds.last()?;
    if bounds.contains(&threshold) && threshold < *last {
        return None;
    }
    if threshold >= *last {
        return Some(format!(
            "classic buckets end at {last} s, and what is longer counts as that: it needs native \
             histograms, or buckets of one's own beyond {} s",
            text::number(threshold)
        ));
    }
    Some(format!(
        "{} s is within a classic bucket, where Prometheus estimates: native histograms are exact to \
         half a percent",
        text::number(threshold)
    ))
}

/// A statistic of a window.
fn statistic(series: &Series<'_>, of: &Statistic, over: Duration) -> Result<String, String> {
    Ok(match of {
        Statistic::Min => {
            return Err("Prometheus does not know the shortest duration".into());
        }
        Statistic::Percentile(percentile) if *percentile <= 0.0 => {
            return statistic(series, &Statistic::Min, over);
        }
        Statistic::Percentile(percentile) => quantile(series, *percentile / 100.0, over),
        Statistic::Max => quantile(series, 1.0, over),
        Statistic::Mean => {
            let [native, sum, count] = ["", "_sum", "_count"].map(|of| series.durations(of, over));
            format!("(histogram_sum({native}) / histogram_count({native})\n  or {sum} / {count})")
        }
        Statistic::Count => series.calls(Range::Increase, Calls::All, over),
        Statistic::Rate => series.calls(Range::Rate, Calls::All, over),
        Statistic::ErrorRate => error_rate(series, over),
        Statistic::InFlight => series.in_flight(),
        Statistic::Gauge => series.gauge()?,
        Statistic::CounterRate => series.counter(Range::Rate, over)?,
        Statistic::Ratio { part, whole } => ratio(series, part, whole, over)?,
    })
}

/// Of whichever kind of histogram the server keeps.
fn quantile(series: &Series<'_>, quantile: f64, over: Duration) -> String {
    let quantile = text::number(quantile);
    let [native, classic] = ["", "_bucket"].map(|of| series.durations(of, over));
    format!(
        "(histogram_quantile({quantile}, {native})\n  or histogram_quantile({quantile}, {classic}))"
    )
}

/// Of the calls that were timed: how others ended nobody knows.
fn error_rate(series: &Series<'_>, over: Duration) -> String {
    let [failed, timed] =
        [Calls::Failed, Calls::Timed].map(|which| series.calls(Range::Rate, which, over));
    format!("{failed}\n  / {timed}")
}

fn ratio(
    series: &Series<'_>,
    part: &[Selector],
    whole: &[Selector],
    over: Duration,
) -> Result<String, String> {
    let [part, whole] = [part, whole].map(|of| series.counters(Range::Increase, of, over));
    let (part, whole) = (part?, whole?);
    Ok(format!("({part} or {whole} * 0)\n  / {whole}"))
}

/// With the condition that there are enough calls.
fn counted(series: &Series<'_>, of: &Statistic, value: String) -> Result<String, String> {
    if matches!(of, Statistic::Gauge | Statistic::InFlight) {
        return Ok(value);
    }
    // Without a call there is none a second, but no percentile.
    if series.rule.minimum == 0 && (of.counts_calls() || *of == Statistic::CounterRate) {
        return Ok(value);
    }
    let n = number(series, of, Range::Increase, series.rule.over)?;
    Ok(format!("{value}\nand {n} {}", enough(series.rule)))
}

/// Of how many calls a statistic is, or of how much that was counted.
fn number(
    series: &Series<'_>,
    of: &Statistic,
    range: Range,
    over: Duration,
) -> Result<String, String> {
    Ok(match of {
        Statistic::CounterRate => series.counter(range, over)?,
        Statistic::Ratio { whole, .. } => series.counters(range, whole, over)?,
        _ if of.counts_calls() => series.calls(range, Calls::All, over),
        _ => series.calls(range, Calls::Timed, over),
    })
}

/// Increases are estimates: of one call there may be a little less.
fn enough(rule: &Rule) -> String {
    if rule.minimum <= 1 { "> 0".to_owned() } else { format!(">= {}", rule.minimum) }
}

/// A rate over a time that is longer than a series is old would be far too low.
fn share(series: &Series<'_>, of: &Statistic, history: Duration) -> Result<String, String> {
    let over = series.rule.over;
    let [now, then] = [over, history].map(|over| statistic(series, of, over));
    // How often it happens may be never just now.
    let n_over = if of.counts_calls() { history } else { over };
    let n = number(series, of, Range::Increase, n_over)?;
    let was = number(series, of, Range::IncreaseBefore(history), over)?;
    let enough = enough(series.rule);
    Ok(format!("{}\n/ ({} > 0)\nand {n} {enough}\nand {was}", now?, then?))
}

fn spike(series: &Series<'_>, history: Duration) -> String {
    let over = series.rule.over;
    let count = |which, over| series.calls(Range::Increase, which, over);
    let [errors, calls] = [Calls::Failed, Calls::Timed]
        .map(|which| format!("{}\n    - {}", count(which, history), count(which, over)));
    format!(
        "{}\n/ (clamp_min(round({errors}), 1)\n  / (({calls}) > 0))\nand {} {}",
        error_rate(series, over),
        count(Calls::Timed, over),
        enough(series.rule),
    )
}

/// The smaller of both windows.
fn burn(series: &Series<'_>, objective: f64, short: Duration) -> String {
    let over = series.rule.over;
    let [long, short] = [over, short].map(|over| format!("({})", error_rate(series, over)));
    format!(
        "({long} <= {short}\n  or ({short} and {long}))\n/ (1 - {})\nand {} {}",
        text::number(objective),
        series.calls(Range::Increase, Calls::Timed, over),
        enough(series.rule),
    )
}
