//! `#[derive(Request)]` and `#[derive(Notification)]`.

mod expand;
mod model;
mod requires;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

use crate::code::Code;
use crate::errors::Errors;
pub(crate) use model::Kind;

pub(crate) fn derive(kind: Kind, item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    if let Data::Union(data) = &item.data {
        // Serde has no derive for it either: an impl would only report that too.
        let text = "a message is a struct: a union cannot be encoded";
        return Code::E101
            .at(data.union_token.span, text)
            .into_compile_error();
    }
    let mut errors = Errors::default();
    let model = model::Model::read(kind, item, &mut errors);
    let mut tokens = expand::expand(&model, model.borrows || !errors.is_empty());
    tokens.extend(errors.into_tokens());
    tokens
}
