//! `schema!`.

mod expand;
mod model;
mod stub;

use proc_macro2::TokenStream;

use crate::errors::Errors;

pub(crate) fn function(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = model::Model::read(input, &mut errors);
    let mut tokens = errors.into_tokens();
    if let Some(model) = model {
        tokens.extend(expand::expand(&model));
    }
    tokens
}
