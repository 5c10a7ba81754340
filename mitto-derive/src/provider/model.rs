//! What a provider lists.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{ItemStruct, Member, Path, Token, Type, bracketed};

use super::fields::{self, Field, shown};
use crate::attr::{self, Keys, Seen, no_comma, skip_to_comma};
use crate::code::Code;
use crate::errors::Errors;
use crate::names::nearest;
use crate::refusal::path_text;

pub(super) struct Model {
    pub(super) krate: Option<Path>,
    pub(super) ident: Ident,
    pub(super) visibility: syn::Visibility,
    pub(super) side: Side,
    pub(super) schema: Path,
    pub(super) handlers: Vec<Path>,
    pub(super) included: Vec<Included>,
    pub(super) fields: Vec<Field>,
}

#[derive(Clone, Copy)]
pub(super) enum Side {
    Server,
    Client,
}

/// A field whose type is a provider too.
pub(super) struct Included {
    pub(super) member: Member,
    pub(super) ty: Type,
}

const KEYS: Keys = Keys {
    of: "#[provider]",
    known: &["crate"],
    repeatable: &[],
};

const LIKE: &str = "`#[mitto::provider(server of Chat: [ping, auth::login])]`";

impl Model {
    /// Reads the attribute and the struct; gives the struct back without our own attributes.
    pub(super) fn read(
        head: TokenStream,
        item: TokenStream,
        errors: &mut Errors,
    ) -> (Option<Self>, TokenStream) {
        let mut parsed: ItemStruct = match syn::parse2(item.clone()) {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.add(not_a_struct(&item, error));
                return (None, item);
            }
        };
        let fields = fields::read(&mut parsed, errors);
        let stripped = parsed.to_token_stream();
        let is_generic = !parsed.generics.params.is_empty();
        if is_generic {
            errors.on(
                Code::E401,
                &parsed.generics,
                "a provider cannot be generic, as its table is made once: name the types, or hold \
                 `Arc<dyn ..>`",
            );
        }
        let Some(head) = Head::read(head, errors) else {
            return (None, stripped);
        };
        if is_generic {
            return (None, stripped);
        }
        let mut model = Self {
            krate: head.krate,
            ident: parsed.ident,
            visibility: parsed.vis,
            side: head.side,
            schema: head.schema,
            handlers: head.handlers,
            included: Vec::new(),
            fields,
        };
        for member in head.included {
            model.include(member, errors);
        }
        model.check_twice(errors);
        (Some(model), stripped)
    }

    fn include(&mut self, member: Member, errors: &mut Errors) {
        let name = shown(&member);
        if self.included.iter().any(|earlier| earlier.member == member) {
            errors.at(
                Code::E402,
                member.span(),
                format!("`{name}` is included twice: take one of them out"),
            );
            return;
        }
        match self.fields.iter().find(|field| field.member == member) {
            Some(field) => self.included.push(Included {
                ty: field.ty.clone(),
                member,
            }),
            None => {
                let ident = &self.ident;
                errors.at(
                    Code::E403,
                    member.span(),
                    format!(
                        "`{ident}` has no field `{name}`: include a field whose type is a provider"
                    ),
                );
            }
        }
    }

    fn check_twice(&mut self, errors: &mut Errors) {
        let mut seen = Vec::new();
        self.handlers.retain(|path| {
            let text = path_text(path);
            let is_new = !seen.contains(&text);
            if !is_new {
                errors.on(
                    Code::E404,
                    path,
                    format!("`{text}` is listed twice: take one of them out"),
                );
            }
            seen.push(text);
            is_new
        });
    }
}

/// What stands in the attribute.
struct Head {
    side: Side,
    schema: Path,
    handlers: Vec<Path>,
    included: Vec<Member>,
    krate: Option<Path>,
}

impl Head {
    fn read(tokens: TokenStream, errors: &mut Errors) -> Option<Self> {
        if tokens.is_empty() {
            errors.at(
                Code::E405,
                Span::call_site(),
                format!(
                    "say which side of which schema this provides, and list the handlers: {LIKE}"
                ),
            );
            return None;
        }
        let read = (|input: ParseStream<'_>| {
            let side = read_side(input)?;
            let of: Option<Ident> = input.parse()?;
            if of.as_ref().is_none_or(|of| of != "of") {
                let span = of.map_or_else(|| input.span(), |of| of.span());
                return Err(Code::E406.at(span, format!("expected `of` and the schema: {LIKE}")));
            }
            let expected = |error: syn::Error| {
                Code::E407.at(error.span(), format!("expected the schema: {LIKE}"))
            };
            let schema = input.call(Path::parse_mod_style).map_err(expected)?;
            let listed = |error: syn::Error| {
                Code::E408.at(
                    error.span(),
                    format!("expected `: [..]` with the handlers: {LIKE}"),
                )
            };
            input.parse::<Token![:]>().map_err(listed)?;
            if !input.peek(syn::token::Bracket) {
                return Err(listed(input.error("")));
            }
            let list;
            bracketed!(list in input);
            let mut head = Self {
                side,
                schema,
                handlers: Vec::new(),
                included: Vec::new(),
                krate: None,
            };
            head.read_list(&list, errors);
            if !input.is_empty() {
                if input.parse::<Token![,]>().is_err() {
                    return Err(no_comma(input));
                }
                KEYS.read_stream(input, &mut Seen::default(), errors, |key, input, _| {
                    head.krate = Some(attr::krate(key, input)?);
                    Ok(())
                });
            }
            Ok(head)
        })
        .parse2(tokens);
        errors.take(read)
    }

    fn read_list(&mut self, list: ParseStream<'_>, errors: &mut Errors) {
        while !list.is_empty() {
            let read = self.read_entry(list);
            if errors.take(read).is_none() {
                skip_to_comma(list);
            } else if !list.is_empty() && !list.peek(Token![,]) {
                errors.add(no_comma(list));
                skip_to_comma(list);
            }
            let _ = list.parse::<Option<Token![,]>>();
        }
    }

    fn read_entry(&mut self, list: ParseStream<'_>) -> syn::Result<()> {
        let fork = list.fork();
        let is_include = fork
            .call(Ident::parse_any)
            .is_ok_and(|word| word == "include")
            && (fork.peek(syn::Ident::peek_any) || fork.peek(syn::LitInt));
        if is_include {
            list.call(Ident::parse_any)?;
            self.included.push(list.parse()?);
            return Ok(());
        }
        let path = list.call(Path::parse_mod_style).map_err(|error| {
            Code::E411.at(
                error.span(),
                "expected the path of a handler, `auth::login`, or `include field`",
            )
        })?;
        self.handlers.push(path);
        Ok(())
    }
}

fn read_side(input: ParseStream<'_>) -> syn::Result<Side> {
    let word = input.call(Ident::parse_any)?;
    let text = word.to_string();
    match text.as_str() {
        "server" => Ok(Side::Server),
        "client" => Ok(Side::Client),
        _ => Err(Code::E412.at(
            word.span(),
            match nearest(&text, &["server", "client"]) {
                Some(meant) => format!("unknown `{text}`: did you mean `{meant}`?"),
                None => format!("expected `server of` or `client of`: {LIKE}"),
            },
        )),
    }
}

fn not_a_struct(item: &TokenStream, error: syn::Error) -> syn::Error {
    let starts_other = item.clone().into_iter().find_map(|token| match token {
        proc_macro2::TokenTree::Ident(word)
            if [
                "fn", "enum", "union", "impl", "trait", "mod", "type", "async", "struct",
            ]
            .contains(&word.to_string().as_str()) =>
        {
            Some(word)
        }
        _ => None,
    });
    match starts_other {
        Some(word) if word != "struct" => Code::E413.at(
            word.span(),
            "`#[mitto::provider]` goes on a `struct`, whose fields are the state of the handlers",
        ),
        _ => error,
    }
}

impl ToTokens for Side {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Server => quote!(ServerSide),
            Self::Client => quote!(ClientSide),
        });
    }
}
