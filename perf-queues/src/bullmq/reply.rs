//! What Redis answers, whatever that is: what is not understood is not there.

use super::{event::Event, id::EntryId, machine::Hash, place::Info};
use redis::Value;
use serde::Deserialize;

/// Fields asked of a job's hash; never its data, and of its options only the delay is looked at.
pub(super) const HASH: [&str; 8] =
    ["name", "pb", "processedOn", "finishedOn", "atm", "ats", "timestamp", "opts"];

/// A job's options.
#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    delay: f64,
}

/// An entry, and what it tells of a job, if anything.
pub(super) type Entry = (EntryId, Option<Event>);

pub(super) fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.as_bytes()),
        _ => None,
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    bytes(value).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        other => std::str::from_utf8(bytes(other)?).ok()?.trim().parse().ok(),
    }
}

pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) | Value::Set(items) => items,
        _ => &[],
    }
}

/// Keys and values, as a map or one after the other.
fn pairs(value: &Value) -> Vec<(&Value, &Value)> {
    match value {
        Value::Map(pairs) => pairs.iter().map(|(key, value)| (key, value)).collect(),
        other => items(other).chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
    }
}

fn id(value: &Value) -> Option<EntryId> {
    std::str::from_utf8(bytes(value)?).ok()?.parse().ok()
}

/// The entries of an answer to `XREAD` of one stream.
pub(super) fn entries(value: &Value) -> Vec<Entry> {
    let streams: Vec<&Value> = match value {
        Value::Map(streams) => streams.iter().map(|(_, entries)| entries).collect(),
        other => items(other).iter().filter_map(|stream| items(stream).get(1)).collect(),
    };
    let entry = |entry: &Value| {
        let [at, fields] = items(entry) else { return None };
        let at = id(at)?;
        let fields = pairs(fields);
        let fields: Vec<_> =
            fields.iter().filter_map(|(key, value)| Some((bytes(key)?, bytes(value)?))).collect();
        Some((at, Event::of(at, &fields)))
    };
    streams.into_iter().flat_map(items).filter_map(entry).collect()
}

/// The names of the streams in an answer to `XREAD`.
pub(super) fn streams(value: &Value) -> Vec<String> {
    match value {
        Value::Map(streams) => streams.iter().filter_map(|(name, _)| text(name)).collect(),
        other => items(other).iter().filter_map(|stream| text(items(stream).first()?)).collect(),
    }
}

/// An answer to `XINFO STREAM`.
pub(super) fn info(value: &Value) -> Option<Info> {
    let pairs = pairs(value);
    let field = |name: &str| {
        let of = pairs.iter().find(|(key, _)| bytes(key) == Some(name.as_bytes()));
        of.map(|(_, value)| *value)
    };
    Some(Info {
        length: number(field("length")?)?,
        first: field("first-entry").and_then(|entry| id(items(entry).first()?)),
        last: id(field("last-generated-id")?)?,
        added: field("entries-added").and_then(number),
    })
}

/// An answer to `HMGET` of [`HASH`]. `None` if the hash is not there.
pub(super) fn hash(value: &Value) -> Option<Hash> {
    let [name, worker, processed, finished, made, started, added, options] = items(value) else {
        return None;
    };
    let count = |value| number(value).and_then(|count| u32::try_from(count).ok());
    let options = bytes(options).and_then(|json| serde_json::from_slice::<Options>(json).ok());
    // A job always has a name.
    Some(Hash {
        name: Some(text(name)?),
        worker: text(worker),
        processed: number(processed),
        finished: number(finished),
        // Before the first attempt has ended there is none.
        made: Some(count(made).unwrap_or(0)),
        started: count(started),
        added: number(added),
        delay: options.map(|options| options.delay.max(0.0) as u64),
    })
}

/// Whether it says that there is no such key.
pub(super) fn is_missing_key(value: &Value) -> bool {
    match value {
        Value::ServerError(error) => {
            error.details().is_some_and(|details| details.contains("no such key"))
        }
        Value::Nil => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Anything Redis may answer.
    pub(super) fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Nil),
            Just(Value::Okay),
            any::<i64>().prop_map(Value::Int),
            any::<Vec<u8>>().prop_map(Value::BulkString),
            "[a-z0-9-]{0,9}".prop_map(Value::SimpleString),
            "(event|jobId|length|last-generated-id|active|1-1|7)"
                .prop_map(|text| Value::BulkString(text.into())),
            any::<f64>().prop_map(Value::Double),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_is_too_odd(value in anything()) {
            let _ = (entries(&value), streams(&value), info(&value), hash(&value), number(&value), is_missing_key(&value));
        }
    }

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn what_is_understood_is_read() {
        let fields = ["event", "completed", "jobId", "7", "returnvalue", "{}"].map(bulk);
        let entry = Value::Array(vec![bulk("5-1"), Value::Array(fields.to_vec())]);
        let odd = Value::Array(vec![bulk("5-2"), Value::Nil]);
        let all = Value::Array(vec![entry, odd, Value::Int(3)]);
        let read = entries(&Value::Array(vec![Value::Array(vec![bulk("bull:q:events"), all])]));
        let [(_, Some(event)), (last, None)] = &read[..] else { panic!("{read:?}") };
        assert_eq!((&*event.job, last.to_string()), ("7", "5-2".to_owned()));
        let fields =
            [bulk("mail"), Value::Nil, bulk("12"), bulk("x"), Value::Nil, bulk("2"), bulk("9")];
        let of = |options: &str| {
            let fields = fields.iter().cloned().chain([bulk(options)]);
            hash(&Value::Array(fields.collect())).unwrap()
        };
        let read = of(r#"{"attempts":3,"delay":1500,"backoff":{"type":"fixed"}}"#);
        assert_eq!((read.processed, read.finished, read.made), (Some(12), None, Some(0)));
        assert_eq!((read.started, read.added, read.delay), (Some(2), Some(9), Some(1_500)));
        let delays =
            ["{}", r#"{"delay":-1}"#, r#"{"delay":"x"}"#, "x"].map(|options| of(options).delay);
        assert_eq!(delays, [Some(0), Some(0), None, None]);
    }
}
