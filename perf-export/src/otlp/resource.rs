//! What the figures are of: the service, its instance, the process.

use super::attributes::attribute;
use opentelemetry_proto::tonic::{common::v1::any_value::Value, resource::v1};
use std::{
    collections::BTreeMap,
    env,
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

/// The attributes that say whose figures a request holds. Values are texts, but for the process id.
///
/// Collectors tell processes apart by `service.instance.id`, which is made at random, once in a process.
///
/// ```
/// use perf_export::otlp::Resource;
///
/// let resource = Resource::detect()
///     .service("shop")
///     .version(env!("CARGO_PKG_VERSION"))
///     .attribute("deployment.environment.name", "staging");
/// assert_eq!(resource.get("service.name").as_deref(), Some("shop"));
/// ```
///
/// Names: <https://opentelemetry.io/docs/specs/semconv/resource/>.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource(BTreeMap<String, Value>);

impl Default for Resource {
    fn default() -> Self {
        Self::detect()
    }
}

impl Resource {
    /// What is known of this process: `service.name` (`unknown_service:` and the name of its
    /// program), `service.instance.id`, `process.pid`, and `host.name` where it is found.
    #[must_use]
    pub fn detect() -> Self {
        let program = env::current_exe().ok();
        let program = program.as_deref().and_then(|path| path.file_name()?.to_str());
        let service = program.map_or_else(
            || "unknown_service".to_owned(),
            |program| format!("unknown_service:{program}"),
        );
        let pid = Value::IntValue(i64::from(std::process::id()));
        let known = Self(BTreeMap::from([("process.pid".to_owned(), pid)]))
            .service(service)
            .attribute("service.instance.id", instance());
        match host() {
            Some(host) => known.attribute("host.name", host),
            None => known,
        }
    }

    /// Sets `service.name`: the same for all instances of a service.
    #[must_use]
    pub fn service(self, name: impl Into<String>) -> Self {
        self.attribute("service.name", name)
    }

    /// Sets `service.version`.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        self.attribute("service.version", version)
    }

    /// Sets any attribute; an empty key is left out.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(key.into(), value.into());
        self
    }

    pub(super) fn set(&mut self, key: String, value: String) {
        if !key.is_empty() {
            self.0.insert(key, Value::StringValue(value));
        }
    }

    /// The value of an attribute, as text.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::StringValue(text) => Some(text.clone()),
            Value::IntValue(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn to_proto(&self) -> v1::Resource {
        let all = self.0.iter().map(|(key, value)| attribute(key, value.clone()));
        v1::Resource { attributes: all.collect(), ..v1::Resource::default() }
    }
}

/// A random UUID, version 4, the same for the life of the process.
fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        // A hash under keys that std draws at random.
        let random = || u128::from(RandomState::new().hash_one(std::process::id()));
        uuid((random() << 64) | random())
    })
}

/// <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>
fn uuid(random: u128) -> String {
    let version = 0x4_u128 << 76;
    let variant = 0x2_u128 << 62;
    let bits = random & !(0xf << 76) & !(0x3 << 62) | version | variant;
    let hex = format!("{bits:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

fn host() -> Option<String> {
    let file = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let known = file.or_else(|| env::var("COMPUTERNAME").or_else(|_| env::var("HOSTNAME")).ok());
    known.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_one_instance() {
        let resource = Resource::detect();
        assert_eq!(resource, Resource::default());
        assert!(resource.get("service.name").unwrap().starts_with("unknown_service:perf_export"));
        assert_eq!(resource.get("process.pid"), Some(std::process::id().to_string()));
        assert_eq!(resource.attribute("", "x"), Resource::detect());
    }

    #[test]
    fn its_id_is_a_uuid() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
