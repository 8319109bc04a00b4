//! The templates: what a timed body looks like.

use crate::{
    args::{Args, Fallible},
    item::{Body, Function},
    kind::Kind,
};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    Expr, Ident, Path, ReturnType, Signature, Token, Type,
    ext::IdentExt,
    parse_quote, parse_quote_spanned,
    spanned::Spanned,
    visit::{self, Visit},
    visit_mut::{self, VisitMut},
};

/// How bodies record.
pub(crate) struct Site {
    /// `None` where they do not.
    args: Option<Args>,
    /// `::perfkit::__private`, or where it is by `crate = …`.
    private: TokenStream,
}

impl Site {
    pub(crate) fn new(args: Args) -> Self {
        let krate: Path = args.krate.clone().unwrap_or_else(|| parse_quote!(::perfkit));
        Self { args: Some(args), private: quote!(#krate::__private) }
    }

    /// Leaves bodies as they are.
    pub(crate) fn none() -> Self {
        Self { args: None, private: TokenStream::new() }
    }

    /// The statements that take the place of a body's; `None` if it stays as it is.
    pub(crate) fn timed(&self, function: &Function) -> Option<TokenStream> {
        let args = self.args.as_ref()?;
        let Body::Block { statements, .. } = &function.body else { return None };
        if function.sig.constness.is_some() {
            return None;
        }
        let template = Template { args, private: &self.private, sig: &function.sig, statements };
        Some(match Kind::of(args, function) {
            Kind::Plain => template.plain(),
            Kind::Fallible => template.fallible(),
            Kind::Async { fallible } => template.asynchronous(fallible),
            Kind::Future { boxed, fallible } => template.future(boxed, fallible),
        })
    }
}

/// One body to be timed.
struct Template<'a> {
    args: &'a Args,
    private: &'a TokenStream,
    sig: &'a Signature,
    statements: &'a TokenStream,
}

impl Template<'_> {
    /// ```text
    /// let scope = Scope::enter(SITE);
    /// statements
    /// ```
    fn plain(&self) -> TokenStream {
        let Self { statements, .. } = self;
        let scope = local("scope", Span::mixed_site());
        let enter = self.enter(&quote!(Scope), &quote!(enter));
        let in_flight = self.in_flight();
        quote! {
            let #scope = #enter;
            #in_flight
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
    fn fallible(&self) -> TokenStream {
        let scope = local("scope", Span::mixed_site());
        let value = local("value", Span::mixed_site());
        let enter = self.enter(&quote!(Scope), &quote!(enter));
        let in_flight = self.in_flight();
        let (annotation, call) = self.call();
        let settle = self.settle(&scope, &value, Some(Token![&](Span::mixed_site())));
        quote! {
            let mut #scope = #enter;
            #in_flight
            let #value #annotation = #call;
            #settle
            #value
        }
    }

    /// The type hint lets `return` and the last expression coerce as they would in the function.
    ///
    /// ```text
    /// let call = Call::at(SITE);
    /// Timed::new(
    ///     call,
    ///     async move {
    ///         if false {
    ///             let returned: R = never();
    ///             return returned;
    ///         }
    ///         statements
    ///     },
    ///     |value, call| call.set_outcome(outcome_of(value)),
    /// )
    /// .await
    /// ```
    fn asynchronous(&self, fallible: bool) -> TokenStream {
        let Self { private, statements, .. } = self;
        let call = local("call", Span::mixed_site());
        let begin = self.begin();
        let hint = type_hint(private, &self.sig.output);
        let arguments = self.arguments();
        let in_flight = self.in_flight();
        let classify = self.classify(fallible);
        quote! {
            let #call = #begin;
            #private::Timed::new(#call, async move { #arguments #in_flight #hint #statements }, #classify).await
        }
    }

    /// ```text
    /// let call = Call::at(SITE);
    /// let future = call(move || { statements });
    /// Box::pin(Timed::new(call, future, |value, call| call.set_outcome(outcome_of(value))))
    /// ```
    fn future(&self, boxed: bool, fallible: bool) -> TokenStream {
        let private = self.private;
        let (call, future) =
            (local("call", Span::mixed_site()), local("future", Span::mixed_site()));
        let begin = self.begin();
        let (annotation, construct) = self.call();
        let classify = self.classify(fallible);
        let in_flight = self.in_flight();
        // What is in flight is the future, so the count moves into it.
        let future_in_flight = in_flight.map_or_else(
            || quote!(#future),
            |in_flight| quote!(async move { #in_flight #future.await }),
        );
        let timed = quote!(#private::Timed::new(#call, #future_in_flight, #classify));
        let timed = if boxed { quote!(#private::Box::pin(#timed)) } else { timed };
        quote! {
            let #call = #begin;
            let #future #annotation = #construct;
            #timed
        }
    }

    /// An expression: a reference to the site's `static`. It is a block, so that the body cannot
    /// name what is in it; the inner `fn` gives away the path it stands in.
    ///
    /// ```text
    /// {
    ///     fn here() {}
    ///     static SITE: CallSite = CallSite::new(Name::Path(|| type_name_of_val(&here)));
    ///     &SITE
    /// }
    /// ```
    fn site(&self) -> TokenStream {
        let Self { args, private, .. } = self;
        let level = args.level.as_ref().map(|level| quote!(.level(#private::LevelFilter::#level)));
        let log_above = args.log_above.map(|nanos| quote!(.log_above(#nanos)));
        let sample = args.sample.as_ref().map(|every| quote!(.sample(#every)));
        let (here, name) = match &args.name {
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
                #private::CallSite::new(#private::Name::#name)#level #log_above #sample;
            &SITE
        })
    }

    /// An expression: `Scope::enter(SITE)`, `Scope::labelled(SITE, …)` or `Scope::sample(SITE)`.
    fn enter(&self, of: &TokenStream, plainly: &TokenStream) -> TokenStream {
        let Self { args, private, .. } = self;
        let site = self.site();
        if let Some(labels) = &args.labels {
            let labels = labels.labels.iter().map(|(key, value)| self.label(key, value));
            return quote!({
                #[allow(unused_imports)]
                use #private::{ViaDisplay as _, ViaStr as _};
                #private::#of::labelled(#site, &[#(#labels),*])
            });
        }
        let how = if args.sample.is_some() { quote!(sample) } else { plainly.clone() };
        quote!(#private::#of::#how(#site))
    }

    fn label(&self, key: &Ident, value: &Expr) -> TokenStream {
        let private = self.private;
        let key = key.unraw().to_string();
        quote_spanned!(value.span()=> (#key, (&#private::Value(&(#value))).label()))
    }

    /// An expression: the call of a future.
    fn begin(&self) -> TokenStream {
        let private = self.private;
        let call = if self.args.poll.is_some() {
            quote!(Call::<#private::Polled>)
        } else {
            quote!(Call::<#private::Unpolled>)
        };
        self.enter(&call, &quote!(at))
    }

    /// A statement: counts the call as running.
    fn in_flight(&self) -> Option<TokenStream> {
        self.args.in_flight?;
        let (private, site) = (self.private, self.site());
        let in_flight = local("in_flight", Span::mixed_site());
        Some(quote!(let #in_flight = #private::InFlight::enter(#site);))
    }

    /// The return type as an annotation, as far as it can be written, and the body as a closure
    /// called.
    fn call(&self) -> (Option<TokenStream>, TokenStream) {
        let Self { private, statements, .. } = self;
        let (annotation, arrow) = match writable(&self.sig.output) {
            Some(returned) => (Some(quote!(: #returned)), Some(quote!(-> #returned))),
            None => (None, None),
        };
        let arguments = self.arguments();
        (annotation, quote!(#private::call(move || #arrow { #arguments #statements })))
    }

    /// A statement that moves the arguments into the closure or block around it, last one first:
    /// what they are captured in is the order they are dropped in. Those that nothing is said of in
    /// the body stay outside, for somebody may want to be warned of them.
    fn arguments(&self) -> Option<TokenStream> {
        let mut names = Names(Vec::new());
        self.sig.inputs.iter().for_each(|input| names.visit_fn_arg(input));
        let mentioned = |name: &&Ident| {
            name.to_string().starts_with('_') || mentions(self.statements.clone(), name)
        };
        let names: Vec<_> = names.0.iter().rev().filter(mentioned).collect();
        (!names.is_empty()).then(|| {
            quote! {
                #[allow(clippy::used_underscore_binding)]
                let _ = (#(&#names,)*);
            }
        })
    }

    /// An expression: a closure that settles how a future's call ended.
    fn classify(&self, fallible: bool) -> TokenStream {
        if !fallible {
            return quote!(|_, _| ());
        }
        let (value, call) =
            (local("value", Span::mixed_site()), local("ended", Span::mixed_site()));
        let settle = self.settle(&call, &value, None);
        quote!(|#value, #call| { #settle })
    }

    /// A statement: tells `call` the outcome of `value`, with `&` a reference to what was returned.
    fn settle(&self, call: &Ident, value: &Ident, and: Option<Token![&]>) -> TokenStream {
        let private = self.private;
        let mut value = value.clone();
        let mut and = and;
        if let Some(Fallible::Err { at, .. }) = &self.args.outcome {
            // If it is no `Result`, that is said where it was asked to be one.
            value.set_span(value.span().located_at(*at));
            and = and.map(|_| Token![&](value.span()));
        }
        let value = quote!(#and #value);
        let outcome = quote! {
            #[allow(unused_imports)]
            use #private::{ViaAny as _, ViaResult as _};
            #call.set_outcome((&#private::Probe(#value)).outcome());
        };
        match &self.args.outcome {
            Some(Fallible::Err { at, kind: Some(kind) }) => {
                let error = local("error", Span::mixed_site());
                quote_spanned! {*at=> {
                    #[allow(unused_imports)]
                    use #private::{ViaDisplay as _, ViaStr as _};
                    if let #private::Err(#error) = #value {
                        #call.set_error_type((&#private::Value(&#private::kind_of(#error, #kind))).label());
                    }
                }}
            }
            Some(Fallible::Err { at, kind: None }) => {
                quote_spanned!(*at=> #call.set_outcome(#private::outcome_of(#value));)
            }
            Some(Fallible::Ok) | None => quote!({ #outcome }),
        }
    }
}

/// A variable of ours, which the body cannot name, placed where errors about it should point.
fn local(name: &str, at: Span) -> Ident {
    Ident::new(&format!("__perfkit_{name}"), Span::mixed_site().located_at(at))
}

/// Never run: it tells the block what it returns.
fn type_hint(private: &TokenStream, output: &ReturnType) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = output else { return None };
    if matches!(**ty, Type::Never(_)) {
        return None;
    }
    let ty = erase_impl_trait(ty);
    let returned = local("returned", ty.span());
    Some(quote_spanned! {ty.span()=>
        if false {
            let #returned: #ty = #private::never();
            return #returned;
        }
    })
}

/// The names that arguments are bound to.
struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_receiver(&mut self, receiver: &'ast syn::Receiver) {
        self.0.push(Ident::from(receiver.self_token));
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.0.push(pattern.ident.clone());
        visit::visit_pat_ident(self, pattern);
    }
}

/// Whether a name is among tokens, or in a string that may be a format's.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}

/// The return type as it can be written inside the body, unless nothing is left of it.
fn writable(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    Some(erase_impl_trait(ty)).filter(|ty| !matches!(ty, Type::Infer(_)))
}

/// The type with every `impl Trait` as `_`.
fn erase_impl_trait(ty: &Type) -> Type {
    struct Erase;
    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(opaque) = ty {
                let span = opaque.impl_token.span;
                *ty = Type::Infer(parse_quote_spanned!(span=> _));
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = ty.clone();
    Erase.visit_type_mut(&mut ty);
    ty
}
