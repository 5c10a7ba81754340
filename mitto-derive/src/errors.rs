//! Every mistake of one macro call, reported together.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

use crate::code::Code;

/// Collects mistakes while a model is read, so that all of them are reported at once.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Reports a mistake on one token.
    pub(crate) fn at(&mut self, code: Code, span: Span, text: impl Display) {
        self.add(code.at(span, text));
    }

    /// Reports a mistake on everything that `tokens` covers.
    pub(crate) fn on(&mut self, code: Code, tokens: impl ToTokens, text: impl Display) {
        self.add(code.on(tokens, text));
    }

    /// Takes over what was reported elsewhere.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// The value of a result; its error is kept.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// One `compile_error!` for each mistake.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let each = self.0.into_iter().flatten();
        each.map(|error| coded(error).into_compile_error())
            .collect()
    }
}

/// With the code of what the parser itself reports, if there is no other.
fn coded(error: syn::Error) -> syn::Error {
    let text = error.to_string();
    match text.ends_with(']') && text.contains(Code::BEGIN) {
        true => error,
        false => Code::E001.at(error.span(), text),
    }
}
