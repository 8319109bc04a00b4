//! What cannot be timed, and what options do not go together.

use crate::{
    args::{Args, Fallible},
    fallback::combined,
    item::{Body, Function},
    kind::{Kind, is_track_caller},
};
use proc_macro2::Span;
use syn::{Error, Result, spanned::Spanned};

/// All rules of a lone function, broken ones reported together.
pub(crate) fn check(args: &Args, function: &Function) -> Result<()> {
    let mut errors = together(args);
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
    let is_future = !matches!(Kind::of(args, function), Kind::Plain | Kind::Fallible);
    if let Some(at) = args.poll.filter(|_| !is_future) {
        errors.push(Error::new(at, "`poll` is for async functions: this one is never polled"));
    }
    if let Some(Fallible::Err { at, .. }) = &args.outcome
        && is_track_caller(function)
    {
        errors.push(Error::new(
            *at,
            "`err` and `#[track_caller]` do not go together: to see what is returned, the body has \
             to be a closure, and that has no caller's location",
        ));
    }
    combined(errors).map_or(Ok(()), Err)
}

/// All rules of a block of functions: its options are theirs, so they cannot name one of them or
/// its arguments.
pub(crate) fn check_block(args: &Args) -> Result<()> {
    let mut errors = together(args);
    let mut only_on_a_function = |at: Option<Span>, what: &str| {
        let error = |at| Error::new(at, format!("{what} of one function: put it there"));
        errors.extend(at.map(error));
    };
    only_on_a_function(args.name.as_ref().map(Spanned::span), "a name is");
    only_on_a_function(args.labels.as_ref().map(|labels| labels.at), "labels are");
    match &args.outcome {
        Some(Fallible::Err { at, .. }) => only_on_a_function(Some(*at), "`err` is"),
        Some(Fallible::Ok) | None => {}
    }
    combined(errors).map_or(Ok(()), Err)
}

fn together(args: &Args) -> Vec<Error> {
    let mut errors = Vec::new();
    if let (Some(labels), Some(_)) = (&args.labels, &args.sample) {
        errors.push(Error::new(labels.at, "`labels` and `sample` do not go together"));
    }
    let others = args.name.is_some()
        || args.level.is_some()
        || args.log_above.is_some()
        || args.labels.is_some()
        || args.sample.is_some()
        || args.poll.is_some()
        || args.in_flight.is_some()
        || args.outcome.is_some();
    if let Some(at) = args.skip.filter(|_| others) {
        errors.push(Error::new(at, "`skip` stands alone: nothing else has an effect beside it"));
    }
    errors
}
