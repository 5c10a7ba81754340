//! What a handler's head says.

use proc_macro2::{Ident, Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, GenericParam, Path, ReturnType, Signature, Type};

use super::arguments;
use crate::attr::{self, Keys, Seen};
use crate::code::Code;
use crate::errors::Errors;
use crate::head::{Head, primitive};

pub(super) struct Model {
    pub(super) krate: Option<Path>,
    /// `cfg` attributes, which hold for what is generated too.
    pub(super) conditions: Vec<Attribute>,
    pub(super) ident: Ident,
    pub(super) how: How,
    pub(super) is_async: bool,
    pub(super) is_variadic: bool,
    pub(super) arguments: Vec<Type>,
    pub(super) message: Option<Type>,
    pub(super) returns: Returns,
}

/// Where the handler runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    InPlace,
    Spawn,
    Blocking,
}

pub(super) enum Returns {
    Nothing(Span),
    Type(Box<Type>),
    /// `impl Stream<..>`.
    Stream(Span),
}

const KEYS: Keys = Keys {
    of: "#[handler]",
    known: &["spawn", "blocking", "crate"],
    repeatable: &[],
};

impl Model {
    /// Reads the attribute and the head of the fn; `None` where there is no free fn.
    pub(super) fn read(keys: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let (krate, how) = read_keys(keys, errors);
        let head = Head::read(item, Code::E201, "`#[mitto::handler]` goes on a `fn`");
        let Head {
            conditions,
            signature,
            ..
        } = errors.take(head)?;
        check_head(&signature, how, errors);
        let (arguments, message) = arguments::read(&signature, errors);
        if signature.receiver().is_some() {
            // Among methods there is no place for the type that describes a handler.
            return None;
        }
        Some(Self {
            krate,
            conditions,
            is_variadic: signature.variadic.is_some(),
            is_async: signature.asyncness.is_some(),
            returns: returns(&signature, errors),
            ident: signature.ident,
            how: how.map_or(How::InPlace, |(_, how)| how),
            arguments,
            message,
        })
    }
}

fn read_keys(keys: TokenStream, errors: &mut Errors) -> (Option<Path>, Option<(Span, How)>) {
    let (mut krate, mut how) = (None, None);
    KEYS.read(keys, &mut Seen::default(), errors, |key, input, errors| {
        let name = key.to_string();
        if name == "crate" {
            krate = Some(attr::krate(key, input)?);
            return Ok(());
        }
        attr::flag(key, input)?;
        if how.is_some() {
            errors.at(Code::E202,
                key.span(),
                "`spawn` is for an `async fn`, `blocking` for a plain `fn`: take one of the two out",
            );
        }
        how = Some(match name.as_str() {
            "spawn" => (key.span(), How::Spawn),
            _ => (key.span(), How::Blocking),
        });
        Ok(())
    });
    (krate, how)
}

fn check_head(signature: &Signature, how: Option<(Span, How)>, errors: &mut Errors) {
    match (how, &signature.asyncness) {
        (Some((span, How::Spawn)), None) => errors.at(
            Code::E203,
            span,
            "`spawn` is for an `async fn`: a plain `fn` that takes long is `#[handler(blocking)]`",
        ),
        (Some((span, How::Blocking)), Some(_)) => errors.at(
            Code::E204,
            span,
            "`blocking` is for a plain `fn`: an `async fn` with much to do is `#[handler(spawn)]`",
        ),
        _ => {}
    }
    if let Some(constness) = &signature.constness {
        errors.on(
            Code::E205,
            constness,
            "a handler is not called at compile time: take `const` out",
        );
    }
    if let Some(variadic) = &signature.variadic {
        // Only an unsafe `extern` fn can be so: this says enough.
        errors.on(
            Code::E206,
            variadic,
            "a handler takes a fixed number of arguments: take `..` out",
        );
        return;
    }
    if let syn::Safety::Unsafe(word) = &signature.safety {
        errors.on(
            Code::E207,
            word,
            "a handler is called with whatever comes in, so it must be safe: take `unsafe` out",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.on(
            Code::E208,
            abi,
            "a handler is called from Rust: take `extern` out",
        );
    }
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => errors.on(Code::E209,
                lifetime,
                "a handler cannot borrow its arguments: take them by value, without lifetimes",
            ),
            other => errors.on(Code::E210,
                other,
                "a handler cannot be generic, as it answers one message: name the types, and call a \
                 generic fn from it",
            ),
        }
    }
    if let Some(name) = primitive(&signature.ident) {
        errors.at(
            Code::E211,
            signature.ident.span(),
            format!("a handler makes a type of its name, and `{name}` is one already: rename it"),
        );
    }
}

fn returns(signature: &Signature, errors: &mut Errors) -> Returns {
    match &signature.output {
        ReturnType::Default => Returns::Nothing(signature.ident.span()),
        ReturnType::Type(_, ty) => match &**ty {
            Type::ImplTrait(some) => {
                let text = quote::quote!(#some).to_string();
                if !text.contains("Stream") {
                    errors.on(Code::E212,
                        some,
                        "a handler returns its response, a `Result` of it, or `impl Stream<Item = T>`",
                    );
                }
                Returns::Stream(some.span())
            }
            Type::Reference(reference) => {
                errors.on(
                    Code::E213,
                    reference,
                    "a handler returns what it answers by value: the response, or a `Result` of it",
                );
                Returns::Type(ty.clone())
            }
            _ => Returns::Type(ty.clone()),
        },
    }
}
