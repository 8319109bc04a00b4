//! The macros of perfkit. Programs use them through the `perfkit` crate, which documents them by
//! example; what they expand to names `perfkit::__private` alone.

mod args;
mod body;
mod duration;
mod expand;
#[cfg(test)]
mod expansions;
mod fallback;
mod item;
mod kind;
mod valid;

use proc_macro::TokenStream;

/// Times every call of a function: sync, async, a method, generic; on an `impl`, a `trait` or a
/// `mod` with its content, every call of each function in it.
///
/// An async fn is timed from its first poll until it is ready; dropped before that, it counts as
/// cancelled. So is the future that a function returns as `impl Future`, `Pin<Box<dyn Future>>` or
/// `BoxFuture`, which covers methods under `#[async_trait]`. A call that returns `Err`, by a return
/// type whose last segment is `Result`, counts as an error; one that a panic unwinds through as
/// panicked.
///
/// | option | meaning |
/// |---|---|
/// | `"name"`, `name = "name"` | the operation's name; by default the function's full path with its type, such as `app::Pool::get` |
/// | `level = "info"` | the level of the log event of each call: `error`, `warn`, `info`, `debug`, `trace` or `off`; by default what `set_log_level` says |
/// | `log_above = "100ms"` | log only calls that took at least this long: `ns`, `us`, `ms`, `s`, `m`, `h` |
/// | `labels(key = value, …)` | time the calls of each combination of values apart. Values are expressions over the arguments, evaluated on entry: text, or anything that can be shown. Arguments are never recorded unless asked for here |
/// | `sample = 64` | time one call in 64; every call is counted. Calls not timed have no outcome, and are nobody's caller |
/// | `poll` | also count and time the polls of an async fn: its busy time, and its longest poll |
/// | `in_flight` | also tell how many calls are running, and for how long the oldest; costs two locks a call. Counted under the name, without labels |
/// | `err`, `ok` | whether a returned `Err` is an error, where the return type's name misleads |
/// | `err(kind = \|e\| …)` | count an error in the series labelled `error_type` with this value, of which there should be few |
/// | `crate = path` | where perfkit is, if it has been renamed: `crate = my_perfkit` |
/// | `skip` | do not time this function of a timed block |
///
/// On a block, `name`, `labels` and `err` are not allowed; a `const fn` in it and a function with
/// a `#[timed]` of its own are left as they are.
#[proc_macro_attribute]
pub fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    if cfg!(feature = "enabled") { expand::timed(args.into(), item.into()).into() } else { item }
}
