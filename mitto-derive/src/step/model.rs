//! What a step's head says.

use proc_macro2::{Ident, Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Path, ReturnType, Signature, Type, Visibility};

use crate::attr::{self, Keys, Seen};
use crate::code::Code;
use crate::errors::Errors;
use crate::head::{Head, primitive};

pub(super) struct Model {
    pub(super) krate: Option<Path>,
    /// `cfg` attributes, which hold for what is generated too.
    pub(super) conditions: Vec<Attribute>,
    /// The fn's, and that of the type: it names the types of the fn, which may be as private.
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) is_async: bool,
    /// In the order of the fn; empty after a mistake.
    pub(super) arguments: Vec<Argument>,
    /// What it returns; `None` after a mistake.
    pub(super) returns: Option<Type>,
}

pub(super) enum Argument {
    /// `&mut StepContext`.
    Context,
    /// `&Settings`: the type behind the reference.
    Properties(Box<Type>),
    /// `State<T>`, by value.
    Extracted(Box<Type>),
    /// The last.
    Value(Box<Type>),
}

const KEYS: Keys = Keys {
    of: "#[step]",
    known: &["crate"],
    repeatable: &[],
};

impl Model {
    /// Reads the attribute and the head of the fn; `None` where there is no free fn.
    pub(super) fn read(keys: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let mut krate = None;
        KEYS.read(keys, &mut Seen::default(), errors, |key, input, _| {
            krate = Some(attr::krate(key, input)?);
            Ok(())
        });
        let head = Head::read(item, Code::E601, "`#[mitto::step]` goes on a `fn`");
        let Head {
            conditions,
            visibility,
            signature,
        } = errors.take(head)?;
        check_head(&signature, errors);
        if let Some(receiver) = signature.receiver() {
            errors.at(
                Code::E604,
                receiver.self_token.span,
                "a step is a free fn: take what it needs of the program as `State(db): State<Db>`",
            );
            // Among methods there is no place for the type that describes a step.
            return None;
        }
        Some(Self {
            krate,
            conditions,
            visibility,
            is_async: signature.asyncness.is_some(),
            arguments: arguments(&signature, errors),
            returns: returns(&signature, errors),
            ident: signature.ident,
        })
    }
}

fn check_head(signature: &Signature, errors: &mut Errors) {
    let mut words: Vec<(Span, &str)> = Vec::new();
    words.extend(signature.constness.map(|word| (word.span, "const")));
    if let syn::Safety::Unsafe(word) = &signature.safety {
        words.push((word.span, "unsafe"));
    }
    words.extend(
        signature
            .abi
            .as_ref()
            .map(|abi| (abi.extern_token.span, "extern")),
    );
    for (span, word) in words {
        let text = format!("a step is an `async fn` or a plain `fn`: take `{word}` out");
        errors.at(Code::E602, span, text);
    }
    if let Some(parameter) = signature.generics.params.first() {
        errors.on(
            Code::E603,
            parameter,
            "a step cannot be generic, as it takes one type: name the types, and call a generic fn from it",
        );
    }
    if let Some(name) = primitive(&signature.ident) {
        errors.at(
            Code::E605,
            signature.ident.span(),
            format!("a step makes a type of its name, and `{name}` is one already: rename it"),
        );
    }
}

fn arguments(signature: &Signature, errors: &mut Errors) -> Vec<Argument> {
    let types = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(&*argument.ty),
            FnArg::Receiver(_) => None,
        });
    let mut arguments: Vec<Argument> = Vec::new();
    let mut types = types.peekable();
    let mut ends_with_value = false;
    let mut last = signature.ident.span();
    while let Some(ty) = types.next() {
        let is_last = types.peek().is_none();
        if matches!(ty, Type::Reference(reference) if reference.mutability.is_none()) {
            last = ty.span();
        }
        let argument = match ty {
            Type::Reference(reference) if reference.mutability.is_some() => Argument::Context,
            Type::Reference(reference) => Argument::Properties(reference.elem.clone()),
            Type::ImplTrait(some) => {
                errors.on(
                    Code::E606,
                    some,
                    "a step takes arguments of one type: name it instead of `impl ..`",
                );
                continue;
            }
            _ if is_last => {
                ends_with_value = true;
                Argument::Value(Box::new(ty.clone()))
            }
            _ => Argument::Extracted(Box::new(ty.clone())),
        };
        let is_second = |kind: fn(&Argument) -> bool| kind(&argument) && arguments.iter().any(kind);
        if is_second(|one| matches!(one, Argument::Context))
            || is_second(|one| matches!(one, Argument::Properties(_)))
        {
            errors.on(
                Code::E607,
                ty,
                "a step takes one `&mut StepContext` and one `&` of its properties: join them in one struct",
            );
            continue;
        }
        arguments.push(argument);
    }
    if !ends_with_value && errors.is_empty() {
        errors.at(
            Code::E608,
            last,
            "a step takes its value by itself, as the last argument: `fn half(n: i64) -> Flow<i64>`",
        );
    }
    arguments
}

fn returns(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    match &signature.output {
        ReturnType::Type(_, ty) if !matches!(**ty, Type::ImplTrait(_)) => Some((**ty).clone()),
        _ => {
            errors.at(
                Code::E609,
                signature.ident.span(),
                "a step says how it goes on: return `Flow<T>`, or `Result<Flow<T>, Status>`",
            );
            None
        }
    }
}
