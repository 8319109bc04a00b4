//! The attribute's options.

use syn::{
    Error, Ident, LitStr, Path, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

const ALLOWED: &str =
    "allowed are a name in quotes, `name = \"…\"`, `level = \"…\"`, `crate = path`";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What stands in the parentheses of `#[timed(…)]`.
#[derive(Default)]
pub(crate) struct Args {
    /// The operation's name, if not the function's path.
    pub(crate) name: Option<LitStr>,
    /// The level of its log events, as a constant of `LevelFilter`.
    pub(crate) level: Option<Ident>,
    /// The path of the perfkit crate.
    pub(crate) krate: Option<Path>,
}

impl Parse for Args {
    /// Reads all options, and reports all errors at once.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        let mut errors: Option<Error> = None;
        while !input.is_empty() {
            if let Err(error) = args.parse_one(input) {
                match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                }
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        errors.map_or(Ok(args), Err)
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
        match option.unraw().to_string().as_str() {
            "name" => {
                value_follows(input, &option, "\"…\"")?;
                set(&mut self.name, operation_name(input)?, "the name", option.span())
            }
            "level" => {
                value_follows(input, &option, "\"info\"")?;
                set(&mut self.level, level(input)?, "`level`", option.span())
            }
            "crate" => {
                value_follows(input, &option, "path")?;
                set(&mut self.krate, Path::parse_mod_style(input)?, "`crate`", option.span())
            }
            unknown => {
                Err(Error::new(option.span(), format!("unknown option `{unknown}`: {ALLOWED}")))
            }
        }
    }
}

/// Sets an option that must not be set yet.
fn set<T>(to: &mut Option<T>, value: T, what: &str, at: proc_macro2::Span) -> Result<()> {
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
    let expected = || format!("a level in quotes: one of {}", LEVELS.join(", "));
    let level = literal(input, &expected())?;
    let value = level.value().to_ascii_lowercase();
    if LEVELS.contains(&value.as_str()) {
        return Ok(Ident::new(&value.to_ascii_uppercase(), level.span()));
    }
    Err(Error::new(
        level.span(),
        format!("unknown level {:?}: expected {}", level.value(), expected()),
    ))
}

/// After an error in one option, the next one begins at the next comma.
fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
