//! The templates: what a timed body looks like.

use crate::args::Args;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Ident, LitStr, Path, ReturnType, Signature, Type, parse_quote, parse_quote_spanned,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

/// The call site a body records under.
pub(crate) struct Site {
    name: Option<LitStr>,
    level: Option<Ident>,
    /// `::perfkit::__private`, or where it is by `crate = …`.
    private: TokenStream,
}

impl Site {
    pub(crate) fn new(args: Args) -> Self {
        let krate: Path = args.krate.unwrap_or_else(|| parse_quote!(::perfkit));
        Self { name: args.name, level: args.level, private: quote!(#krate::__private) }
    }

    /// An expression: a reference to the site's `static`. It is a block, so that the body cannot
    /// name what is in it; the inner `fn` gives away the path it stands in.
    ///
    /// ```text
    /// {
    ///     fn here() {}
    ///     static SITE: CallSite = CallSite::new(Name::Path(|| type_name_of_val(&here)), None);
    ///     &SITE
    /// }
    /// ```
    fn reference(&self) -> TokenStream {
        let Self { name, level, private } = self;
        let level = level.as_ref().map_or_else(
            || quote!(#private::None),
            |level| quote!(#private::Some(#private::LevelFilter::#level)),
        );
        let (here, name) = match name {
            Some(name) => (None, quote!(Given(#name))),
            None => (
                Some(quote!(
                    fn here() {}
                )),
                quote!(Path(|| #private::type_name_of_val(&here))),
            ),
        };
        quote!({
            #here
            static SITE: #private::CallSite =
                #private::CallSite::new(#private::Name::#name, #level);
            &SITE
        })
    }

    /// An expression: the outcome of `value`, a reference to what the function returned.
    fn outcome(&self, value: &TokenStream) -> TokenStream {
        let private = &self.private;
        quote!({
            #[allow(unused_imports)]
            use #private::{ViaAny as _, ViaResult as _};
            (&#private::Probe(#value)).outcome()
        })
    }
}

/// The statements that take the place of a body's.
pub(crate) fn timed(
    site: &Site,
    attrs: &[Attribute],
    sig: &Signature,
    statements: &TokenStream,
) -> TokenStream {
    if sig.asyncness.is_some() {
        asynchronous(site, sig, statements)
    } else if returns_result(sig) && !is_track_caller(attrs) {
        fallible(site, sig, statements)
    } else {
        plain(site, statements)
    }
}

/// ```text
/// let scope = Scope::enter(SITE);
/// statements
/// ```
fn plain(site: &Site, statements: &TokenStream) -> TokenStream {
    let (private, reference) = (&site.private, site.reference());
    let scope = local("scope", Span::mixed_site());
    quote! {
        let #scope = #private::Scope::enter(#reference);
        #statements
    }
}

/// The closure keeps `return` and `?` from leaving before the outcome is seen.
///
/// ```text
/// let mut scope = Scope::enter(SITE);
/// let value: Result<T, E> = call(move || -> Result<T, E> { statements });
/// scope.set_outcome(outcome_of(&value));
/// value
/// ```
fn fallible(site: &Site, sig: &Signature, statements: &TokenStream) -> TokenStream {
    let (private, reference) = (&site.private, site.reference());
    let scope = local("scope", Span::mixed_site());
    let value = local("value", Span::mixed_site());
    let outcome = site.outcome(&quote!(&#value));
    let returned = nameable(&sig.output);
    let (annotation, arrow) = match &returned {
        Some(returned) => (Some(quote!(: #returned)), Some(quote!(-> #returned))),
        None => (None, None),
    };
    quote! {
        let mut #scope = #private::Scope::enter(#reference);
        let #value #annotation = #private::call(move || #arrow { #statements });
        #scope.set_outcome(#outcome);
        #value
    }
}

/// The type hint lets `return` and the last expression coerce as they would in the function.
///
/// ```text
/// Timed::new(
///     SITE,
///     async move {
///         if false {
///             let returned: R = loop {};
///             return returned;
///         }
///         statements
///     },
///     |value| outcome_of(value),
/// )
/// .await
/// ```
fn asynchronous(site: &Site, sig: &Signature, statements: &TokenStream) -> TokenStream {
    let (private, reference) = (&site.private, site.reference());
    let value = local("value", Span::mixed_site());
    let outcome = if returns_result(sig) {
        site.outcome(&quote!(#value))
    } else {
        quote!(#private::Outcome::Ok)
    };
    let parameter = if returns_result(sig) { quote!(#value) } else { quote!(_) };
    let hint = type_hint(&sig.output);
    quote! {
        #private::Timed::new(
            #reference,
            async move { #hint #statements },
            |#parameter| #outcome,
        )
        .await
    }
}

/// A variable of ours, which the body cannot name, placed where errors about it should point.
fn local(name: &str, at: Span) -> Ident {
    Ident::new(&format!("__perfkit_{name}"), Span::mixed_site().located_at(at))
}

fn type_hint(output: &ReturnType) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    if matches!(**ty, Type::Never(_)) {
        return None;
    }
    let (ty, _) = erase_impl_trait(ty);
    let returned = local("returned", ty.span());
    Some(quote_spanned! {ty.span()=>
        #[allow(
            unknown_lints,
            unreachable_code,
            clippy::all,
            clippy::pedantic,
            clippy::restriction,
            clippy::nursery
        )]
        if false {
            let #returned: #ty = loop {};
            return #returned;
        }
    })
}

fn returns_result(sig: &Signature) -> bool {
    let ReturnType::Type(_, ty) = &sig.output else {
        return false;
    };
    let Type::Path(path) = &**ty else {
        return false;
    };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Result")
}

/// A function that wants its caller's location keeps it only in its own body.
fn is_track_caller(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("track_caller"))
}

/// The return type, if it can be written inside the body: without `impl Trait`.
fn nameable(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let (_, erased) = erase_impl_trait(ty);
    (!erased).then_some(&**ty)
}

/// The type with every `impl Trait` as `_`, and whether there was one.
fn erase_impl_trait(ty: &Type) -> (Type, bool) {
    struct Erase(bool);
    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(opaque) = ty {
                let span = opaque.impl_token.span;
                *ty = Type::Infer(parse_quote_spanned!(span=> _));
                self.0 = true;
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let (mut ty, mut erase) = (ty.clone(), Erase(false));
    erase.visit_type_mut(&mut ty);
    (ty, erase.0)
}
