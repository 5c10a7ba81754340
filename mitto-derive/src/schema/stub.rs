//! The stub of one direction.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::expand::end;
use super::model::{Direction, Listed, Model, To};
use crate::refusal::path_text;

pub(super) fn expand(model: &Model, direction: &Direction) -> TokenStream {
    let Model {
        krate,
        visibility,
        ident,
        ..
    } = model;
    let Direction { to, stub, messages } = direction;
    let docs = format!(
        "Calls the {} of [`{ident}`]; cheap to clone. One method for each message.",
        to.name()
    );
    let receiver = end(*to);
    let include_trait = quote!(__mitto::#receiver);
    let fields: Vec<_> = model.includes.iter().map(|listed| &listed.method).collect();
    let types: Vec<TokenStream> = model
        .includes
        .iter()
        .map(|Listed { path, .. }| {
            let receiver = quote!(#krate::private::#receiver);
            quote_spanned!(path.span()=> <#path as #krate::private::Calls<#receiver>>::Stub)
        })
        .collect();
    let includes = model.includes.iter().zip(&types).map(|(listed, ty)| {
        let (path, method) = (&listed.path, &listed.method);
        let docs = format!("Calls with the messages of [`{}`].", path_text(path));
        quote! {
            #[doc = #docs]
            #[must_use]
            #visibility fn #method(&self) -> &#ty {
                &self.#method
            }
        }
    });
    let methods = messages
        .iter()
        .map(|listed| method(listed, *to, visibility));
    let client_methods = (*to == To::Server).then(|| {
        // What `local` does not take is explained with this place, not with one in the library.
        let local = Ident::new("local", stub.span());
        let provider =
            quote_spanned!(stub.span()=> impl __mitto::Serves<#ident, __mitto::#receiver>);
        quote!(__mitto::client_methods! { #visibility #stub #local(#provider) })
    });
    quote! {
        #[doc = #docs]
        #[derive(#krate::private::Clone, #krate::private::Debug)]
        #visibility struct #stub {
            peer: #krate::private::Peer,
            #(#fields: #types,)*
        }

        const _: () = {
            use #krate::private as __mitto;

            impl #stub {
                /// The other end, with everything that is not about a message.
                #[must_use]
                #visibility fn peer(&self) -> &__mitto::Peer {
                    &self.peer
                }
                #(#includes)*
                #(#methods)*
            }

            #client_methods

            #[automatically_derived]
            impl __mitto::From<__mitto::Peer> for #stub {
                fn from(peer: __mitto::Peer) -> Self {
                    Self {
                        #(#fields: __mitto::From::from(__mitto::Clone::clone(&peer)),)*
                        peer,
                    }
                }
            }

            #[automatically_derived]
            impl __mitto::Stub for #stub {
                type Schema = #ident;
                type Receiver = #include_trait;

                fn peer(&self) -> &__mitto::Peer {
                    &self.peer
                }
            }

            #[automatically_derived]
            impl __mitto::Calls<#include_trait> for #ident {
                type Stub = #stub;
            }

            #[automatically_derived]
            impl<P: __mitto::CalledBy<#stub>> __mitto::Extract<P> for #stub {
                fn extract(
                    _: &P,
                    parts: &__mitto::Parts<'_>,
                ) -> __mitto::Result<Self, __mitto::Status> {
                    __mitto::Result::Ok(__mitto::From::from(__mitto::Clone::clone(parts.caller)))
                }
            }
        };
    }
}

fn method(listed: &Listed, to: To, visibility: &Visibility) -> TokenStream {
    let Listed { path, method } = listed;
    let docs = format!("Sends [`{}`] to the {}.", path_text(path), to.name());
    let call = quote_spanned!(path.span()=> __mitto::Call<'_, #path>);
    quote! {
        #[doc = #docs]
        #visibility fn #method(&self, message: #path) -> #call {
            __mitto::call(&self.peer, message)
        }
    }
}
