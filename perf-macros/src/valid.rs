//! What cannot be timed although it is a function.

use crate::item::{Body, Function};
use syn::{Error, Result, spanned::Spanned};

/// All rules, broken ones reported together.
pub(crate) fn check(function: &Function) -> Result<()> {
    let mut errors = Vec::new();
    if let Some(constant) = &function.sig.constness {
        errors.push(Error::new(
            constant.span(),
            "a `const fn` cannot be timed: it may run at compile time, where there is no clock",
        ));
    }
    if let Body::None(semicolon) = &function.body {
        errors.push(Error::new(
            semicolon.span(),
            "a method without a body cannot be timed: put `#[timed]` on its implementations",
        ));
    }
    errors
        .into_iter()
        .reduce(|mut all, error| {
            all.combine(error);
            all
        })
        .map_or(Ok(()), Err)
}
