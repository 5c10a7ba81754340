//! `#[provider]`.

mod expand;
mod fields;
mod model;

use proc_macro2::TokenStream;

use crate::errors::Errors;

pub(crate) fn attribute(head: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let (model, item) = model::Model::read(head, item, &mut errors);
    let mut tokens = errors.into_tokens();
    tokens.extend(item);
    if let Some(model) = model {
        tokens.extend(expand::expand(&model));
    }
    tokens
}
