//! The schema type and its checks.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Direction, Listed, Model, To};
use super::stub;
use crate::refusal::check;

pub(super) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate,
        attributes,
        visibility,
        ident,
        ..
    } = model;
    let undocumented = model.docs.is_empty().then(|| {
        let text = format!("The schema `{ident}`.");
        quote!(#[doc = #text])
    });
    let to_server = list(model, To::Server);
    let to_client = list(model, To::Client);
    let description = description(model);
    let stubs = model
        .directions
        .iter()
        .map(|direction| stub::expand(model, direction));
    let places = model
        .directions
        .iter()
        .map(|direction| places(model, direction));
    let silent = [To::Server, To::Client]
        .into_iter()
        .filter(|to| model.directions.iter().all(|direction| direction.to != *to))
        .map(end);
    quote! {
        #(#attributes)*
        #undocumented
        #[derive(#krate::private::Clone, #krate::private::Copy, #krate::private::Debug)]
        #visibility struct #ident;

        const _: () = {
            use #krate::private as __mitto;
            #to_server
            #to_client
            #description

            impl #ident {
                /// A server without handlers, which hands every request on to `queue`.
                #[must_use]
                #[allow(dead_code)]
                #visibility fn gateway(queue: impl __mitto::Queue) -> __mitto::Gateway {
                    __mitto::Gateway::new::<Self>(queue)
                }
            }

            #(#places)*
            #(
                #[automatically_derived]
                impl __mitto::Calls<__mitto::#silent> for #ident {
                    type Stub = __mitto::NoCalls;
                }
            )*
        };
        #(#stubs)*
    }
}

/// The consts of one direction, and what is refused in them.
fn list(model: &Model, to: To) -> TokenStream {
    let messages: &[Listed] = match model.directions.iter().find(|direction| direction.to == to) {
        Some(direction) => &direction.messages,
        None => &[],
    };
    let name = to.name().to_uppercase();
    let [own, all, by_id, by_name, list] =
        ["OWN", "ALL", "BY_ID", "BY_NAME", "LIST"].map(|part| format_ident!("__{part}_{name}"));
    let infos = messages.iter().map(
        |Listed { path, .. }| quote_spanned!(path.span()=> <#path as __mitto::IsMessage>::INFO),
    );
    let constant = constant(to);
    let lists = model.includes.iter().map(
        |Listed { path, .. }| quote_spanned!(path.span()=> <#path as __mitto::IsSchema>::#constant),
    );
    let included: Vec<TokenStream> = lists.collect();
    let checks = messages
        .iter()
        .enumerate()
        .map(|(at, Listed { path, .. })| {
            let after = at + 1;
            check(
                path,
                quote!(__mitto::distinct),
                quote!(#list, #by_name, #at, #after),
            )
        });
    let own_count = messages.len();
    let included_checks = model
        .includes
        .iter()
        .enumerate()
        .map(|(at, Listed { path, .. })| {
            let (before, through) = (&included[..at], &included[..=at]);
            let from = quote!(#own_count + __mitto::count(&[], &[#(#before),*]));
            let to = quote!(#own_count + __mitto::count(&[], &[#(#through),*]));
            check(
                path,
                quote!(__mitto::distinct),
                quote!(#list, #by_name, #from, #to),
            )
        });
    quote! {
        const #own: &[&__mitto::MessageInfo] = &[#(#infos),*];
        const #all: [&__mitto::MessageInfo; __mitto::count(#own, &[#(#included),*])] =
            __mitto::join(#own, &[#(#included),*]);
        const #by_id: [__mitto::u64; __mitto::names(&#all)] = __mitto::by_id(&#all);
        const #by_name: &[__mitto::u64] = &__mitto::by_name::<{ #all.len() }>(&#all);
        const #list: &__mitto::List = &__mitto::List::new(&#all, &#by_id);
        #(#checks)*
        #(#included_checks)*
    }
}

fn description(model: &Model) -> TokenStream {
    let Model { ident, docs, .. } = model;
    let name = ident.to_string();
    quote! {
        static __DESCRIBED_SERVER: [__mitto::MessageDescriptor; __ALL_SERVER.len()] =
            __mitto::describe(__LIST_SERVER);
        static __DESCRIBED_CLIENT: [__mitto::MessageDescriptor; __ALL_CLIENT.len()] =
            __mitto::describe(__LIST_CLIENT);

        #[automatically_derived]
        impl __mitto::Schema for #ident {
            const DESCRIPTOR: &'static __mitto::Descriptor = &__mitto::Descriptor::new(
                #name,
                #docs,
                &__DESCRIBED_SERVER,
                &__DESCRIBED_CLIENT,
                __mitto::digest(__LIST_SERVER, __LIST_CLIENT),
            );
            const TO_SERVER: &'static __mitto::List = __LIST_SERVER;
            const TO_CLIENT: &'static __mitto::List = __LIST_CLIENT;
        }
    }
}

/// Each message's place in the schema.
fn places(model: &Model, direction: &Direction) -> TokenStream {
    let ident = &model.ident;
    let end = end(direction.to);
    let each = direction
        .messages
        .iter()
        .enumerate()
        .map(|(at, Listed { path, .. })| {
            quote! {
                #[automatically_derived]
                impl __mitto::SentTo<__mitto::#end, #ident> for #path {
                    type At = __mitto::At<#at>;
                }
            }
        });
    quote!(#(#each)*)
}

pub(super) fn end(to: To) -> Ident {
    let name = match to {
        To::Server => "ServerSide",
        To::Client => "ClientSide",
    };
    Ident::new(name, Span::call_site())
}

fn constant(to: To) -> Ident {
    let name = match to {
        To::Server => "TO_SERVER",
        To::Client => "TO_CLIENT",
    };
    Ident::new(name, Span::call_site())
}
