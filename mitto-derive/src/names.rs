//! Names: on the wire, of methods, and mistyped ones.

use proc_macro2::Ident;
use syn::ext::IdentExt;

/// The longest wire name, in bytes.
const MAX: usize = 64;

/// Why `name` cannot be a message's name on the wire.
pub(crate) fn wire_name_fault(name: &str) -> Option<String> {
    let bad = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if name.is_empty() {
        Some("a name cannot be empty: write one, or leave the key out".to_owned())
    } else if name.len() > MAX {
        let length = name.len();
        Some(format!(
            "a name has at most {MAX} bytes, this one has {length}: choose a shorter one"
        ))
    } else if let Some(c) = name.chars().find(bad) {
        Some(format!(
            "`{c}` cannot be in a name: names are letters `A-Z a-z`, digits, `_` and `-`"
        ))
    } else if name.starts_with("mitto-") {
        Some("names that start with `mitto-` are reserved: choose another".to_owned())
    } else {
        None
    }
}

/// Why `text` is no address.
pub(crate) fn address_fault(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').collect();
    if !matches!(parts.len(), 2 | 3) {
        return Some("write `application/node` or `application/node/action`".to_owned());
    }
    let bad = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let names = ["application", "node", "action"];
    names.iter().zip(parts).find_map(|(name, part)| {
        if let Some(c) = part.chars().find(bad) {
            return Some(format!(
                "the {name} of the address holds {c:?}: take only A-Z a-z 0-9 _ -"
            ));
        }
        let fits = (1..=MAX).contains(&part.len());
        (!fits).then(|| format!("the {name} of an address has 1 to {MAX} of A-Z a-z 0-9 _ -"))
    })
}

/// `LogOut` as `log_out`, `HTTPGet` as `http_get`.
pub(crate) fn snake_case(name: &Ident) -> String {
    let chars: Vec<char> = name.unraw().to_string().chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| {
                b != '_' && (!b.is_uppercase() || after.is_some_and(|a| a.is_lowercase()))
            });
        if starts_word {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// `name` as an identifier, raw where it is a keyword. `None` where it cannot be one.
pub(crate) fn identifier(name: &str, span: proc_macro2::Span) -> Option<Ident> {
    let mut ident = syn::parse_str::<Ident>(name)
        .or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}")))
        .ok()?;
    ident.set_span(span);
    Some(ident)
}

/// The known name that `name` is probably meant to be.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, taken away or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn methods_are_snake_case() {
        for (name, method) in [
            ("Ping", "ping"),
            ("LogOut", "log_out"),
            ("HTTPGet", "http_get"),
            ("Get2Things", "get2_things"),
            ("Already_Snake", "already_snake"),
        ] {
            assert_eq!(snake_case(&Ident::new(name, Span::call_site())), method);
        }
    }

    #[test]
    fn mistyped_names_find_the_nearest() {
        assert_eq!(
            nearest("respons", &["response", "stream"]),
            Some("response")
        );
        assert_eq!(nearest("nmae", &["name", "was"]), Some("name"));
        assert_eq!(nearest("unrelated", &["name", "was"]), None);
    }
}
