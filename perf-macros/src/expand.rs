//! The one funnel: tokens in, tokens out, errors as tokens.

use crate::{
    args::Args,
    body::{self, Site},
    fallback,
    item::{Body, Function},
    valid,
};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Result;

/// Expands `#[timed(args)] item`.
pub(crate) fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    try_timed(args, item.clone()).unwrap_or_else(|error| fallback::untimed(&error, item))
}

fn try_timed(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let args = syn::parse2::<Args>(args);
    let function = syn::parse2::<Function>(item).and_then(|function| {
        valid::check(&function)?;
        Ok(function)
    });
    match (args, function) {
        (Ok(args), Ok(function)) => Ok(expand(&Site::new(args), function)),
        (Err(mut args), Err(function)) => {
            args.combine(function);
            Err(args)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// The function with its body timed, everything else as it was.
fn expand(site: &Site, function: Function) -> TokenStream {
    let Function { attrs, vis, sig, body } = function;
    let Body::Block { braces, inner_attrs, statements } = body else {
        return quote!(#(#attrs)* #vis #sig;);
    };
    let timed = body::timed(site, &attrs, &sig, &statements);
    let mut body =
        proc_macro2::Group::new(proc_macro2::Delimiter::Brace, quote!(#(#inner_attrs)* #timed));
    body.set_span(braces.span());
    let mut tokens = TokenStream::new();
    attrs.iter().for_each(|attr| attr.to_tokens(&mut tokens));
    vis.to_tokens(&mut tokens);
    sig.to_tokens(&mut tokens);
    body.to_tokens(&mut tokens);
    tokens
}
