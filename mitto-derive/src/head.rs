//! The head of a fn that an attribute stands on.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility};

use crate::code::Code;

/// What stands before the body.
pub(crate) struct Head {
    /// `cfg` attributes, which hold for what is generated too.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

/// Names of types in the language; a type of the same name would take their place.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize", "f32", "f64",
];

impl Head {
    /// Reads only as far as the body, so that one being typed is the compiler's business alone. What is no fn
    /// is refused with this code and text.
    pub(crate) fn read(item: TokenStream, code: Code, text: &str) -> syn::Result<Self> {
        let parse = |input: ParseStream<'_>| {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            let is_fn = input.peek(Token![fn])
                || input.peek(Token![async])
                || input.peek(Token![const])
                || input.peek(Token![unsafe])
                || input.peek(Token![extern]);
            if !is_fn {
                return Err(code.at(input.span(), text));
            }
            let signature = input.parse()?;
            let _: TokenStream = input.parse()?;
            let is_condition = |attribute: &Attribute| attribute.path().is_ident("cfg");
            Ok(Self {
                conditions: attributes.into_iter().filter(is_condition).collect(),
                visibility,
                signature,
            })
        };
        parse.parse2(without_body(item))
    }
}

/// The same with nothing in its body, which nobody here looks at: it need not be taken apart.
fn without_body(item: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut()
        && body.delimiter() == Delimiter::Brace
    {
        let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
        empty.set_span(body.span_open());
        *body = empty;
    }
    tokens.into_iter().collect()
}

/// The name, where the language has a type of it.
pub(crate) fn primitive(ident: &Ident) -> Option<String> {
    let name = ident.unraw().to_string();
    PRIMITIVES.contains(&name.as_str()).then_some(name)
}
