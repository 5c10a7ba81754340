//! Which top-level modules of its crate a source file names.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// A path that starts at the root of the crate: its line, and the first name in it (`*` for a glob,
/// `self` for the root itself).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) line: usize,
    pub(super) name: String,
}

/// Every `crate::name` of a file, in `use` trees and in code, also when it is written with `super`.
pub(super) fn of(module: &[String], text: &str) -> Result<Vec<Import>, String> {
    let tokens = TokenStream::from_str(text).map_err(|error| {
        let line = error.span().start().line;
        format!("not Rust tokens in line {line}: {error}")
    })?;
    let mut scan = Scan {
        module: module.to_vec(),
        imports: Vec::new(),
    };
    scan.tokens(tokens);
    Ok(scan.imports)
}

struct Scan {
    /// The module that the tokens stand in.
    module: Vec<String>,
    imports: Vec<Import>,
}

impl Scan {
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            at += match rest {
                [
                    TokenTree::Ident(word),
                    TokenTree::Ident(name),
                    TokenTree::Group(body),
                    ..,
                ] if word == "mod" && body.delimiter() == Delimiter::Brace => {
                    self.inline_module(name, body);
                    3
                }
                [TokenTree::Ident(_), ..] => self.path(rest),
                [TokenTree::Group(group), ..] => {
                    self.tokens(group.stream());
                    1
                }
                _ => 1,
            };
        }
    }

    fn inline_module(&mut self, name: &Ident, body: &Group) {
        self.module.push(name.to_string());
        self.tokens(body.stream());
        self.module.pop();
    }

    /// Takes a path off the front; returns how many tokens that were.
    fn path(&mut self, tokens: &[TokenTree]) -> usize {
        let mut depth = self.module.len();
        let mut at = 0;
        while let Some(TokenTree::Ident(head)) = tokens.get(at) {
            match head.to_string().as_str() {
                "crate" => depth = 0,
                "super" => depth = depth.saturating_sub(1),
                "self" => {}
                _ => break,
            }
            // `self.field`, `pub(crate)`, `pub(super)`
            if !is_separator(&tokens[at + 1..]) {
                return at + 1;
            }
            at += 3;
        }
        if at > 0 && depth == 0 {
            self.first_names(&tokens[at..]);
            // The whole of a `use` group has been seen, so that `crate::{a::{b}}` names only `a`.
            if matches!(tokens.get(at), Some(TokenTree::Group(_))) {
                return at + 1;
            }
        }
        // The rest of the path holds no start of another one.
        while let [TokenTree::Ident(_), separator @ ..] = &tokens[at..] {
            match is_separator(separator) {
                true => at += 3,
                false => return at + 1,
            }
        }
        at.max(1)
    }

    fn first_names(&mut self, tokens: &[TokenTree]) {
        match tokens.first() {
            Some(TokenTree::Group(group)) => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                for entry in tokens.split(is_comma) {
                    self.first_names(entry);
                }
            }
            Some(token @ (TokenTree::Ident(_) | TokenTree::Punct(_))) => {
                let line = token.span().start().line;
                let name = token.to_string();
                self.imports.push(Import { line, name });
            }
            Some(TokenTree::Literal(_)) | None => {}
        }
    }
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(a), TokenTree::Punct(b), ..]
        if a.as_char() == ':' && b.as_char() == ':')
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(module: &str, text: &str) -> Vec<String> {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        of(&module, text)
            .expect("Rust")
            .into_iter()
            .map(|import| import.name)
            .collect()
    }

    #[test]
    fn every_form_of_use_is_found() {
        let text = "use crate::a; pub use crate::b::C; pub(crate) use crate::d::{E, F};";
        assert_eq!(names("m", text), ["a", "b", "d"]);
    }

    #[test]
    fn groups_are_opened() {
        let text = "use crate::{a, b::{c, d::e}, f as g, h::*};";
        assert_eq!(names("m", text), ["a", "b", "f", "h"]);
    }

    #[test]
    fn paths_in_code_are_found() {
        let text = "fn f(x: &[crate::a::B]) -> i32 { m!(crate::c::d(x)); $crate::e::F::<crate::g::H>::new() }";
        assert_eq!(names("m", text), ["a", "c", "e", "g"]);
    }

    #[test]
    fn paths_through_super_are_found() {
        assert_eq!(names("m", "use super::a;"), ["a"]);
        assert_eq!(
            names("m::n", "use super::a; use super::super::b; use super::{c};"),
            ["b"]
        );
        assert_eq!(
            names("m", "mod tests { use super::*; use super::super::a; }"),
            ["a"]
        );
        assert_eq!(names("m", "mod tests { } use super::a;"), ["a"]);
    }

    #[test]
    fn comments_and_strings_are_ignored() {
        let text = r##"
            //! [`crate::a`]
            /// use crate::b;
            // use crate::c;
            /* use crate::d; /* use crate::e; */ */
            const S: &str = "use crate::f;";
            const R: &str = r#"use "crate::g";"#;
        "##;
        assert_eq!(names("m", text), [""; 0]);
    }

    #[test]
    fn other_paths_are_ignored() {
        let text = "pub(crate) fn f(self) { self.a(); self::b(); std::c::d(); x::crate_::y() }";
        assert_eq!(names("m", text), [""; 0]);
    }

    #[test]
    fn the_root_itself_is_found() {
        assert_eq!(
            names("m", "use crate::*; use crate::{self as root};"),
            ["*", "self"]
        );
    }

    #[test]
    fn lines_are_counted() {
        let imports = of(&["m".to_owned()], "\nuse crate::{\n    a,\n    b,\n};").expect("Rust");
        assert_eq!(
            imports.iter().map(|import| import.line).collect::<Vec<_>>(),
            [3, 4]
        );
    }
}
