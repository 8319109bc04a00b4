//! Exactly what the macros' expansions name. Not for use by hand, and not stable.

pub use crate::{
    call::Call,
    future::Timed,
    in_flight::InFlight,
    labels::{At, Label},
    outcome::Outcome,
    polls::{Polled, Unpolled},
    scope::Scope,
    site::{CallSite, Name},
    timer::Timer,
};
use core::fmt::Display;

pub use std::boxed::Box;

pub use core::{
    any::type_name_of_val,
    option::Option::{None, Some},
    result::Result::{self, Err},
    stringify,
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

/// A label's value: `(&Value(&value)).label()` with both traits in scope is [`ViaStr`]'s for what
/// is text already, and [`ViaDisplay`]'s for anything else that can be shown.
#[derive(Debug)]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// A label that is text already.
pub trait ViaStr<'a> {
    /// The text.
    fn label(&self) -> Label<'a>;
}

/// A label that can be shown.
pub trait ViaDisplay<'a> {
    /// What it shows.
    fn label(&self) -> Label<'a>;
}

impl<'a, T: AsRef<str> + ?Sized> ViaStr<'a> for Value<'a, T> {
    #[inline]
    fn label(&self) -> Label<'a> {
        Label::Str(self.0.as_ref())
    }
}

impl<'a, T: Display> ViaDisplay<'a> for &Value<'a, T> {
    #[inline]
    fn label(&self) -> Label<'a> {
        Label::Shown(self.0)
    }
}

/// A value of the type a block is to return, for where that is never reached.
#[must_use]
pub fn never<T>() -> T {
    unreachable!("the hint of a type is never run")
}

/// The outcome of what must be a `Result`.
#[inline]
pub fn outcome_of<T, E>(value: &Result<T, E>) -> Outcome {
    Probe(value).outcome()
}

/// What `err(kind = …)` makes of an error.
#[inline]
pub fn kind_of<'e, E, K>(error: &'e E, kind: impl FnOnce(&'e E) -> K) -> K {
    kind(error)
}

/// A label's key as it is meant: `type` for `r#type`.
#[must_use]
pub const fn key(ident: &'static str) -> &'static str {
    match ident.as_bytes() {
        [b'r', b'#', ..] => ident.split_at(2).1,
        _ => ident,
    }
}
