//! What a message requires of its caller: `requires = "a"`, `requires = ["a", "b"]`.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{LitStr, Token, bracketed};

use crate::attr;
use crate::code::Code;
use crate::errors::Errors;

/// The longest grant, in bytes.
const LONGEST: usize = 128;

pub(super) fn read(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Vec<String>> {
    attr::equals(key, input, "\"admin\"")?;
    let wrong = |span| {
        let text = "`requires` takes a grant or a list of them: `requires = \"admin\"`, \
                    `requires = [\"read\", \"write\"]`";
        Code::E119.at(span, text)
    };
    if !input.peek(syn::token::Bracket) {
        let grant: LitStr = input.parse().map_err(|error| wrong(error.span()))?;
        return Ok(checked([grant], errors));
    }
    let list;
    let bracket = bracketed!(list in input);
    let grants = Punctuated::<LitStr, Token![,]>::parse_terminated(&list)
        .map_err(|error| wrong(error.span()))?;
    if grants.is_empty() {
        let text = "the list of grants is empty: write `authenticated` for any identity";
        errors.at(Code::E120, bracket.span.join(), text);
    }
    Ok(checked(grants, errors))
}

fn checked(grants: impl IntoIterator<Item = LitStr>, errors: &mut Errors) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for grant in grants {
        let value = grant.value();
        if value.is_empty() || value.len() > LONGEST || !value.bytes().all(|b| b.is_ascii_graphic())
        {
            let text = format!("a grant is 1 to {LONGEST} visible ASCII characters");
            errors.at(Code::E121, grant.span(), text);
        } else if all.contains(&value) {
            let text = format!("`{value}` is listed twice: take one of them out");
            errors.at(Code::E122, grant.span(), text);
        }
        all.push(value);
    }
    all
}
