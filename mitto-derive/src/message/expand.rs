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
    let error = match &model.error {
        Some(error) => error.to_token_stream(),
        None => quote!(__mitto::Never),
    };
    let codecs = [
        codec(ident, "encode", "decode", is_broken),
        codec(&response, "encode_response", "decode_response", is_broken),
        codec(&error, "encode_error", "decode_error", is_broken),
    ];

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
                #(#codecs)*
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

fn info(model: &Model, is_broken: bool) -> TokenStream {
    let Model {
        ident,
        docs,
        name,
        was,
        idempotent,
        retry,
        authenticated,
        requires,
        ..
    } = model;
    let rust = ident.to_string();
    let id = match model.id {
        Some(id) => quote!(__mitto::MessageId(#id)),
        None => quote!(__mitto::MessageId::of_name(#name)),
    };
    let kind = match &model.answer {
        Answer::Response(_) => quote!(Request),
        Answer::Stream(_) => quote!(Stream),
        Answer::None => quote!(Notification),
    };
    let answer = answer(model).1;
    let response = written(&answer);
    let never = quote!(<__mitto::Never as __mitto::Travels>::SHAPE);
    let [message_shape, response_shape, error_shape] = match (is_broken, &model.error) {
        (true, _) => [never.clone(), never.clone(), never],
        (false, error) => [
            shape(&quote_spanned!(ident.span()=> Self)),
            shape(&answer),
            error
                .as_ref()
                .map_or(never, |error| shape(&error.to_token_stream())),
        ],
    };
    let error = option(model.error.as_ref().map(written));
    let address = option(
        model
            .address
            .as_ref()
            .map(|text| quote!(__mitto::Address::from_static(#text))),
    );
    let timeout = option(
        model
            .timeout_millis
            .map(|millis| quote!(__mitto::Duration::from_millis(#millis))),
    );
    quote! {
        __mitto::MessageInfo {
            name: #name,
            id: #id,
            kind: __mitto::MessageKind::#kind,
            was: &[#(#was),*],
            rust: #rust,
            response: #response,
            error: #error,
            docs: #docs,
            address: #address,
            timeout: #timeout,
            idempotent: #idempotent,
            retry: #retry,
            authenticated: #authenticated,
            requires: &[#(#requires),*],
            shapes: __mitto::Shapes {
                message: #message_shape,
                response: #response_shape,
                error: #error_shape,
            },
        }
    }
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(__mitto::Option::Some(#value)),
        None => quote!(__mitto::Option::None),
    }
}

/// Where the shape of a type is found; what `ty` lacks for that is reported where [`codec`] reports it.
fn shape(ty: &TokenStream) -> TokenStream {
    let travels = quote_spanned!(ty.span()=> <#ty as __mitto::Travels>);
    quote!(#travels::SHAPE)
}

/// The methods that encode and decode `ty`. What `ty` lacks for that is reported on the user's type.
fn codec(ty: &impl ToTokens, encode: &str, decode: &str, is_broken: bool) -> TokenStream {
    let ty = ty.to_token_stream();
    let user = ty.span();
    let encode = syn::Ident::new(encode, proc_macro2::Span::call_site());
    let decode = syn::Ident::new(decode, proc_macro2::Span::call_site());
    let (receiver, value, own) = if encode == "encode" {
        (quote!(&self), quote!(self), quote!(Self))
    } else {
        (quote!(value: &#ty), quote!(value), quote!(#ty))
    };
    // One trait for both ways, named in the same way: the compiler reports what lacks it once.
    let travels = match encode == "encode" {
        true => quote_spanned!(user=> <Self as __mitto::Travels>),
        false => quote_spanned!(user=> <#ty as __mitto::Travels>),
    };
    if is_broken {
        return quote! {
            fn #encode(#receiver, _: &mut __mitto::Encoder<'_>) -> __mitto::Result<(), __mitto::CodecError> {
                loop {}
            }

            fn #decode(_: __mitto::Decoder<'_>) -> __mitto::Result<#own, __mitto::CodecError> {
                loop {}
            }
        };
    }
    quote! {
        fn #encode(#receiver, to: &mut __mitto::Encoder<'_>) -> __mitto::Result<(), __mitto::CodecError> {
            #travels::encode_to(#value, to)
        }

        fn #decode(from: __mitto::Decoder<'_>) -> __mitto::Result<#own, __mitto::CodecError> {
            #travels::decode_from(from)
        }
    }
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
