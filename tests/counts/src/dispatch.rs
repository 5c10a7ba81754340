//! Finding a handler among few and among many.

use std::hint::black_box;

use mitto::codec::Codecs;
use mitto::envelope::MessageId;
use mitto::job::{Answer, Job};
use mitto::message::Payload;
use mitto::{Format, MessageProvider, Peer};

use crate::case::Case;

const LENGTH: u64 = 2_000;

/// A provider of so many handlers, in a module of its own, with the cases that call it.
macro_rules! provider {
    ($module:ident $size:literal: $($message:ident $handler:ident,)*) => {
        mod $module {
            #![expect(dead_code, reason = "the stub's methods are not called")]

            use std::hint::black_box;

            use mitto::envelope::MessageId;
            use mitto::message::Message;
            use mitto::{Request, handler, provider};
            use serde::{Deserialize, Serialize};

            use crate::case::Case;

            $(
                // Read as the number in it is: a visitor for each would compile for minutes.
                #[derive(Serialize, Deserialize, Request)]
                #[request(response = u64)]
                #[serde(transparent)]
                pub(super) struct $message {
                    pub(super) n: u64,
                }

                #[handler]
                fn $handler(req: $message) -> u64 {
                    black_box(req.n)
                }
            )*

            mitto::schema! {
                /// As many messages as handlers.
                pub(super) Many {
                    client => server as Stub: [$($message),*],
                }
            }

            #[provider(server of Many: [$($handler),*])]
            pub(super) struct Server;

            const IDS: &[MessageId] = &[$(<$message as Message>::INFO.id),*];

            pub(super) fn cases() -> [Case; 2] {
                let call = Case::waiting(
                    concat!("dispatch/provider.call, one of ", $size),
                    super::LENGTH,
                    async |length| {
                        let server = Server;
                        for n in 0..length {
                            let outcome = black_box(&server).call(M0 { n: black_box(n) }).await;
                            assert_eq!(outcome, Ok(n));
                        }
                    },
                );
                let by_id = Case::new(
                    concat!("dispatch/by id, each of ", $size),
                    super::LENGTH,
                    |length| super::by_id(&Server, IDS, length),
                );
                [call, by_id]
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/providers.rs"));

pub(crate) fn cases() -> Vec<Case> {
    [
        of_1::cases(),
        of_10::cases(),
        of_100::cases(),
        of_1000::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// As a session calls a provider, which it knows nothing of. Each message takes its turn.
fn by_id(provider: &dyn MessageProvider, ids: &[MessageId], length: u64) {
    let (codecs, caller) = (Codecs::default(), Peer::nobody());
    for n in 0..length as usize {
        let payload = Payload::Encoded {
            format: Format::COMPACT,
            bytes: &[1],
        };
        let job = Job::new(ids[n % ids.len()], payload, &caller, &codecs);
        let run = black_box(provider).dispatch(job, Answer::nobody());
        assert!(run.is_done());
    }
}
