//! What stands under the attribute: functions with their signatures parsed and their bodies left
//! as tokens, and blocks of such functions with everything else left as tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    Attribute, Error, Result, Signature, Token, Visibility,
    parse::{Parse, ParseStream, Parser, discouraged::Speculative},
};

/// An item of a file, a module, a trait or an `impl`.
pub(crate) enum Item {
    Function(Box<Function>),
    Block(Block),
    /// Anything without a function in it.
    Other(TokenStream),
}

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

/// An `impl`, a trait, or a module with its content.
pub(crate) struct Block {
    /// Everything before the braces.
    pub(crate) head: TokenStream,
    pub(crate) braces: Group,
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        if let Ok(function) = ahead.parse::<Function>() {
            input.advance_to(&ahead);
            return Ok(Self::Function(Box::new(function)));
        }
        if let Some(item) = item_in_group(input)? {
            return Ok(item);
        }
        let kind = Kind::of(input)?;
        let mut head = TokenStream::new();
        loop {
            let token: TokenTree = input.parse()?;
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    head.extend([token]);
                    return Ok(Self::Other(head));
                }
                TokenTree::Group(braces) if kind.ends_with(braces, input) => {
                    if matches!(kind, Kind::Functions) {
                        return Block::new(head, braces.clone()).map(Self::Block);
                    }
                    head.extend([token]);
                    return Ok(Self::Other(head));
                }
                _ if input.is_empty() => {
                    head.extend([token]);
                    return Ok(Self::Other(head));
                }
                _ => head.extend([token]),
            }
        }
    }
}

/// An item that came through a macro's `$item:item`, in a group that cannot be seen.
fn item_in_group(input: ParseStream<'_>) -> Result<Option<Item>> {
    let ahead = input.fork();
    let Ok(TokenTree::Group(group)) = ahead.parse::<TokenTree>() else { return Ok(None) };
    if group.delimiter() != Delimiter::None {
        return Ok(None);
    }
    let item = syn::parse2(group.stream())?;
    input.advance_to(&ahead);
    Ok(Some(item))
}

/// How an item ends, by its first word.
enum Kind {
    /// `impl`, `mod`, `trait`: with braces that functions stand in.
    Functions,
    /// With braces, or a semicolon.
    Braces,
    /// With a semicolon, whatever braces come before.
    Semicolon,
}

impl Kind {
    fn of(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        while ahead.peek(Token![unsafe]) || ahead.peek(Token![auto]) || ahead.peek(Token![default])
        {
            ahead.parse::<TokenTree>()?;
        }
        let functions =
            ahead.peek(Token![impl]) || ahead.peek(Token![mod]) || ahead.peek(Token![trait]);
        let semicolon = ahead.peek(Token![const])
            || ahead.peek(Token![static])
            || ahead.peek(Token![use])
            || ahead.peek(Token![type])
            || ahead.peek(Token![let]);
        Ok(match (functions, semicolon) {
            (true, _) => Self::Functions,
            (_, true) => Self::Semicolon,
            _ => Self::Braces,
        })
    }

    /// Braces inside the head of an `impl` are a constant argument: its list goes on after them.
    fn ends_with(&self, group: &Group, rest: ParseStream<'_>) -> bool {
        let braces = group.delimiter() == Delimiter::Brace;
        let list_goes_on = rest.peek(Token![>]) || rest.peek(Token![,]);
        match self {
            Self::Functions => braces && !list_goes_on,
            Self::Braces => braces,
            Self::Semicolon => false,
        }
    }
}

impl Block {
    fn new(head: TokenStream, braces: Group) -> Result<Self> {
        let parse = |input: ParseStream<'_>| {
            let inner_attrs = input.call(Attribute::parse_inner)?;
            let mut items = Vec::new();
            while !input.is_empty() {
                items.push(input.parse()?);
            }
            Ok((inner_attrs, items))
        };
        let (inner_attrs, items) = parse.parse2(braces.stream())?;
        Ok(Self { head, braces, inner_attrs, items })
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl Parse for Body {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![;]) {
            return Ok(Self::None(input.parse()?));
        }
        let token: TokenTree = input.parse()?;
        let span = token.span();
        let Some(braces) = braces(token) else {
            return Err(Error::new(span, "expected the function's body"));
        };
        let (inner_attrs, statements) = split_inner_attrs.parse2(braces.stream())?;
        Ok(Self::Block { braces, inner_attrs, statements })
    }
}

/// A group in braces. A body that came through a macro's `$body:block` has one around it that
/// cannot be seen.
fn braces(token: TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => {
            let mut inside = group.stream().into_iter();
            let first = inside.next()?;
            if inside.next().is_some() { None } else { braces(first) }
        }
        _ => None,
    }
}

fn split_inner_attrs(input: ParseStream<'_>) -> Result<(Vec<Attribute>, TokenStream)> {
    Ok((input.call(Attribute::parse_inner)?, input.parse()?))
}
