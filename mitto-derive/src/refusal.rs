//! Calls that may end the compilation, reported on the user's own tokens.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Path;

/// `const _: () = (check)(arguments);`, where a refusal is reported on what `user` covers.
///
/// A const evaluation error is reported on the call, which reaches from its first group to its last:
/// only these two are put on the user's tokens, so that nothing foreign is found there by an editor.
pub(crate) fn check(
    user: &impl ToTokens,
    check: TokenStream,
    arguments: TokenStream,
) -> TokenStream {
    let (first, last) = ends(user);
    let check = group(check, first);
    let arguments = group(arguments, last);
    quote!(const _: () = #check #arguments;)
}

/// Where a path or other tokens begin and end.
fn ends(user: &impl ToTokens) -> (Span, Span) {
    let mut spans = user.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

fn group(tokens: TokenStream, span: Span) -> TokenTree {
    let mut group = Group::new(proc_macro2::Delimiter::Parenthesis, tokens);
    group.set_span(Span::mixed_site().located_at(span));
    TokenTree::Group(group)
}

/// A path as text.
pub(crate) fn path_text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
