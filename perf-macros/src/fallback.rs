//! What is left of an item whose attribute is in error: the error, and the item as it was, so that
//! its uses do not fail as well.

use proc_macro2::TokenStream;
use syn::Error;

/// The errors, and the item without timing.
pub(crate) fn untimed(error: &Error, item: TokenStream) -> TokenStream {
    let mut tokens = item;
    tokens.extend(error.to_compile_error());
    tokens
}
