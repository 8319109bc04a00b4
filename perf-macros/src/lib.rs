//! The macros of perfkit. Programs use them through the `perfkit` crate, which documents them by
//! example; what they expand to names `perfkit::__private` alone.

mod args;
mod body;
mod expand;
mod fallback;
mod item;
mod valid;

use proc_macro::TokenStream;

/// Times every call of a function: sync, async, a method, generic.
///
/// An async fn is timed from its first poll until it is ready; dropped before that, it counts as
/// cancelled. A call that returns `Err`, by a return type whose last segment is `Result`, counts
/// as an error; a call that a panic unwinds through as panicked.
///
/// | option | meaning |
/// |---|---|
/// | `"name"`, `name = "name"` | the operation's name; by default the function's full path with its type, such as `app::Pool<T>::get` |
/// | `level = "info"` | the level of the log event of each call: `error`, `warn`, `info`, `debug`, `trace` or `off`; by default what `set_log_level` says |
/// | `crate = path` | where perfkit is, if it has been renamed: `crate = my_perfkit` |
#[proc_macro_attribute]
pub fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    if cfg!(feature = "enabled") { expand::timed(args.into(), item.into()).into() } else { item }
}
