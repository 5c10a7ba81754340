//! The fields of a provider: the state of its handlers.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Fields, ItemStruct, Member, Meta, Type};

use crate::code::Code;
use crate::errors::Errors;

pub(super) struct Field {
    pub(super) member: Member,
    pub(super) ty: Type,
    pub(super) is_state: bool,
}

/// Reads the fields and takes their `#[state(..)]` attributes off.
pub(super) fn read(item: &mut ItemStruct, errors: &mut Errors) -> Vec<Field> {
    let members: Vec<Member> = item.fields.members().collect();
    let fields = match &mut item.fields {
        Fields::Named(fields) => &mut fields.named,
        Fields::Unnamed(fields) => &mut fields.unnamed,
        Fields::Unit => return Vec::new(),
    };
    let mut read: Vec<Field> = Vec::new();
    for (field, member) in fields.iter_mut().zip(members) {
        let mut is_state = true;
        field.attrs.retain(|attribute| {
            let is_ours = attribute.path().is_ident("state");
            if is_ours {
                is_state = false;
                check_skip(attribute, errors);
            }
            !is_ours
        });
        if is_state
            && let Some(earlier) = read
                .iter()
                .find(|earlier| earlier.is_state && text(&earlier.ty) == text(&field.ty))
        {
            let ty = text(&field.ty);
            errors.at(Code::E414,
                field.ty.span(),
                format!(
                    "`State<{ty}>` could be `{}` or `{}`: put `#[state(skip)]` on one of them, or give \
                     them types of their own",
                    shown(&earlier.member),
                    shown(&member)
                ),
            );
            is_state = false;
        }
        read.push(Field {
            member,
            ty: field.ty.clone(),
            is_state,
        });
    }
    read
}

fn check_skip(attribute: &Attribute, errors: &mut Errors) {
    let is_skip = matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "skip");
    if !is_skip {
        errors.on(
            Code::E415,
            attribute,
            "write `#[state(skip)]`: it keeps the field out of `State<..>`",
        );
    }
}

pub(super) fn shown(member: &Member) -> String {
    member.to_token_stream().to_string()
}

fn text(ty: &Type) -> String {
    let tokens: TokenStream = quote!(#ty);
    tokens.to_string().replace(' ', "")
}
