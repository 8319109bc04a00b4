//! Exactly what the macros' expansions name. Not for use by hand, and not stable.

pub use crate::{
    future::Timed,
    outcome::Outcome,
    scope::Scope,
    site::{CallSite, Name},
    timer::Timer,
};
pub use core::{
    any::type_name_of_val,
    option::Option::{None, Some},
};
pub use tracing::level_filters::LevelFilter;

/// Runs a function's body, so that what it returns can be looked at.
#[inline]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// A returned value whose outcome is asked for: `Probe(&value).outcome()` with both traits in
/// scope is [`ViaResult`]'s for a `Result`, and [`ViaAny`]'s for anything else of that name.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// The outcome of a `Result`.
pub trait ViaResult {
    /// `Error` for `Err`, else `Ok`.
    fn outcome(&self) -> Outcome;
}

/// The outcome of anything else.
pub trait ViaAny {
    /// `Ok`.
    fn outcome(&self) -> Outcome;
}

impl<T, E> ViaResult for Probe<'_, Result<T, E>> {
    #[inline]
    fn outcome(&self) -> Outcome {
        if self.0.is_err() { Outcome::Error } else { Outcome::Ok }
    }
}

impl<T: ?Sized> ViaAny for &Probe<'_, T> {
    #[inline]
    fn outcome(&self) -> Outcome {
        Outcome::Ok
    }
}
