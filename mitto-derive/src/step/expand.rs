//! The type that describes a step.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::model::{Argument, Model};
use crate::attr;

pub(super) fn expand(model: &Model, is_broken: bool) -> TokenStream {
    let private = attr::private(model.krate.as_ref());
    let conditions = &model.conditions;
    let (visibility, ident) = (&model.visibility, &model.ident);
    let described = match (&model.returns, is_broken) {
        (Some(returns), false) => described(model, returns),
        _ => broken(ident),
    };
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, unreachable_pub, missing_debug_implementations)]
        #[allow(clippy::empty_structs_with_brackets, clippy::exhaustive_structs)]
        #visibility struct #ident {}

        #(#conditions)*
        #[allow(private_bounds, private_interfaces, unused_qualifications)]
        const _: () = {
            use #private as __mitto;
            #described
        };
    }
}

/// What stands for a step whose head has a mistake.
fn broken(ident: &Ident) -> TokenStream {
    let name = ident.unraw().to_string();
    quote! {
        #[automatically_derived]
        impl __mitto::Step for #ident {
            const NAME: &'static __mitto::str = #name;
            type Takes = ();
            type Returns = __mitto::Flow<()>;
            type Properties = ();

            fn needs() -> __mitto::Vec<__mitto::Need> {
                __mitto::Vec::new()
            }

            async fn run(
                _: &mut __mitto::StepContext,
                (): &(),
                (): (),
            ) -> __mitto::Result<Self::Returns, __mitto::Status> {
                __mitto::Result::Ok(__mitto::Flow::Stop)
            }
        }
    }
}

fn described(model: &Model, returns: &Type) -> TokenStream {
    let ident = &model.ident;
    let name = ident.unraw().to_string();
    let (mut takes, mut properties) = (quote!(()), quote!(()));
    let (mut needs, mut taken, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    // Locals keep the macro's own span: they are nobody's business.
    let (context, told, value) = (local("context"), local("told"), local("value"));
    for (index, argument) in model.arguments.iter().enumerate() {
        match argument {
            Argument::Context => passed.push(quote!(#context)),
            Argument::Properties(ty) => {
                properties = quote!(#ty);
                passed.push(quote!(#told));
            }
            Argument::Extracted(ty) => {
                let local = format_ident!("argument{}", index, span = Span::mixed_site());
                let one = quote_spanned!(ty.span()=> <#ty as __mitto::StepArgument>);
                needs.push(quote!(#one::need()));
                taken.push(quote!(let #local = #one::take(#context)?;));
                passed.push(quote!(#local));
            }
            Argument::Value(ty) => {
                takes = quote!(#ty);
                passed.push(quote!(#value));
            }
        }
    }
    let wait = model.is_async.then(|| quote!(.await));
    // The compiler reports a future that is not `Send` on this token.
    let run = quote_spanned! {ident.span()=>
        async fn run(
            #context: &mut __mitto::StepContext,
            #told: &Self::Properties,
            #value: Self::Takes,
        ) -> __mitto::Result<Self::Returns, __mitto::Status>
    };
    quote! {
        #[automatically_derived]
        impl __mitto::Step for #ident {
            const NAME: &'static __mitto::str = #name;
            type Takes = #takes;
            type Returns = #returns;
            type Properties = #properties;

            fn needs() -> __mitto::Vec<__mitto::Need> {
                let mut needs = __mitto::Vec::new();
                #(needs.push(#needs);)*
                needs
            }

            #[allow(unused_variables, unused_mut, clippy::unused_async)]
            #run {
                #(#taken)*
                __mitto::Result::Ok(#ident(#(#passed),*) #wait)
            }
        }
    }
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
