//! What a handler takes.

use proc_macro2::Ident;
use syn::{FnArg, GenericArgument, PathArguments, Signature, Type};

use crate::code::Code;
use crate::errors::Errors;
use crate::head::primitive;

/// The extractors of the library, by name.
const EXTRACTORS: &[&str] = &["State", "Context", "Metadata", "Peer", "Items", "Identity"];

/// The most arguments before the message.
const MAX: usize = 8;

/// The arguments before the message, and the message.
pub(super) fn read(signature: &Signature, errors: &mut Errors) -> (Vec<Type>, Option<Type>) {
    let mut types = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => errors.at(Code::E214,
                receiver.self_token.span,
                "a handler is a free fn: take what it needs of the provider as `State(db): State<Db>`",
            ),
            FnArg::Typed(argument) => types.push((*argument.ty).clone()),
        }
    }
    let has_self = signature.receiver().is_some();
    let message = types.pop();
    for ty in &types {
        check(ty, errors);
    }
    let Some(message) = message else {
        if !has_self {
            errors.at(
                Code::E215,
                signature.ident.span(),
                "a handler takes its message as the last argument: `fn ping(req: Ping) -> Pong`",
            );
        }
        return (types, None);
    };
    if let Some(extractor) = last_name(&message).filter(is_extractor) {
        let text = match types.iter().rev().find(|ty| !is_extractor_type(ty)) {
            Some(earlier) => format!(
                "the message comes last: move `{extractor}` before the `{}`",
                quote::quote!(#earlier)
            ),
            None => {
                format!("a handler takes its message after `{extractor}`, as the last argument")
            }
        };
        errors.on(Code::E216, &message, text);
        return (types, None);
    }
    if let Some(name) = plain(&message) {
        errors.on(Code::E217,
            &message,
            format!("`{name}` is not a message: take a struct that derives `mitto::Request` or `mitto::Notification`"),
        );
        return (types, None);
    }
    if matches!(message, Type::Reference(_) | Type::ImplTrait(_)) {
        check(&message, errors);
        return (types, None);
    }
    if types.len() > MAX {
        errors.on(Code::E218,
            &types[MAX],
            format!("a handler takes at most {MAX} arguments before its message: join some in one `Extract`"),
        );
        types.truncate(MAX);
    }
    (types, Some(message))
}

/// The `Items<..>` among the arguments.
pub(super) fn is_items(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "Items")
}

fn check(ty: &Type, errors: &mut Errors) {
    match ty {
        Type::Reference(reference) => errors.on(
            Code::E219,
            reference,
            "a handler takes its arguments by value, as it may outlive the caller's: take `&` out",
        ),
        Type::ImplTrait(some) => errors.on(
            Code::E220,
            some,
            "a handler takes arguments of one type: name it instead of `impl ..`",
        ),
        _ if borrowed(ty).is_some() => errors.on(
            Code::E222,
            borrowed(ty),
            "a handler's arguments own what they hold: take `State<T>`, or `State<Arc<T>>` to share it",
        ),
        _ => {
            if let Some(name) = plain(ty) {
                errors.on(Code::E221,
                    ty,
                    format!("`{name}` does not say where it comes from: take a field of the message, `State<{name}>` or your own `Extract`"),
                );
            }
        }
    }
}

/// A reference among the arguments of a generic type: `&T` in `State<&T>`.
fn borrowed(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else {
        return None;
    };
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty @ Type::Reference(_)) => Some(ty),
        _ => None,
    })
}

/// The name of a type that is neither an extractor nor a message, whatever is in scope.
fn plain(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let ident = path.path.get_ident()?;
    primitive(ident).or_else(|| (ident == "String").then(|| ident.to_string()))
}

fn is_extractor_type(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| is_extractor(&name))
}

fn is_extractor(name: &Ident) -> bool {
    EXTRACTORS.iter().any(|extractor| name == extractor)
}

fn last_name(ty: &Type) -> Option<Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    }
}
