//! The table of a provider and its checks.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Included, Model, Side};
use crate::attr;
use crate::refusal::{check, path_text};

pub(super) fn expand(model: &Model) -> TokenStream {
    let private = attr::private(model.krate.as_ref());
    let parts = parts(model);
    let table = table(model);
    let checks = checks(model);
    let provider = provider(model);
    let call = call(model);
    let names = names(model);
    quote! {
        #[allow(private_bounds, private_interfaces, unused_imports, unused_qualifications, dead_code)]
        const _: () = {
            use #private as __mitto;
            #names
            #parts
            #table
            #checks
            #provider
            #call
        };
    }
}

/// `State<T>` for each field.
fn parts(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let fields = model.fields.iter().filter(|field| field.is_state);
    let parts = fields.map(|field| {
        let (member, ty) = (&field.member, &field.ty);
        quote! {
            #[automatically_derived]
            impl __mitto::Part<#ty> for #ident {
                fn part(&self) -> &#ty {
                    &self.#member
                }
            }
        }
    });
    quote!(#(#parts)*)
}

/// A name for each entry of the list.
///
/// An entry that is only a fn, and no type as well, would be the compiler's error alone. So what the list
/// names is imported beside a glob that has a type of the same name: it is found when the import has none.
fn names(model: &Model) -> TokenStream {
    let paths = &model.handlers;
    let names: Vec<Ident> = entries(model).collect();
    quote! {
        mod __not_handlers {
            pub(super) struct __Plain {}
            // The value of the same name has a size, which a fn has not.
            #[allow(non_upper_case_globals)]
            pub(super) const __Plain: [&[()]; 1] = [&[]];
            #(pub(super) use self::__Plain as #names;)*
        }
        use __not_handlers::*;
        #(use #paths as #names;)*

        #[automatically_derived]
        impl<S> __mitto::Runs<S> for __not_handlers::__Plain {
            const LISTED: __mitto::Listed<S> = __mitto::Listed::broken("", __mitto::Option::None);
        }
    }
}

/// What the entries are called in here, on the tokens of the user.
fn entries(model: &Model) -> impl Iterator<Item = Ident> {
    let paths = model.handlers.iter().enumerate();
    paths.map(|(at, path)| {
        let span = Span::call_site().located_at(path.span());
        format_ident!("__handler_{at}", span = span)
    })
}

fn table(model: &Model) -> TokenStream {
    let Model {
        ident,
        side,
        handlers,
        ..
    } = model;
    let schema = schema(model);
    let own = handlers.len();
    let listed = entries(model).map(|entry| described(&entry, ident));
    let sets = model.included.iter().map(|included| set(included, *side));
    let list = match side {
        Side::Server => quote!(TO_SERVER),
        Side::Client => quote!(TO_CLIENT),
    };
    let other = match side {
        Side::Server => quote!(TO_CLIENT),
        Side::Client => quote!(TO_SERVER),
    };
    let places = 0..own;
    let entries = entries(model).enumerate().map(|(at, entry)| {
        quote! {
            #[automatically_derived]
            impl __mitto::Entry<#at> for #ident {
                type Handler = #entry;
            }
        }
    });
    quote! {
        const __LISTED: &[__mitto::Listed<#ident>; #own] = &[#(#listed),*];
        const __OWN: [__mitto::Handled; #own] = __mitto::handled(__LISTED);
        const __SET: __mitto::HandledSet = __mitto::HandledSet {
            own: &__OWN,
            included: &[#(#sets),*],
        };
        // References, as a const that is named is copied: once for each check.
        const __ALL: &[__mitto::Handled] =
            &__mitto::all_handled::<{ __mitto::count_handled(&__SET) }>(&__SET);
        const __BY_ID: &[__mitto::u64] = &__mitto::sorted_ids::<{ __ALL.len() }>(__ALL);
        const __LIST: &__mitto::List = #schema::#list;
        const __OTHER: &__mitto::List = #schema::#other;
        const __ROWS: [__mitto::Row<#ident>; __mitto::row_count(&__OWN)] =
            __mitto::rows(__LISTED);
        const __STARTS: [__mitto::u32; __mitto::buckets(__ROWS.len()) + 1] = __mitto::starts(&__ROWS);
        static __TABLE: __mitto::Table<#ident> = __mitto::Table::new(&__ROWS, &__STARTS);
        const __ORDER: &[__mitto::usize; #own] = &__mitto::entry_order(__LIST, __BY_ID);
        #(#entries)*
        #(
            #[automatically_derived]
            impl __mitto::Slot<__mitto::At<#places>> for #ident {
                type Handler = <#ident as __mitto::Entry<{ __ORDER[#places] }>>::Handler;
            }
        )*
    }
}

fn checks(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let names = {
        let provider = ident.to_string();
        let schema = path_text(&model.schema);
        quote!(#provider, #schema)
    };
    let side = match model.side {
        Side::Server => quote!(__mitto::Side::Server),
        Side::Client => quote!(__mitto::Side::Client),
    };
    let listed = |user: &dyn quote::ToTokens, entry: TokenStream, range: TokenStream| {
        check(
            &user,
            quote!(__mitto::listed),
            quote!((#names, #entry), __ALL, __BY_ID, (__LIST, __OTHER), #side, #range),
        )
    };
    let own = model.handlers.len();
    let named = model.handlers.iter().zip(entries(model));
    let entries = named.enumerate().map(|(at, (path, entry))| {
        let after = at + 1;
        let text = path_text(path);
        // An entry that is found nowhere is the compiler's to report.
        let text = quote!(__mitto::if_fn(&#entry, #text));
        listed(path, text, quote!((#at, #after)))
    });
    let sets: Vec<TokenStream> = model
        .included
        .iter()
        .map(|included| set(included, model.side))
        .collect();
    let included = model.included.iter().enumerate().map(|(at, included)| {
        let before = sets[..at].iter();
        let through = sets[..=at].iter();
        let from = quote!(#own #(+ __mitto::count_handled(#before))*);
        let to = quote!(#own #(+ __mitto::count_handled(#through))*);
        listed(&included.member, quote!(""), quote!((#from, #to)))
    });
    let provider = ident.to_string();
    let complete = check(
        ident,
        quote!(__mitto::complete),
        quote!(#provider, __BY_ID, __LIST),
    );
    quote! {
        #(#entries)*
        #(#included)*
        #complete
    }
}

fn provider(model: &Model) -> TokenStream {
    let Model { ident, side, .. } = model;
    let schema = schema(model);
    let schema_path = &model.schema;
    let providers = model.included.iter().map(|Included { member, ty }| {
        let provides = quote_spanned!(member.span()=> <#ty as __mitto::Provides<__mitto::#side>>);
        quote!(#provides::included(&self.#member))
    });
    let included = quote!(&[#(#providers),*]);
    let provides = quote_spanned!(ident.span()=> __mitto::Provides<__mitto::#side>);
    // The compiler points at this impl where the provider is used for the other side.
    let serves = quote_spanned! {ident.span()=>
        impl __mitto::Serves<__Schema, __mitto::#side> for #ident {}
    };
    quote! {
        type __Schema = #schema_path;

        #[automatically_derived]
        impl __mitto::MessageProvider for #ident {
            fn descriptor(&self) -> &__mitto::Descriptor {
                #schema::DESCRIPTOR
            }

            fn side(&self) -> __mitto::Side {
                <__mitto::#side as __mitto::End>::SIDE
            }

            fn handles(&self, id: __mitto::MessageId) -> __mitto::bool {
                __mitto::handles(&__TABLE, #included, id)
            }

            fn dispatch(&self, job: __mitto::Job<'_>, answer: __mitto::Answer) -> __mitto::Run {
                __mitto::dispatch(self, &__TABLE, #included, job, answer)
            }
        }

        #[automatically_derived]
        impl #provides for #ident {
            const HANDLED: &'static __mitto::HandledSet = &__SET;

            fn included(&self) -> &dyn __mitto::MessageProvider {
                self
            }
        }

        #[automatically_derived]
        #serves
    }
}

/// The method that calls a handler directly.
fn call(model: &Model) -> TokenStream {
    let Model {
        ident,
        side,
        schema,
        visibility,
        ..
    } = model;
    quote! {
        impl #ident {
            /// Calls the handler of a message directly: nothing is encoded or queued.
            #[allow(dead_code)]
            #visibility fn call<M>(
                &self,
                message: M,
            ) -> impl __mitto::Future<Output = __mitto::Outcome<M>> + __mitto::Send
            where
                M: __mitto::HandledBy<Self, #schema, __mitto::#side>,
            {
                message.call_on(self)
            }
        }
    }
}

/// What is known of a handler, named so that what is wrong with it is reported on the user's path.
fn described(entry: &Ident, provider: &Ident) -> TokenStream {
    quote_spanned!(entry.span()=> <#entry as __mitto::Serve<#provider>>::LISTED)
}

fn schema(model: &Model) -> TokenStream {
    let schema = &model.schema;
    quote_spanned!(schema.span()=> <#schema as __mitto::IsSchema>)
}

fn set(included: &Included, side: Side) -> TokenStream {
    let ty = &included.ty;
    quote_spanned!(included.member.span()=> <#ty as __mitto::Provides<__mitto::#side>>::HANDLED)
}
