//! `#[handler]`.

mod arguments;
mod expand;
mod model;

pub(crate) use expand::ALLOWED;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

pub(crate) fn attribute(keys: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = model::Model::read(keys, item.clone(), &mut errors);
    let is_broken = !errors.is_empty();
    let mistakes = errors.into_tokens();
    match model {
        Some(model) => {
            let described = expand::expand(&model, is_broken);
            // The compiler refuses a variadic fn too, wherever it stands.
            let item = (!model.is_variadic).then_some(item);
            let allowed = expand::ALLOWED.parse::<TokenStream>().unwrap_or_default();
            let allowed = item.map(|_| allowed);
            quote!(#mistakes #allowed #item #described)
        }
        None => quote!(#mistakes #item),
    }
}
