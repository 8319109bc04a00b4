//! What is left of an item whose attribute is in error: the error, and the item as it was, so that
//! its uses do not fail as well.

use proc_macro2::TokenStream;
use syn::Error;

/// Errors as one, which reports them all; `None` if there are none.
pub(crate) fn combined(errors: impl IntoIterator<Item = Error>) -> Option<Error> {
    errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    })
}

/// The errors, and the item without timing.
pub(crate) fn untimed(error: &Error, item: TokenStream) -> TokenStream {
    let mut tokens = item;
    tokens.extend(error.to_compile_error());
    tokens
}
