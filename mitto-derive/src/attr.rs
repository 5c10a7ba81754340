//! Reading `key`, `key = value` lists.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token};

use crate::code::Code;
use crate::errors::Errors;
use crate::names::nearest;

/// What a macro's attribute knows.
pub(crate) struct Keys {
    /// How the attribute is written: `#[request]`.
    pub(crate) of: &'static str,
    /// The keys.
    pub(crate) known: &'static [&'static str],
    /// Those that may be given more than once.
    pub(crate) repeatable: &'static [&'static str],
}

/// The keys that were seen so far, with all attributes of an item taken together.
#[derive(Default)]
pub(crate) struct Seen(Vec<String>);

impl Keys {
    /// Reads a comma-separated list. `value` reads what follows a key; after a mistake the rest of
    /// the list is still read.
    pub(crate) fn read(
        &self,
        tokens: TokenStream,
        seen: &mut Seen,
        errors: &mut Errors,
        value: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
    ) {
        let parsed = (|input: ParseStream<'_>| {
            self.read_stream(input, seen, errors, value);
            Ok(())
        })
        .parse2(tokens);
        errors.take(parsed);
    }

    /// Reads the rest of `input` as such a list.
    pub(crate) fn read_stream(
        &self,
        input: ParseStream<'_>,
        seen: &mut Seen,
        errors: &mut Errors,
        mut value: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
    ) {
        while !input.is_empty() {
            let read = self.read_one(input, seen, errors, &mut value);
            if errors.take(read).is_none() {
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                errors.add(no_comma(input));
                skip_to_comma(input);
            }
            let _ = input.parse::<Option<Token![,]>>();
        }
    }

    fn read_one(
        &self,
        input: ParseStream<'_>,
        seen: &mut Seen,
        errors: &mut Errors,
        value: &mut impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
    ) -> syn::Result<()> {
        let key = input
            .call(Ident::parse_any)
            .map_err(|error| Code::E003.at(error.span(), self.all("expected a key")))?;
        let name = key.to_string();
        if !self.known.contains(&name.as_str()) {
            return Err(Code::E004.at(key.span(), self.unknown(&name)));
        }
        if seen.0.contains(&name) && !self.repeatable.contains(&name.as_str()) {
            errors.at(
                Code::E005,
                key.span(),
                format!("`{name}` is given twice: take one of them out"),
            );
        }
        seen.0.push(name);
        value(&key, input, errors)
    }

    fn unknown(&self, name: &str) -> String {
        match nearest(name, self.known) {
            Some(meant) => format!("unknown key `{name}`: did you mean `{meant}`?"),
            None => self.all(&format!("unknown key `{name}`")),
        }
    }

    fn all(&self, what: &str) -> String {
        let known: Vec<String> = self.known.iter().map(|key| format!("`{key}`")).collect();
        format!("{what}: `{}` knows {}", self.of, known.join(", "))
    }
}

/// What stands where a comma should be.
pub(crate) fn no_comma(input: ParseStream<'_>) -> syn::Error {
    Code::E002.at(input.span(), "expected `,`")
}

/// The `=` after a key that needs a value; `like` shows one.
pub(crate) fn equals(key: &Ident, input: ParseStream<'_>, like: &str) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Ok(());
        }
    }
    Err(Code::E006.at(
        key.span(),
        format!("`{key}` needs a value: `{key} = {like}`"),
    ))
}

/// Nothing may follow a flag.
pub(crate) fn flag(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(Code::E007.at(
        key.span(),
        format!("`{key}` takes no value: write just `{key}`"),
    ))
}

/// The string after a key.
pub(crate) fn string(key: &Ident, input: ParseStream<'_>, like: &str) -> syn::Result<LitStr> {
    equals(key, input, like)?;
    input.parse().map_err(|error| {
        Code::E008.at(
            error.span(),
            format!("`{key}` takes a string: `{key} = {like}`"),
        )
    })
}

/// The path after `crate`.
pub(crate) fn krate(key: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    equals(key, input, "::mitto")?;
    input.call(Path::parse_mod_style).map_err(|error| {
        Code::E009.at(
            error.span(),
            "`crate` takes the path of the mitto crate: `crate = ::mitto`",
        )
    })
}

/// Where generated code finds what it names: the `private` module of the given crate, or of `::mitto`.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::private),
        None => {
            // The user's own `mitto` may be a module; `::mitto` is always the crate.
            let mitto = Ident::new("mitto", Span::call_site());
            quote!(::#mitto::private)
        }
    }
}

/// Leaves out what cannot be read, up to the next comma.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}
