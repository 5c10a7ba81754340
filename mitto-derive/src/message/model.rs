//! What a derive says about a message.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Attribute, Data, DeriveInput, Generics, LitInt, LitStr, Meta, Path, Type, TypeReference,
};

use super::requires;
use crate::attr::{self, Keys, Seen};
use crate::code::Code;
use crate::docs;
use crate::errors::Errors;
use crate::names::{address_fault, wire_name_fault};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Notification,
}

pub(super) struct Model {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) borrows: bool,
    pub(super) krate: Option<Path>,
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) id: Option<u32>,
    pub(super) was: Vec<String>,
    pub(super) answer: Answer,
    pub(super) error: Option<Type>,
    pub(super) address: Option<String>,
    pub(super) timeout_millis: Option<u64>,
    pub(super) idempotent: bool,
    pub(super) retry: u32,
    pub(super) authenticated: bool,
    pub(super) requires: Vec<String>,
}

pub(super) enum Answer {
    Response(Option<Type>),
    Stream(Type),
    None,
}

const REQUEST: Keys = Keys {
    of: "#[request]",
    known: &[
        "response",
        "stream",
        "error",
        "address",
        "timeout",
        "idempotent",
        "retry",
        "authenticated",
        "requires",
        "name",
        "id",
        "was",
        "crate",
    ],
    repeatable: &["was"],
};

const NOTIFICATION: Keys = Keys {
    of: "#[notification]",
    known: &[
        "address",
        "authenticated",
        "requires",
        "name",
        "id",
        "was",
        "crate",
    ],
    repeatable: &["was"],
};

impl Model {
    pub(super) fn read(kind: Kind, item: DeriveInput, errors: &mut Errors) -> Self {
        let mut keys = Values::default();
        let mut seen = Seen::default();
        for attribute in &item.attrs {
            keys.read(kind, attribute, &mut seen, errors);
        }
        check_shape(&item, errors);
        let name = match &keys.name {
            Some(name) => name.value(),
            None => default_name(&item.ident, errors),
        };
        if let Some(was) = keys.was.iter().find(|was| was.value() == name) {
            errors.at(
                Code::E102,
                was.span(),
                format!("`{name}` is the name that the message has now: take it out"),
            );
        }
        Self {
            docs: docs::text(&item.attrs),
            krate: keys.krate,
            id: keys.id,
            was: keys.was.iter().map(LitStr::value).collect(),
            answer: match (kind, keys.stream) {
                (Kind::Notification, _) => Answer::None,
                (Kind::Request, Some((_, item))) => Answer::Stream(item),
                (Kind::Request, None) => Answer::Response(keys.response.map(|(_, ty)| ty)),
            },
            error: keys.error,
            address: keys.address,
            timeout_millis: keys.timeout_millis,
            idempotent: keys.idempotent,
            retry: keys.retry,
            borrows: references(&item.data).next().is_some(),
            authenticated: keys.authenticated || !keys.requires.is_empty(),
            requires: keys.requires,
            ident: item.ident,
            generics: item.generics,
            name,
        }
    }
}

/// The values of all keys, as far as they could be read.
#[derive(Default)]
struct Values {
    response: Option<(Span, Type)>,
    stream: Option<(Span, Type)>,
    error: Option<Type>,
    address: Option<String>,
    timeout_millis: Option<u64>,
    idempotent: bool,
    retry: u32,
    authenticated: bool,
    requires: Vec<String>,
    name: Option<LitStr>,
    id: Option<u32>,
    was: Vec<LitStr>,
    krate: Option<Path>,
}

impl Values {
    fn read(&mut self, kind: Kind, attribute: &Attribute, seen: &mut Seen, errors: &mut Errors) {
        let (keys, own, other) = match kind {
            Kind::Request => (&REQUEST, "request", "notification"),
            Kind::Notification => (&NOTIFICATION, "notification", "request"),
        };
        if attribute.path().is_ident(other) {
            errors.on(
                Code::E103,
                attribute.path(),
                format!("`#[{other}(..)]` beside a derive of the other kind: write `#[{own}(..)]`"),
            );
        }
        if !attribute.path().is_ident(own) {
            return;
        }
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => {
                keys.read(list.tokens.clone(), seen, errors, |key, input, errors| {
                    self.value(key, input, errors)
                });
            }
            Meta::NameValue(pair) => {
                errors.on(
                    Code::E104,
                    &pair.path,
                    format!("write `#[{own}(key = value, ..)]`"),
                );
            }
        }
    }

    fn value(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match key.to_string().as_str() {
            "response" => {
                self.response = Some((key.span(), owned_type(key, input, "Pong")?));
                self.one_answer(key, errors);
            }
            "stream" => {
                self.stream = Some((key.span(), owned_type(key, input, "Item")?));
                self.one_answer(key, errors);
            }
            "error" => self.error = Some(error_type(key, input)?),
            "address" => self.address = Some(address(key, input)?),
            "timeout" => {
                let text = attr::string(key, input, "\"5s\"")?;
                self.timeout_millis = Some(millis(&text)?);
            }
            "idempotent" => {
                attr::flag(key, input)?;
                self.idempotent = true;
            }
            "retry" => self.retry = retry(key, input)?,
            "authenticated" => {
                attr::flag(key, input)?;
                self.authenticated = true;
            }
            "requires" => self.requires = requires::read(key, input, errors)?,
            "name" => self.name = Some(wire_name(key, input, errors)?),
            "id" => self.id = Some(id(key, input)?),
            "was" => {
                let was = wire_name(key, input, errors)?;
                if self
                    .was
                    .iter()
                    .any(|earlier| earlier.value() == was.value())
                {
                    errors.at(
                        Code::E105,
                        was.span(),
                        format!("`{}` is given twice: take one of them out", was.value()),
                    );
                }
                self.was.push(was);
            }
            _ => self.krate = Some(attr::krate(key, input)?),
        }
        Ok(())
    }

    fn one_answer(&self, key: &Ident, errors: &mut Errors) {
        if self.response.is_some() && self.stream.is_some() {
            errors.at(
                Code::E106,
                key.span(),
                "a request has one `response` or a `stream` of items: take one of the two out",
            );
        }
    }
}

fn owned_type(key: &Ident, input: ParseStream<'_>, like: &str) -> syn::Result<Type> {
    attr::equals(key, input, like)?;
    let ty: Type = input.parse().map_err(|error| {
        Code::E107.at(
            error.span(),
            format!("`{key}` takes a type: `{key} = {like}`"),
        )
    })?;
    match ty {
        Type::Reference(_) => Err(Code::E108.on(
            &ty,
            format!("`{key}` must own its data, as it outlives the handler: `String`, not `&str`"),
        )),
        Type::ImplTrait(_) | Type::Infer(_) => Err(Code::E109.on(
            &ty,
            format!("`{key}` must be one type that both ends know: `{key} = {like}`"),
        )),
        ty => Ok(ty),
    }
}

fn error_type(key: &Ident, input: ParseStream<'_>) -> syn::Result<Type> {
    let ty = owned_type(key, input, "LoginError")?;
    let is_status = matches!(&ty, Type::Path(path)
        if path.path.is_ident("Status")
            || path.path.segments.first().is_some_and(|first| first.ident == "mitto")
                && path.path.segments.last().is_some_and(|last| last.ident == "Status"));
    if is_status {
        return Err(Code::E110.on(
            &ty,
            "every request may fail with a `Status`: leave `error` out",
        ));
    }
    Ok(ty)
}

fn wire_name(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<LitStr> {
    let name = attr::string(key, input, "\"Ping\"")?;
    if let Some(fault) = wire_name_fault(&name.value()) {
        errors.at(Code::E111, name.span(), fault);
    }
    Ok(name)
}

fn default_name(ident: &Ident, errors: &mut Errors) -> String {
    let name = ident.unraw().to_string();
    if let Some(fault) = wire_name_fault(&name) {
        errors.at(
            Code::E112,
            ident.span(),
            format!("{fault}; give it another with `name = \"..\"`"),
        );
    }
    name
}

fn id(key: &Ident, input: ParseStream<'_>) -> syn::Result<u32> {
    attr::equals(key, input, "7")?;
    let wrong = |span| Code::E113.at(span, "`id` takes a number from 1 to 4294967295: `id = 7`");
    let literal: LitInt = input.parse().map_err(|error| wrong(error.span()))?;
    match literal.base10_parse() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err(wrong(literal.span())),
    }
}

fn address(key: &Ident, input: ParseStream<'_>) -> syn::Result<String> {
    let text = attr::string(key, input, "\"shop/orders\"")?;
    match address_fault(&text.value()) {
        Some(fault) => Err(Code::E124.at(text.span(), fault)),
        None => Ok(text.value()),
    }
}

fn retry(key: &Ident, input: ParseStream<'_>) -> syn::Result<u32> {
    attr::equals(key, input, "3")?;
    let wrong = |span| Code::E123.at(span, "`retry` takes a number from 1 to 100: `retry = 3`");
    let literal: LitInt = input.parse().map_err(|error| wrong(error.span()))?;
    match literal.base10_parse() {
        Ok(times @ 1..=100) => Ok(times),
        _ => Err(wrong(literal.span())),
    }
}

/// Reads `5s`, `250ms`, `2m` or `1h`.
fn millis(text: &LitStr) -> syn::Result<u64> {
    let value = text.value();
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = value.split_at(digits);
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    match (number.parse::<u64>(), factor) {
        (Ok(number), Some(factor)) if number > 0 => number.checked_mul(factor),
        _ => None,
    }
    .ok_or_else(|| {
        Code::E114.at(
            text.span(),
            "a timeout is a whole number above zero and a unit, `ms`, `s`, `m` or `h`: `\"5s\"`",
        )
    })
}

fn check_shape(item: &DeriveInput, errors: &mut Errors) {
    match &item.data {
        Data::Struct(_) | Data::Union(_) => {}
        Data::Enum(data) => errors.at(Code::E115,
            data.enum_token.span,
            "a message is a struct, so that fields can be added to it later: put the enum into a field",
        ),
    }
    for ty in references(&item.data) {
        // A struct with lifetimes is reported for them, and a reference without one by the compiler.
        if ty.lifetime.is_some() && item.generics.lifetimes().next().is_none() {
            errors.on(
                Code::E118,
                ty,
                "a message owns its data, as it is read from bytes that go away: `String`, not `&str`",
            );
        }
    }
    for parameter in &item.generics.params {
        match parameter {
            syn::GenericParam::Lifetime(lifetime) => errors.on(Code::E116,
                lifetime,
                "a message cannot borrow, as it outlives the bytes it is read from: use owned fields",
            ),
            other => errors.on(Code::E117,
                other,
                "a message cannot be generic, as one name and id stand for one type; \
                 a response can: `response = Page<User>`",
            ),
        }
    }
}

/// The types of the fields that borrow.
fn references(data: &Data) -> impl Iterator<Item = &TypeReference> {
    let fields = match data {
        Data::Struct(data) => Some(&data.fields),
        _ => None,
    };
    let types = fields.into_iter().flatten().map(|field| &field.ty);
    types.filter_map(|ty| match ty {
        Type::Reference(reference) => Some(reference),
        _ => None,
    })
}
