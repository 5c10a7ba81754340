//! The type that describes a handler.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericArgument, Lifetime, PathArguments, Type};

use super::arguments::is_items;
use super::model::{How, Model, Returns};
use crate::attr;

/// What a handler's form asks for, and lints against.
pub(crate) const ALLOWED: &str = "#[allow(clippy::needless_pass_by_value, clippy::unused_async, \
    clippy::must_use_candidate, clippy::missing_const_for_fn, clippy::unnecessary_wraps, \
    clippy::missing_errors_doc, clippy::missing_panics_doc)]";

pub(super) fn expand(model: &Model, is_broken: bool) -> TokenStream {
    let private = attr::private(model.krate.as_ref());
    let conditions = &model.conditions;
    let ident = &model.ident;
    let name = model.ident.unraw().to_string();
    let run = match &model.message {
        Some(message) if !is_broken && !borrows(message) => running(model, message),
        message => {
            let message = match message {
                Some(message) => {
                    let info = info(&owned(message));
                    quote!(__mitto::Option::Some(#info))
                }
                None => quote!(__mitto::Option::None),
            };
            quote! {
                #[automatically_derived]
                impl<S> __mitto::Runs<S> for #ident {
                    const LISTED: __mitto::Listed<S> = __mitto::Listed::broken(#name, #message);
                }
            }
        }
    };
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, unreachable_pub, missing_debug_implementations)]
        #[allow(clippy::empty_structs_with_brackets, clippy::exhaustive_structs)]
        pub struct #ident {}

        #(#conditions)*
        #[allow(private_bounds, private_interfaces, unused_qualifications)]
        const _: () = {
            use #private as __mitto;
            #run
        };
    }
}

/// Whether the message has lifetimes of its own, other than `'static`.
fn borrows(message: &Type) -> bool {
    let Type::Path(path) = message else {
        return false;
    };
    let arguments = path.path.segments.last().map(|last| &last.arguments);
    let Some(PathArguments::AngleBracketed(list)) = arguments else {
        return false;
    };
    list.args
        .iter()
        .any(|argument| matches!(argument, GenericArgument::Lifetime(one) if one.ident != "static"))
}

/// The message without lifetimes of its own: one with them is reported where it is derived.
fn owned(message: &Type) -> Type {
    let mut owned = message.clone();
    if let Type::Path(path) = &mut owned
        && let Some(last) = path.path.segments.last_mut()
        && let PathArguments::AngleBracketed(list) = &mut last.arguments
    {
        for argument in &mut list.args {
            if let GenericArgument::Lifetime(lifetime) = argument {
                *lifetime = Lifetime::new("'static", lifetime.span());
            }
        }
    }
    owned
}

/// The impls that call the fn.
fn running(model: &Model, message: &Type) -> TokenStream {
    let ident = &model.ident;
    let arguments = Arguments::of(model, message);
    let Arguments { types, .. } = &arguments;
    let user = message.span();
    let known = known(message);
    let ended = quote_spanned!(user=> __mitto::Ended<#message>);
    let call = call(model, message, &arguments);
    let is_future = model.is_async || matches!(model.returns, Returns::Stream(_));
    let (way, output) = match is_future {
        // The compiler reports a future that is not `Send` on this token.
        true => (
            quote_spanned!(user=> Async<#message, (#(#types,)*), #ended>),
            quote_spanned!(user=> impl __mitto::Future<Output = #ended> + __mitto::Send + 'static),
        ),
        false => (
            quote_spanned!(user=> Plain<#message, (#(#types,)*), #ended>),
            ended.clone(),
        ),
    };
    let run = match (model.how, is_future) {
        (How::Spawn, _) => quote!(run_spawned),
        (How::Blocking, _) => quote!(run_blocking),
        (How::InPlace, true) => quote!(run_async),
        (How::InPlace, false) => quote!(run_plain),
    };
    let bounds: Vec<TokenStream> = types
        .iter()
        .map(|ty| quote_spanned!(ty.span()=> #ty: __mitto::Extract<S>))
        .collect();
    // Whatever is wrong with the message is reported in the same words at the same place, which the
    // compiler shows once.
    let called = quote_spanned!(user=> impl __mitto::#way for #ident);
    let begin = quote_spanned!(user=> __mitto::CallInPlace<S, #message, #ended>);
    let begun = quote_spanned! {user=>
        __mitto::Result<
            impl __mitto::Future<Output = #ended> + __mitto::Send + 'static,
            __mitto::Status,
        >
    };
    let run = quote_spanned!(user=> __mitto::#run::<S, Self, #known, (#(#types,)*)>);
    let name = ident.unraw().to_string();
    let info = info(message);
    // Locals keep the macro's own span: they are nobody's business.
    let (passed, taken) = (quote!(arguments), quote!(message));
    let call_head = quote_spanned! {user=>
        fn call(#passed: (#(#types,)*), #taken: #message) -> #output
    };
    // Names the message before anything that depends on what it is.
    let named = quote_spanned! {user=>
        let _: __mitto::PhantomData<#ended> = { __mitto::settle(()); __mitto::PhantomData };
    };
    // Its braces too: where a body is reported as a whole, that is the place.
    let call_body = quote_spanned!(user=> { #call_head { #named #call } });
    let (state, parts) = (quote!(state), quote!(parts));
    let arguments_of = quote! {
        let #passed = <(#(#types,)*) as __mitto::Extracts<S>>::extract(state, parts)?;
    };
    let begun_call = quote_spanned!(user=> <Self as __mitto::#way>::call(#passed, #taken));
    let begin_body = match is_future {
        true => quote_spanned!(user=> __mitto::Result::Ok(#begun_call)),
        false => quote_spanned!(user=> __mitto::Result::Ok(__mitto::ready(#begun_call))),
    };
    let begin_head = quote_spanned! {user=>
        fn begin(#state: &S, #parts: &__mitto::Parts<'_>, #taken: #message) -> #begun
    };
    let serve = quote_spanned!(ident.span()=> __mitto::Runs<S>);
    let fits = fits(model, message);
    quote! {
        #[automatically_derived]
        #called #call_body

        #[automatically_derived]
        impl<S> #serve for #ident where #(#bounds,)* {
            const LISTED: __mitto::Listed<S> = { #named __mitto::Listed::new(#name, #info, #run) };
        }

        #[automatically_derived]
        impl<S> #begin for #ident where #(#bounds,)* {
            fn watched() -> &'static __mitto::Watched {
                static WATCHED: __mitto::Watched = __mitto::Watched::new(#name);
                &WATCHED
            }

            #begin_head {
                #arguments_of
                #begin_body
            }
        }
        #fits
    }
}

/// What is known of the message.
fn info(message: &Type) -> TokenStream {
    quote_spanned!(message.span()=> <__mitto::Ended<#message> as __mitto::Known>::INFO)
}

/// The message where something of it is named.
fn known(message: &Type) -> TokenStream {
    quote_spanned!(message.span()=> <__mitto::Ended<#message> as __mitto::Known>::As)
}

/// The arguments before the message, with the hidden one of a returned stream.
struct Arguments {
    types: Vec<TokenStream>,
    passed: Vec<TokenStream>,
    items: Option<TokenStream>,
}

impl Arguments {
    fn of(model: &Model, message: &Type) -> Self {
        let mut types: Vec<TokenStream> = model.arguments.iter().map(|ty| quote!(#ty)).collect();
        let place = |at: usize| {
            let at = syn::Index::from(at);
            quote!(arguments.#at)
        };
        let passed = (0..types.len()).map(place).collect();
        let items = matches!(model.returns, Returns::Stream(_)).then(|| {
            let known = known(message);
            let user = message.span();
            types.push(
                quote_spanned!(user=> __mitto::Items<<#known as __mitto::Message>::Response>),
            );
            place(types.len() - 1)
        });
        Self {
            types,
            passed,
            items,
        }
    }
}

fn call(model: &Model, message: &Type, arguments: &Arguments) -> TokenStream {
    let name = &model.ident;
    let passed = &arguments.passed;
    let taken = quote!(message);
    let call = quote_spanned!(message.span()=> #name(#(#passed,)* #taken));
    let known = known(message);
    let outcome = |ty: TokenStream, span: Span| {
        let user = message.span();
        let response = quote_spanned!(user=> __mitto::ReturnOf<#known>);
        let error = quote_spanned!(user=> __mitto::DeclaredOf<#known>);
        let outcome = quote_spanned!(user=> __mitto::OutcomeOf<#known>);
        quote_spanned!(span=> <#ty as __mitto::Answers<#response, #error, #outcome, _>>::outcome)
    };
    let outcome = match &model.returns {
        Returns::Nothing(span) => outcome(quote_spanned!(*span=> ()), *span),
        Returns::Type(ty) => outcome(quote!(#ty), ty.span()),
        Returns::Stream(span) => {
            let items = &arguments.items;
            // What is wrong with the message or the items is reported on the returned type.
            let outcome = quote_spanned! {*span=>
                <_ as __mitto::Answers<
                    <#known as __mitto::Message>::Response,
                    __mitto::DeclaredOf<#known>,
                    __mitto::ItemOf<#known>,
                    _,
                >>::outcome
            };
            let pump = match model.is_async {
                true => quote_spanned!(*span=> __mitto::pump_later::<#known, _, _>),
                false => quote_spanned!(*span=> __mitto::pump::<#known, _>),
            };
            return quote_spanned!(*span=> #pump(#call, #outcome, #items));
        }
    };
    match model.is_async {
        true => quote!(__mitto::answered(#call, #outcome)),
        false => quote_spanned!(message.span()=> __mitto::Ended(#outcome(#call))),
    }
}

/// The check that `Items<T>` has the message's item.
fn fits(model: &Model, message: &Type) -> TokenStream {
    let checks = model.arguments.iter().filter(|ty| is_items(ty)).map(|ty| {
        let known = known(message);
        let user = message.span();
        let kind = quote_spanned!(user=> <#known as __mitto::Message>::Kind);
        let item = quote_spanned!(user=> <#known as __mitto::Message>::Response);
        quote_spanned!(ty.span()=> const _: () = <#ty as __mitto::Feeds<#kind, #item>>::FITS;)
    });
    quote!(#(#checks)*)
}
