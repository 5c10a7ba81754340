//! `#[step]`.

mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::handler::ALLOWED;

pub(crate) fn attribute(keys: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = model::Model::read(keys, item.clone(), &mut errors);
    let is_broken = !errors.is_empty();
    let mistakes = errors.into_tokens();
    match model {
        // The type stays, so that whoever registers the step is not told that it is missing.
        Some(model) => {
            let described = expand::expand(&model, is_broken);
            let allowed = ALLOWED.parse::<TokenStream>().unwrap_or_default();
            quote!(#mistakes #allowed #item #described)
        }
        None => quote!(#mistakes #item),
    }
}
