//! The impl of `Message`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse_quote;
use syn::spanned::Spanned;

use super::model::{Answer, Model};
use crate::attr;

/// After a mistake, what serde lacks is not asked for: it may be for the same reason.
pub(super) fn expand(model: &Model, is_broken: bool) -> TokenStream {
    let private = attr::private(model.krate.as_ref());
    let ident = &model.ident;
    let info = info(model, is_broken);
    let (kind, response) = answer(model);
    let failure = match &model.error {
        Some(error) => quote!(__mitto::CallError<#error>),
        None => quote!(__mitto::Status),
    };
    let codings = codings(model, &response, is_broken);

    // Generics are a mistake that is reported: the bounds keep it the only one.
    let mut generics = model.generics.clone();
    if !generics.params.is_empty() {
        let (_, arguments, _) = model.generics.split_for_impl();
        generics.make_where_clause().predicates.push(parse_quote! {
            #ident #arguments: __mitto::Send + 'static
        });
    }
    let (parameters, arguments, bounds) = generics.split_for_impl();
    quote! {
        const _: () = {
            use #private as __mitto;
            #[automatically_derived]
            impl #parameters __mitto::Message for #ident #arguments #bounds {
                const INFO: &'static __mitto::MessageInfo = &#info;
                type Kind = __mitto::#kind;
                type Response = #response;
                type Failure = #failure;
                const CODINGS: &'static __mitto::Codings<Self> = #codings;
            }
        };
    }
}

fn answer(model: &Model) -> (TokenStream, TokenStream) {
    match &model.answer {
        Answer::Response(Some(ty)) => (quote!(Unary), ty.to_token_stream()),
        Answer::Response(None) => (quote!(Unary), quote!(())),
        Answer::Stream(item) => (quote!(Streaming), item.to_token_stream()),
        Answer::None => (quote!(OneWay), quote!(())),
    }
}

/// Says only what is not as in most messages: the compiler reads all of it again after each edit.
fn info(model: &Model, is_broken: bool) -> TokenStream {
    let name = &model.name;
    let rust = model.ident.to_string();
    let kind = match &model.answer {
        Answer::Response(_) => quote!(Request),
        Answer::Stream(_) => quote!(Stream),
        Answer::None => quote!(Notification),
    };
    let mut fields = TokenStream::new();
    if let Some(id) = model.id {
        fields.extend(quote!(id: __mitto::MessageId(#id),));
    }
    if !model.was.is_empty() {
        let was = &model.was;
        fields.extend(quote!(was: &[#(#was),*],));
    }
    let answer = answer(model).1;
    if !matches!(model.answer, Answer::None | Answer::Response(None)) {
        let response = written(&answer);
        fields.extend(quote!(response: #response,));
    }
    if let Some(error) = &model.error {
        let error = written(error);
        fields.extend(quote!(error: __mitto::Option::Some(#error),));
    }
    if !model.docs.is_empty() {
        let docs = &model.docs;
        fields.extend(quote!(docs: #docs,));
    }
    if let Some(text) = &model.address {
        let address = quote!(__mitto::Address::from_static(#text));
        fields.extend(quote!(address: __mitto::Option::Some(#address),));
    }
    if let Some(millis) = model.timeout_millis {
        let timeout = quote!(__mitto::Duration::from_millis(#millis));
        fields.extend(quote!(timeout: __mitto::Option::Some(#timeout),));
    }
    if model.idempotent {
        fields.extend(quote!(idempotent: true,));
    }
    if model.retry != 0 {
        let retry = model.retry;
        fields.extend(quote!(retry: #retry,));
    }
    if model.authenticated {
        fields.extend(quote!(authenticated: true,));
    }
    if !model.requires.is_empty() {
        let requires = &model.requires;
        fields.extend(quote!(requires: &[#(#requires),*],));
    }
    if !is_broken {
        let own = travels(&model.ident.to_token_stream());
        let (answer, error) = (travels(&answer), travels(&error(model)));
        fields.extend(quote! {
            shapes: __mitto::Shapes {
                message: #own::SHAPE,
                response: #answer::SHAPE,
                error: #error::SHAPE,
            },
        });
    }
    quote! {
        __mitto::MessageInfo {
            #fields
            ..__mitto::MessageInfo::new(__mitto::MessageKind::#kind, #name, #rust)
        }
    }
}

/// What encodes and decodes the message, its response and its error.
fn codings(model: &Model, response: &TokenStream, is_broken: bool) -> TokenStream {
    if is_broken {
        return quote!(&__mitto::Codings::BROKEN);
    }
    let ident = &model.ident;
    let message = travels(&ident.to_token_stream());
    let (response, error) = (travels(response), travels(&error(model)));
    quote! {{
        static CODINGS: __mitto::Codings<#ident> = __mitto::Codings {
            message: #message::CODING,
            response: #response::CODING,
            error: #error::CODING,
        };
        &CODINGS
    }}
}

fn error(model: &Model) -> TokenStream {
    match &model.error {
        Some(error) => error.to_token_stream(),
        None => quote!(__mitto::Never),
    }
}

/// A type as one that is encoded and decoded. What it lacks for that is reported on the user's type, and as
/// it is named in the same way everywhere, once.
fn travels(ty: &TokenStream) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as __mitto::Travels>)
}

/// A type as the user wrote it.
fn written(ty: &impl ToTokens) -> String {
    let mut out = String::new();
    for c in ty.to_token_stream().to_string().chars() {
        let glued = matches!(c, '>' | ',' | ')' | ';' | ':' | '<' | ']') && out.ends_with(' ');
        let opened = c == ' ' && out.ends_with(['<', '(', '[', ':', '&']);
        if glued {
            out.pop();
        }
        if !opened {
            out.push(c);
        }
    }
    out
}
