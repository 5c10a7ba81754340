//! `#[derive(Request)]` and `#[derive(Notification)]`.

mod expand;
mod model;

use proc_macro2::TokenStream;

use crate::errors::Errors;
pub(crate) use model::Kind;

pub(crate) fn derive(kind: Kind, item: TokenStream) -> TokenStream {
    let item = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let model = model::Model::read(kind, item, &mut errors);
    let mut tokens = expand::expand(&model);
    tokens.extend(errors.into_tokens());
    tokens
}
