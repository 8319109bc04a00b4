//! The function under the attribute: its signature parsed, its body left as tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    Attribute, Error, Result, Signature, Token, Visibility,
    parse::{Parse, ParseStream, Parser, discouraged::Speculative},
};

/// A function, a method, or a method of a trait.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Body,
}

/// What follows the signature.
pub(crate) enum Body {
    /// The braces of a body, with its inner attributes apart.
    Block { braces: Group, inner_attrs: Vec<Attribute>, statements: TokenStream },
    /// A trait's method without a body.
    None(Token![;]),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ahead = input.fork();
        let Ok(sig) = ahead.parse::<Signature>() else {
            return Err(not_a_function(input));
        };
        input.advance_to(&ahead);
        Ok(Self { attrs, vis, sig, body: input.parse()? })
    }
}

impl Parse for Body {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![;]) {
            return Ok(Self::None(input.parse()?));
        }
        match input.parse()? {
            TokenTree::Group(braces) if braces.delimiter() == Delimiter::Brace => {
                let (inner_attrs, statements) = split_inner_attrs.parse2(braces.stream())?;
                Ok(Self::Block { braces, inner_attrs, statements })
            }
            other => Err(Error::new(other.span(), "expected the function's body")),
        }
    }
}

fn split_inner_attrs(input: ParseStream<'_>) -> Result<(Vec<Attribute>, TokenStream)> {
    Ok((input.call(Attribute::parse_inner)?, input.parse()?))
}

fn not_a_function(input: ParseStream<'_>) -> Error {
    input.error("`#[timed]` goes on a function or a method with a body")
}
