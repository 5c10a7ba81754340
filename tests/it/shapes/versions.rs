//! Two versions of one service.

use mitto::{Items, Notification, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// A version: what differs is given, the rest is the same in both.
macro_rules! version {
    ($(#[$docs:meta])* $version:ident { $($differs:item)* }) => {
        $(#[$docs])*
        #[allow(dead_code, reason = "the tests call most by their messages")]
        pub(super) mod $version {
            use super::*;

            $($differs)*

            #[derive(Debug, Default, Serialize, Deserialize, Request)]
            #[request(response = Place)]
            pub(crate) struct Nested {
                pub(crate) at: Vec<Option<Place>>,
            }

            #[derive(Debug, Default, Serialize, Deserialize, Request)]
            #[request(response = u32)]
            pub(crate) struct Varied {
                pub(crate) kind: Kind,
            }

            #[derive(Debug, Default, Serialize, Deserialize, Request)]
            #[request(response = Reply)]
            pub(crate) struct Answered {}

            #[derive(Debug, Default, Serialize, Deserialize, Request)]
            #[request(response = u32, error = Refusal)]
            pub(crate) struct Refused {}

            #[derive(Debug, Default, Serialize, Deserialize, Request)]
            #[request(stream = Item)]
            pub(crate) struct Streamed {}

            #[derive(Debug, Default, Serialize, Deserialize, Request)]
            #[request(response = u32)]
            pub(crate) struct Same {
                pub(crate) n: u32,
            }

            mitto::schema! {
                /// A shop.
                pub(crate) Shop {
                    client => server as ShopClient: [
                        Added, Removed, Renamed, Retyped, Reordered, Aliased, Nested, Varied, Answered, Refused,
                        Streamed, Noted, Same,
                    ],
                    server => client as ShopCaller: [Asked],
                }
            }

            #[provider(server of Shop: [
                added, removed, renamed, retyped, reordered, aliased, nested, varied, answered, refused,
                streamed, noted, same,
            ])]
            #[derive(Clone, Default)]
            pub(crate) struct ShopServer {
                pub(crate) noted: super::Count,
            }

            #[provider(client of Shop: [asked])]
            pub(crate) struct ShopUser;

            #[handler]
            fn added(_: Added) -> u32 { 1 }
            #[handler]
            fn removed(_: Removed) -> u32 { 1 }
            #[handler]
            fn renamed(_: Renamed) -> u32 { 1 }
            #[handler]
            fn retyped(_: Retyped) -> u32 { 1 }
            #[handler]
            fn reordered(req: Reordered) -> u32 { req.a.into() }
            #[handler]
            fn aliased(req: Aliased) -> u32 { req.value() }
            #[handler]
            fn nested(_: Nested) -> Place { Place::default() }
            #[handler]
            fn varied(_: Varied) -> u32 { 1 }
            #[handler]
            fn answered(_: Answered) -> Reply { Reply::default() }
            #[handler]
            fn refused(_: Refused) -> Result<u32, Refusal> { Err(Refusal::default()) }
            #[handler]
            async fn streamed(items: Items<Item>, _: Streamed) -> Result<(), Status> {
                items.send(Item::default()).await
            }
            #[handler]
            fn noted(mitto::State(count): mitto::State<super::Count>, _: Noted) {
                count.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
            #[handler]
            fn same(req: Same) -> u32 { req.n }
            #[handler]
            fn asked(_: Asked) -> u32 { 1 }
        }
    };
}

/// How often something was noted.
#[derive(Clone, Debug, Default)]
pub(super) struct Count(pub(super) std::sync::Arc<std::sync::atomic::AtomicUsize>);

/// Declares requests that are answered with a number.
macro_rules! requests {
    ($($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),* })*) => {$(
        #[derive(Debug, Default, Serialize, Deserialize, Request)]
        #[request(response = u32)]
        pub(crate) struct $name { $($(#[$attribute])* pub(crate) $field: $type),* }
    )*};
}

version! {
    /// What was deployed first.
    old {
        requests! {
            Added { a: u8 }
            Removed { a: u8, b: u8 }
            Renamed { a: u8 }
            Retyped { n: u64 }
            Reordered { a: u16, b: u16 }
            Aliased { old: u32 }
            Asked { n: u64 }
        }

        impl Aliased {
            fn value(&self) -> u32 { self.old }
        }

        #[derive(Debug, Default, Serialize, Deserialize, Notification)]
        pub(crate) struct Noted { pub(crate) text: String }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Place { pub(crate) x: f32 }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) enum Kind { #[default] One, Two { n: u8 } }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Reply { pub(crate) n: u32 }

        #[derive(Debug, Default, PartialEq, Serialize, Deserialize, thiserror::Error)]
        pub(crate) enum Refusal { #[default] #[error("full")] Full, #[error("late")] Late(u8) }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Item { pub(crate) n: u32 }
    }
}

version! {
    /// What comes after it.
    new {
        requests! {
            Added { a: u8, #[serde(default)] b: String }
            Removed { a: u8 }
            Renamed { z: u8 }
            Retyped { n: u32 }
            Reordered { b: u16, a: u16 }
            Aliased { #[serde(alias = "old")] fresh: u32 }
            Asked { n: i64 }
        }

        impl Aliased {
            fn value(&self) -> u32 { self.fresh }
        }

        #[derive(Debug, Default, Serialize, Deserialize, Notification)]
        pub(crate) struct Noted { pub(crate) text: String, #[serde(default)] pub(crate) urgent: bool }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Place { pub(crate) x: f64 }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) enum Kind { #[default] One, Two { n: u8 }, Three }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Reply { pub(crate) n: u32, #[serde(default)] pub(crate) more: Option<u8> }

        #[derive(Debug, Default, PartialEq, Serialize, Deserialize, thiserror::Error)]
        pub(crate) enum Refusal { #[default] #[error("full")] Full, #[error("late")] Late(u16) }

        #[derive(Debug, Default, Serialize, Deserialize)]
        pub(crate) struct Item { #[serde(default)] pub(crate) id: u8, pub(crate) n: u32 }
    }
}
