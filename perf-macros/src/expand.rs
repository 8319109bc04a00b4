//! The one funnel: tokens in, tokens out, errors as tokens.

use crate::{
    args::Args,
    body::Site,
    fallback,
    item::{Block, Body, Function, Item},
    kind, valid,
};
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Error, Result};

/// Expands `#[timed(args)] item`.
pub(crate) fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    try_timed(args, item.clone()).unwrap_or_else(|error| fallback::untimed(&error, item))
}

fn try_timed(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let args = syn::parse2::<Args>(args);
    let parsed = syn::parse2::<Item>(item.clone());
    let checked = match (&args, &parsed) {
        (_, Ok(Item::Other(tokens))) => Err(untimeable(tokens)),
        (Ok(args), Ok(Item::Function(function))) => valid::check(args, function),
        (Ok(args), Ok(Item::Block(_))) => valid::check_block(args),
        _ => Ok(()),
    };
    match (args, parsed, checked) {
        (Ok(args), Ok(_), Ok(())) if args.skip.is_some() => Ok(item),
        (Ok(args), Ok(parsed), Ok(())) => Ok(expand(&Site::new(args), parsed)),
        (args, parsed, checked) => {
            let errors = [args.err(), parsed.err(), checked.err()];
            fallback::combined(errors.into_iter().flatten()).map_or(Ok(item), Err)
        }
    }
}

fn untimeable(item: &TokenStream) -> Error {
    // After the attributes, if any, stands the word that says what it is.
    let item = item.clone().into_iter();
    let mut words = item.skip_while(|token| !matches!(token, proc_macro2::TokenTree::Ident(_)));
    let at = words.next().map_or_else(proc_macro2::Span::call_site, |word| word.span());
    Error::new(
        at,
        "`#[timed]` goes on a function, or on an `impl`, `trait` or `mod` with functions in it",
    )
}

fn expand(site: &Site, item: Item) -> TokenStream {
    match item {
        Item::Function(function) => expand_function(site, *function),
        Item::Block(block) => expand_block(site, block),
        Item::Other(tokens) => tokens,
    }
}

/// The function with its body timed, everything else as it was.
fn expand_function(site: &Site, function: Function) -> TokenStream {
    let timed = site.timed(&function);
    let yields_future = kind::yields_future(&function);
    let Function { attrs, vis, sig, body } = function;
    let body = match body {
        Body::None(semicolon) => semicolon.into_token_stream(),
        Body::Block { braces, inner_attrs, statements } => {
            // The body's own items now stand after a statement of ours.
            let allow = timed.is_some().then(|| quote!(#![allow(clippy::items_after_statements)]));
            // It was no block that yielded it before.
            let yields = timed.is_some() && yields_future;
            let yields = yields.then(|| quote!(#![allow(clippy::async_yields_async)]));
            let statements = timed.unwrap_or(statements);
            in_braces(&braces, &quote!(#(#inner_attrs)* #allow #yields #statements))
        }
    };
    let mut tokens = TokenStream::new();
    attrs.iter().for_each(|attr| attr.to_tokens(&mut tokens));
    vis.to_tokens(&mut tokens);
    sig.to_tokens(&mut tokens);
    tokens.extend(body);
    tokens
}

/// The block with every function in it timed: but for those that cannot be, and those that have a
/// `#[timed]` of their own, which says how, or `skip`.
fn expand_block(site: &Site, block: Block) -> TokenStream {
    let Block { head, braces, inner_attrs, items } = block;
    let items = items.into_iter().map(|item| match item {
        Item::Function(function) if function.attrs.iter().any(is_timed) => {
            expand_function(&Site::none(), *function)
        }
        item => expand(site, item),
    });
    let braces = in_braces(&braces, &quote!(#(#inner_attrs)* #(#items)*));
    quote!(#head #braces)
}

/// Also where it depends on the configuration: then that says whether.
fn is_timed(attr: &Attribute) -> bool {
    let named = |name: &str| attr.path().segments.last().is_some_and(|last| last.ident == name);
    let inside =
        || attr.to_token_stream().to_string().split([' ', '(', ',']).any(|word| word == "timed");
    named("timed") || (named("cfg_attr") && inside())
}

fn in_braces(original: &Group, content: &TokenStream) -> TokenStream {
    let mut braces = Group::new(Delimiter::Brace, content.clone());
    braces.set_span(original.span());
    braces.to_token_stream()
}
