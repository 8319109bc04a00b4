//! What the checks add up to, and its two JSON forms.

use super::{check::Observed, status::Status};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime};

/// What one check found.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReport {
    /// The check's name.
    pub name: String,
    /// How well it is.
    pub status: Status,
    /// What is wrong; `None` where nothing is.
    pub output: Option<String>,
    /// What was measured.
    pub observed: Option<Observed>,
    /// Whether the program cannot do without it.
    pub is_critical: bool,
    /// `component`, `datastore`, `system`, or as the check says.
    pub component_type: String,
    /// How long the check took, or has taken.
    pub duration: Duration,
    /// When it began.
    pub time: SystemTime,
}

/// How well the program is.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// All in all.
    pub status: Status,
    /// What is wrong beside the checks: `starting` or `draining`.
    pub output: Option<String>,
    /// What was checked, by name.
    pub checks: Vec<CheckReport>,
    /// How long the program has been running.
    pub uptime: Duration,
    /// The program's version.
    pub version: Option<String>,
    /// The release of it, such as a commit.
    pub release_id: Option<String>,
    /// When this was said.
    pub time: SystemTime,
}

impl CheckReport {
    /// What it means for the program.
    pub(super) fn counts_as(&self) -> Status {
        if self.is_critical { self.status } else { self.status.min(Status::Degraded) }
    }

    /// `component:measurement`. Neither may have a colon in it.
    fn draft_key(&self) -> String {
        let measurement = self.observed.as_ref().map_or("responseTime", |seen| &seen.measurement);
        let [name, measurement] = [&self.name, measurement].map(|text| text.replace(':', "_"));
        format!("{name}:{measurement}")
    }

    fn to_draft(&self) -> Value {
        let time_taken = || (json!(milliseconds(self.duration)), "ms");
        let seen = self.observed.as_ref().map(|seen| (json!(seen.value), seen.unit.as_str()));
        let (value, unit) = seen.unwrap_or_else(time_taken);
        let unit = (!value.is_null()).then_some(unit);
        let check = json!({
            "componentType": self.component_type,
            "observedValue": value,
            "observedUnit": unit,
            "status": self.status.draft_str(),
            "time": date(self.time),
            "output": self.output,
        });
        without_nulls(check)
    }

    fn to_plain(&self) -> Value {
        let seen = self.observed.as_ref().filter(|seen| seen.value.is_finite());
        let observed = seen.map(
            |seen| json!({"measurement": seen.measurement, "value": seen.value, "unit": seen.unit}),
        );
        without_nulls(json!({
            "status": self.status.as_str(),
            "output": self.output,
            "observed": observed,
            "critical": self.is_critical,
            "duration_ms": milliseconds(self.duration),
            "time": date(self.time),
        }))
    }
}

impl Health {
    /// As `application/health+json`: `status` is `pass`, `warn` or `fail`, and each check is at
    /// `component:measurement`, with the time it took where it measured nothing else
    /// (<https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06>).
    ///
    /// ```
    /// let health = perf_monitor::health::HealthRegistry::new().version("1.2.3");
    /// assert!(health.liveness().to_health_json().contains(r#""status":"pass""#));
    /// ```
    #[must_use]
    pub fn to_health_json(&self) -> String {
        let mut checks = Map::new();
        let uptime = json!({
            "componentType": "system",
            "observedValue": self.uptime.as_secs_f64(),
            "observedUnit": "s",
            "status": Status::Up.draft_str(),
            "time": date(self.time),
        });
        checks.insert("uptime".to_owned(), json!([without_nulls(uptime)]));
        for check in &self.checks {
            let of_key = checks.entry(check.draft_key()).or_insert_with(|| json!([]));
            of_key.as_array_mut().into_iter().for_each(|all| all.push(check.to_draft()));
        }
        let health = json!({
            "status": self.status.draft_str(),
            "version": self.version,
            "releaseId": self.release_id,
            "output": self.output,
            "checks": checks,
        });
        without_nulls(health).to_string()
    }

    /// As plain JSON: `{"status":"UP","checks":{…},"uptime_seconds":…,"version":…}`, each check with
    /// `status`, `critical`, `duration_ms`, `time`, and `output` and `observed` where there is such.
    ///
    /// ```
    /// let health = perf_monitor::health::HealthRegistry::new().version("1.2.3");
    /// assert!(health.liveness().to_plain_json().contains(r#""status":"UP""#));
    /// ```
    #[must_use]
    pub fn to_plain_json(&self) -> String {
        let checks = self.checks.iter().map(|check| (check.name.clone(), check.to_plain()));
        let health = json!({
            "status": self.status.as_str(),
            "output": self.output,
            "checks": checks.collect::<Map<_, _>>(),
            "uptime_seconds": self.uptime.as_secs_f64(),
            "version": self.version,
            "release_id": self.release_id,
        });
        without_nulls(health).to_string()
    }

    /// See [`Status::http_status`].
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.status.http_status()
    }
}

/// What is not there is left out; so is a number that is not finite.
fn without_nulls(mut value: Value) -> Value {
    value.as_object_mut().into_iter().for_each(|map| map.retain(|_, value| !value.is_null()));
    value
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// By RFC 3339, as the draft asks for; none beyond the year 9999.
fn date(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    Some(format!("{time:.3}"))
}
