//! What a schema lists.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Path, Token, Visibility, braced, bracketed, parenthesized};

use crate::attr::{no_comma, skip_to_comma};
use crate::code::Code;
use crate::docs;
use crate::errors::Errors;
use crate::names::{identifier, nearest, snake_case};
use crate::refusal::path_text;

pub(super) struct Model {
    /// The path of the mitto crate.
    pub(super) krate: TokenStream,
    pub(super) attributes: Vec<Attribute>,
    pub(super) docs: String,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) includes: Vec<Listed>,
    pub(super) directions: Vec<Direction>,
}

/// A message or an included schema, and the method it gets.
pub(super) struct Listed {
    pub(super) path: Path,
    pub(super) method: Ident,
}

pub(super) struct Direction {
    pub(super) to: To,
    pub(super) stub: Ident,
    pub(super) messages: Vec<Listed>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Server,
    Client,
}

/// Methods that every stub has, from the library or from Rust.
const RESERVED: &[&str] = &[
    "connect",
    "builder",
    "local",
    "peer",
    "from",
    "into",
    "clone",
    "clone_from",
    "call",
    "fmt",
    "new",
    "borrow",
    "borrow_mut",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
    "drop",
];

impl Model {
    pub(super) fn read(input: TokenStream, errors: &mut Errors) -> Option<Self> {
        let read = (|input: ParseStream<'_>| {
            let krate;
            parenthesized!(krate in input);
            let krate: TokenStream = krate.parse()?;
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            let ident = input.parse().map_err(|error: syn::Error| {
                Code::E301.at(
                    error.span(),
                    "expected `pub Name { .. }`: a schema's visibility, name and messages",
                )
            })?;
            let body;
            braced!(body in input);
            let mut model = Self {
                krate,
                docs: docs::text(&attributes),
                attributes,
                visibility,
                ident,
                includes: Vec::new(),
                directions: Vec::new(),
            };
            while !body.is_empty() {
                let read = model.read_entry(&body, errors);
                if errors.take(read).is_none() {
                    skip_to_comma(&body);
                } else if !body.is_empty() && !body.peek(Token![,]) {
                    errors.add(no_comma(&body));
                    skip_to_comma(&body);
                }
                let _ = body.parse::<Option<Token![,]>>();
            }
            if !input.is_empty() {
                errors.at(
                    Code::E303,
                    input.span(),
                    "one `schema!` declares one schema: start another `schema!`",
                );
                let _: TokenStream = input.parse()?;
            }
            Ok(model)
        })
        .parse2(input);
        let mut model = errors.take(read)?;
        model.check_methods(errors);
        Some(model)
    }

    fn read_entry(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if let Ok(docs) = input.call(Attribute::parse_outer)
            && let Some(first) = docs.first()
        {
            errors.on(
                Code::E304,
                first,
                "document the schema or the message itself: its stubs link there",
            );
        }
        let word = input.call(Ident::parse_any)?;
        match word.to_string().as_str() {
            "include" => {
                let listed = read_listed(input)?;
                self.includes.push(listed);
                Ok(())
            }
            "client" => self.read_direction(&word, To::Server, input, errors),
            "server" => self.read_direction(&word, To::Client, input, errors),
            other => Err(Code::E305.at(
                word.span(),
                match nearest(other, &["client", "server", "include"]) {
                    Some(meant) => format!("unknown `{other}`: did you mean `{meant}`?"),
                    None => {
                        "expected `client => server as Stub: [..]`, `server => client as Stub: \
                             [..]` or `include other::Schema`"
                            .to_owned()
                    }
                },
            )),
        }
    }

    fn read_direction(
        &mut self,
        from: &Ident,
        to: To,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let receiver = to.name();
        let like = format!("`{from} => {receiver} as Stub: [..]`");
        let expected = |error: syn::Error| Code::E306.at(error.span(), format!("expected {like}"));
        input.parse::<Token![=>]>().map_err(expected)?;
        let named: Ident = input.parse().map_err(expected)?;
        if named != receiver {
            return Err(expected(syn::Error::new(named.span(), "")));
        }
        input.parse::<Token![as]>().map_err(|error| {
            Code::E308.at(
                error.span(),
                format!("name the stub that sends these messages: {like}"),
            )
        })?;
        let stub: Ident = input.parse().map_err(expected)?;
        input.parse::<Token![:]>().map_err(expected)?;
        if !input.peek(syn::token::Bracket) {
            return Err(expected(input.error("")));
        }
        let list;
        bracketed!(list in input);
        let mut messages = Vec::new();
        while !list.is_empty() {
            if let Ok(attributes) = list.call(Attribute::parse_outer)
                && let Some(first) = attributes.first()
            {
                errors.on(
                    Code::E309,
                    first,
                    "document the message itself: its stub's method links there",
                );
            }
            match read_listed(&list) {
                Ok(listed) => messages.push(listed),
                Err(error) => {
                    errors.add(error);
                    skip_to_comma(&list);
                }
            }
            if !list.is_empty() && !list.peek(Token![,]) {
                errors.at(Code::E310, list.span(), "expected `,` or `as method`");
                skip_to_comma(&list);
            }
            let _ = list.parse::<Option<Token![,]>>();
        }
        match self.directions.iter_mut().find(|other| other.to == to) {
            Some(_) => errors.at(
                Code::E311,
                from.span(),
                format!("`{from} => {receiver}` is there already: join the two lists"),
            ),
            None => {
                if self.ident == stub || self.directions.iter().any(|other| other.stub == stub) {
                    errors.at(
                        Code::E312,
                        stub.span(),
                        format!("`{stub}` is taken: give the stub another name"),
                    );
                    return Ok(());
                }
                self.directions.push(Direction { to, stub, messages });
            }
        }
        Ok(())
    }

    /// Takes out what would make two methods of one name.
    fn check_methods(&mut self, errors: &mut Errors) {
        let mut schemas = Vec::new();
        self.includes.retain(|Listed { path, .. }| {
            let text = path_text(path);
            let is_new = !schemas.contains(&text);
            if !is_new {
                errors.on(
                    Code::E313,
                    path,
                    format!("`{text}` is included twice: take one of them out"),
                );
            }
            schemas.push(text);
            is_new
        });
        let mut included = HashMap::new();
        keep_distinct(&mut self.includes, &mut included, errors);
        for direction in &mut self.directions {
            keep_distinct(&mut direction.messages, &mut included.clone(), errors);
        }
    }
}

fn keep_distinct(list: &mut Vec<Listed>, taken: &mut HashMap<String, String>, errors: &mut Errors) {
    list.retain(|listed| {
        let method = listed.method.unraw().to_string();
        let path = path_text(&listed.path);
        if RESERVED.contains(&method.as_str()) {
            errors.at(
                Code::E314,
                listed.method.span(),
                format!("every stub has a method `{method}`: name it otherwise, `{path} as join`"),
            );
            return false;
        }
        if let Some(earlier) = taken.get(&method) {
            if *earlier == path {
                let text = format!("`{path}` is listed twice: take one of them out");
                errors.on(Code::E315, &listed.path, text);
            } else {
                let text = format!(
                    "`{earlier}` gets the method `{method}` too: write `{path} as other_name`"
                );
                errors.on(Code::E307, &listed.path, text);
            }
            return false;
        }
        taken.insert(method, path);
        true
    });
}

fn read_listed(input: ParseStream<'_>) -> syn::Result<Listed> {
    let no_path =
        |span| Code::E316.at(span, "expected the path of a type: `Ping` or `auth::Login`");
    let path = input
        .call(Path::parse_mod_style)
        .map_err(|error| no_path(error.span()))?;
    if input.peek(Token![<]) {
        return Err(Code::E317.at(
            input.span(),
            "what a schema lists cannot be generic: one name stands for one type",
        ));
    }
    if input.parse::<Option<Token![as]>>()?.is_some() {
        let method = input.call(Ident::parse_any).map_err(|error| {
            Code::E318.at(error.span(), "expected the name of the method after `as`")
        })?;
        let method = identifier(&method.unraw().to_string(), method.span()).ok_or_else(|| {
            let text = format!("`{method}` cannot name a method: choose another name");
            Code::E319.at(method.span(), text)
        })?;
        return Ok(Listed { path, method });
    }
    let Some(last) = path.segments.last() else {
        return Err(no_path(input.span()));
    };
    let method = identifier(&snake_case(&last.ident), last.ident.span()).ok_or_else(|| {
        let text = format!(
            "`{}` cannot name a method: write `{} as other_name`",
            last.ident,
            path_text(&path)
        );
        Code::E321.at(last.ident.span(), text)
    })?;
    Ok(Listed { path, method })
}

impl To {
    /// The role that the messages go to.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}
