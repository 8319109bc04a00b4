//! How a function is to be timed, by its signature.

use crate::{
    args::{Args, Fallible},
    item::Function,
};
use syn::{GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypeParamBound};

/// Whether what an async function returns is itself a future.
pub(crate) fn yields_future(function: &Function) -> bool {
    let ReturnType::Type(_, ty) = &function.sig.output else { return false };
    function.sig.asyncness.is_some() && future(ty).is_some()
}

/// The templates there are.
pub(crate) enum Kind {
    /// A guard beside the body.
    Plain,
    /// The body's value is looked at.
    Fallible,
    /// The body is a future.
    Async { fallible: bool },
    /// The body returns a future, which is what takes the time.
    Future { boxed: bool, fallible: bool },
}

impl Kind {
    pub(crate) fn of(args: &Args, function: &Function) -> Self {
        let asked = match args.outcome {
            Some(Fallible::Err { .. }) => Some(true),
            Some(Fallible::Ok) => Some(false),
            None => None,
        };
        let output = match &function.sig.output {
            ReturnType::Type(_, ty) => Some(&**ty),
            ReturnType::Default => None,
        };
        if function.sig.asyncness.is_some() {
            return Self::Async {
                fallible: asked.unwrap_or_else(|| output.is_some_and(is_result)),
            };
        }
        if let Some((boxed, of)) = output.and_then(future) {
            let fallible = || of.is_some_and(is_result) || output.is_some_and(is_of_two);
            return Self::Future { boxed, fallible: asked.unwrap_or_else(fallible) };
        }
        // A function that wants its caller's location has it only in its own body.
        let by_name = || output.is_some_and(is_result) && !is_track_caller(function);
        if asked.unwrap_or_else(by_name) { Self::Fallible } else { Self::Plain }
    }
}

/// A `BoxFuture<T, E>` is one of a `Result`.
fn is_of_two(ty: &Type) -> bool {
    let last = path(ty).and_then(|path| path.segments.last());
    last.is_some_and(|segment| type_arguments(&segment.arguments).count() == 2)
}

pub(crate) fn is_track_caller(function: &Function) -> bool {
    function.attrs.iter().any(|attr| attr.path().is_ident("track_caller"))
}

fn is_result(ty: &Type) -> bool {
    path(ty).and_then(|path| path.segments.last()).is_some_and(|segment| segment.ident == "Result")
}

/// `impl Future`, `Pin<Box<dyn Future>>`, `BoxFuture`: whether it is boxed, and of what it is.
fn future(ty: &Type) -> Option<(bool, Option<&Type>)> {
    let ty = bare(ty);
    if let Type::ImplTrait(opaque) = ty {
        // The wrapper has no other traits than these.
        let kept = opaque.bounds.iter().all(is_kept);
        let of = opaque.bounds.iter().find_map(future_bound).filter(|_| kept)?;
        return Some((false, output(of)));
    }
    let last = path(ty)?.segments.last()?;
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return Some((true, type_arguments(&last.arguments).next()));
    }
    let pinned = (last.ident == "Pin").then(|| type_arguments(&last.arguments).next())??;
    let inner = path(pinned)?.segments.last()?;
    let boxed = (inner.ident == "Box").then(|| type_arguments(&inner.arguments).next())??;
    let Type::TraitObject(object) = bare(boxed) else { return None };
    object.bounds.iter().find_map(future_bound).map(|of| (true, output(of)))
}

/// The last segment of a bound `Future<Output = T>`.
fn future_bound(bound: &TypeParamBound) -> Option<&PathSegment> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    bound.path.segments.last().filter(|segment| segment.ident == "Future")
}

/// Its `T`.
fn output(future: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &future.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
        _ => None,
    })
}

/// Whether a timed future has what a bound asks of the future in it.
fn is_kept(bound: &TypeParamBound) -> bool {
    const KEPT: [&str; 7] =
        ["Future", "Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe", "Sized"];
    match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|segment| KEPT.iter().any(|kept| segment.ident == kept))
        }
        _ => true,
    }
}

/// A type without the parentheses around it, and the groups that cannot be seen of a macro's
/// `$ty:ty`.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

fn path(ty: &Type) -> Option<&Path> {
    match bare(ty) {
        Type::Path(path) => Some(&path.path),
        _ => None,
    }
}

fn type_arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
