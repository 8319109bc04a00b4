//! The attribute's options.

use crate::{duration, fallback::combined};
use proc_macro2::Span;
use syn::{
    Error, Expr, ExprGroup, ExprParen, Ident, LitInt, LitStr, Path, Result, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

const ALLOWED: &str = "allowed are a name in quotes, `name`, `level`, `log_above`, `labels`, \
                       `sample`, `poll`, `in_flight`, `err`, `ok`, `crate`, `skip`";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What stands in the parentheses of `#[timed(…)]`.
#[derive(Clone, Default)]
pub(crate) struct Args {
    /// The operation's name, if not the function's path.
    pub(crate) name: Option<LitStr>,
    /// The level of its log events, as a constant of `LevelFilter`.
    pub(crate) level: Option<Ident>,
    /// Log calls of at least so many nanoseconds only.
    pub(crate) log_above: Option<u64>,
    pub(crate) labels: Option<Labels>,
    /// Time one call in so many.
    pub(crate) sample: Option<LitInt>,
    /// Time each poll, too: where it is asked for.
    pub(crate) poll: Option<Span>,
    /// Count running calls, too.
    pub(crate) in_flight: Option<Span>,
    /// Whether a returned `Err` is an error, if not by the return type's name.
    pub(crate) outcome: Option<Fallible>,
    /// The path of the perfkit crate.
    pub(crate) krate: Option<Path>,
    /// Do not time it at all.
    pub(crate) skip: Option<Span>,
}

/// `labels(key = value, …)`.
#[derive(Clone)]
pub(crate) struct Labels {
    pub(crate) at: Span,
    pub(crate) labels: Vec<(Ident, Expr)>,
}

/// `err`, `err(kind = …)` or `ok`.
#[derive(Clone)]
pub(crate) enum Fallible {
    Err { at: Span, kind: Option<Expr> },
    Ok,
}

impl Parse for Args {
    /// Reads all options, and reports all errors at once.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        let mut errors = Vec::new();
        while !input.is_empty() {
            if let Err(error) = args.parse_one(input) {
                errors.push(error);
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        combined(errors).map_or(Ok(args), Err)
    }
}

impl Args {
    fn parse_one(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(LitStr) {
            let name = operation_name(input)?;
            return set(&mut self.name, name.clone(), "the name", name.span());
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected an option: {ALLOWED}")));
        }
        let option = input.call(Ident::parse_any)?;
        let at = option.span();
        match option.unraw().to_string().as_str() {
            "name" => {
                value_follows(input, &option, "\"…\"")?;
                set(&mut self.name, operation_name(input)?, "the name", at)
            }
            "level" => {
                value_follows(input, &option, "\"info\"")?;
                set(&mut self.level, level(input)?, "`level`", at)
            }
            "log_above" => {
                value_follows(input, &option, "\"100ms\"")?;
                set(&mut self.log_above, threshold(input)?, "`log_above`", at)
            }
            "labels" => {
                set(&mut self.labels, Labels { at, labels: labels(input, at)? }, "`labels`", at)
            }
            "sample" => {
                value_follows(input, &option, "64")?;
                set(&mut self.sample, every(input)?, "`sample`", at)
            }
            "poll" => set(&mut self.poll, at, "`poll`", at),
            "in_flight" => set(&mut self.in_flight, at, "`in_flight`", at),
            "err" => {
                let err = Fallible::Err { at, kind: error_kind(input)? };
                set(&mut self.outcome, err, "whether an `Err` is an error", at)
            }
            "ok" => set(&mut self.outcome, Fallible::Ok, "whether an `Err` is an error", at),
            "crate" => {
                value_follows(input, &option, "path")?;
                set(&mut self.krate, Path::parse_mod_style(input)?, "`crate`", at)
            }
            "skip" => set(&mut self.skip, at, "`skip`", at),
            unknown => Err(Error::new(at, format!("unknown option `{unknown}`: {ALLOWED}"))),
        }
    }
}

/// Sets an option that must not be set yet.
fn set<T>(to: &mut Option<T>, value: T, what: &str, at: Span) -> Result<()> {
    if to.replace(value).is_some() {
        return Err(Error::new(at, format!("{what} is given twice")));
    }
    Ok(())
}

fn value_follows(input: ParseStream<'_>, option: &Ident, example: &str) -> Result<()> {
    if input.peek(Token![=]) {
        return input.parse::<Token![=]>().map(drop);
    }
    Err(Error::new(option.span(), format!("`{option}` wants a value: `{option} = {example}`")))
}

fn literal(input: ParseStream<'_>, what: &str) -> Result<LitStr> {
    input.parse().map_err(|error: Error| Error::new(error.span(), format!("expected {what}")))
}

fn operation_name(input: ParseStream<'_>) -> Result<LitStr> {
    let name = literal(input, "a name in quotes")?;
    if name.value().is_empty() {
        return Err(Error::new(name.span(), "an operation's name cannot be empty"));
    }
    Ok(name)
}

fn level(input: ParseStream<'_>) -> Result<Ident> {
    let expected = format!("a level in quotes: one of {}", LEVELS.join(", "));
    let level = literal(input, &expected)?;
    let value = level.value().to_ascii_lowercase();
    if LEVELS.contains(&value.as_str()) {
        return Ok(Ident::new(&value.to_ascii_uppercase(), level.span()));
    }
    let message = format!("unknown level {:?}: expected {expected}", level.value());
    Err(Error::new(level.span(), message))
}

fn threshold(input: ParseStream<'_>) -> Result<u64> {
    const EXPECTED: &str = "a duration in quotes, such as \"100ms\", \"1.5s\", \"20us\"";
    let text = literal(input, EXPECTED)?;
    duration::nanos(&text.value()).ok_or_else(|| {
        Error::new(text.span(), format!("{:?} is no duration: expected {EXPECTED}", text.value()))
    })
}

fn every(input: ParseStream<'_>) -> Result<LitInt> {
    const EXPECTED: &str = "expected a whole number from 1 on: one call in so many is timed";
    let every: LitInt = input.parse().map_err(|error: Error| Error::new(error.span(), EXPECTED))?;
    match every.base10_parse::<u32>() {
        Ok(1..) => Ok(every),
        _ => Err(Error::new(every.span(), EXPECTED)),
    }
}

fn labels(input: ParseStream<'_>, at: Span) -> Result<Vec<(Ident, Expr)>> {
    if !input.peek(syn::token::Paren) {
        return Err(Error::new(at, "`labels` wants labels: `labels(key = value, …)`"));
    }
    let content;
    parenthesized!(content in input);
    let labels: Vec<_> =
        Punctuated::<_, Token![,]>::parse_terminated_with(&content, label)?.into_iter().collect();
    if labels.is_empty() {
        return Err(Error::new(at, "`labels` wants at least one label: `labels(key = value)`"));
    }
    for (n, (key, _)) in labels.iter().enumerate() {
        if labels[..n].iter().any(|(earlier, _)| earlier == key) {
            return Err(Error::new(key.span(), format!("the label `{key}` is given twice")));
        }
    }
    Ok(labels)
}

fn label(input: ParseStream<'_>) -> Result<(Ident, Expr)> {
    let key = input.call(Ident::parse_any)?;
    value_follows(input, &key, "value")?;
    Ok((key, input.parse()?))
}

fn error_kind(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if !input.peek(syn::token::Paren) {
        return Ok(None);
    }
    let content;
    let parentheses = parenthesized!(content in input);
    let expected = "expected `kind = |error| …`: what the error's `error_type` label is made of";
    let option = content.call(Ident::parse_any);
    let option = option.map_err(|_| Error::new(parentheses.span.join(), expected))?;
    if option != "kind" {
        return Err(Error::new(option.span(), expected));
    }
    value_follows(&content, &option, "|error| …")?;
    let kind: Expr = content.parse()?;
    if !content.is_empty() {
        return Err(Error::new(content.span(), "expected nothing more"));
    }
    // A macro's `$kind:expr` comes in a group that cannot be seen.
    let mut inside = &kind;
    while let Expr::Group(ExprGroup { expr, .. }) | Expr::Paren(ExprParen { expr, .. }) = inside {
        inside = expr;
    }
    match inside {
        Expr::Closure(_) | Expr::Path(_) => Ok(Some(kind)),
        _ => Err(Error::new(kind.span(), "expected a closure or a function of the error")),
    }
}

/// After an error in one option, the next one begins at the next comma.
fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
