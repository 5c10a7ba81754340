//! The peers behind a link: who asks through the server at the other end.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::callers::Recent;
use crate::auth::{Identity, Stated};
use crate::codec::{Codecs, Format};
use crate::peer::{CallHead, ConnectionState, Outbound, Peer, Statistics, send_by_out};
use crate::runtime::RuntimeHandle;
use crate::schema::SchemaDifference;

/// Those who have asked through the other end, by the numbers that it has given them.
#[derive(Debug, Default)]
pub(super) struct BehindLink {
    /// Most connections are no links.
    known: Option<Box<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    recent: Recent<Known>,
    /// Who asked last, who is likely to be the next.
    last: Option<(NonZeroU64, Known)>,
}

/// One who asks through the other end.
#[derive(Clone, Debug)]
struct Known {
    peer: Peer,
    behind: Arc<Behind>,
    /// What was stated of who it is, and what that says.
    stated: Arc<[u8]>,
    identity: Option<Identity>,
}

impl BehindLink {
    /// Who asks, and who that is; `link` leads to the other end.
    pub(super) fn find(
        &mut self,
        number: NonZeroU64,
        stated: Option<&Stated<'_>>,
        format: Format,
        link: &Peer,
    ) -> (Peer, Option<Identity>) {
        let bytes = match stated.map(Stated::bytes) {
            None => &[],
            Some(Some(bytes)) => bytes,
            // Of a message that came in pieces.
            Some(None) => {
                let (peer, _) = self.find(number, None, format, link);
                return (peer, stated.and_then(Stated::identity));
            }
        };
        let table = self.known.get_or_insert_default();
        if let Some((last, known)) = &table.last
            && *last == number
            && *known.stated == *bytes
        {
            known.behind.format.store(format.number(), Relaxed);
            return (known.peer.clone(), known.identity.clone());
        }
        if let Some(known) = table.recent.get(number) {
            known.behind.format.store(format.number(), Relaxed);
            if *known.stated != *bytes {
                known.identity = stated.and_then(Stated::identity);
                known.stated = bytes.into();
            }
            table.last = Some((number, known.clone()));
            return (known.peer.clone(), known.identity.clone());
        }
        let identity = stated.and_then(Stated::identity);
        let Some(out) = link.outbound() else {
            return (Peer::nobody(), identity);
        };
        let behind = Arc::new(Behind {
            out: out.clone(),
            number,
            id: next_id(),
            format: AtomicU8::new(format.number()),
        });
        let known = Known {
            peer: Peer::new(behind.clone()),
            behind,
            stated: bytes.into(),
            identity,
        };
        let found = (known.peer.clone(), known.identity.clone());
        table.recent.insert(number, known);
        found
    }
}

/// One who asks through the server at the other end of a link, which hands on what is sent to them.
struct Behind {
    out: Arc<dyn Outbound>,
    number: NonZeroU64,
    id: u64,
    /// The format of what it asked last: it may know no other.
    format: AtomicU8,
}

impl Behind {
    fn head<'a>(&self, head: &CallHead<'a>) -> CallHead<'a> {
        let format = Format::from_wire(self.format.load(Relaxed));
        CallHead {
            format: head.format.or(Some(format)),
            client: Some(self.number),
            ..*head
        }
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 49);
    NEXT.fetch_add(1, Relaxed)
}

/// What is known of it is what is known of the link; its own connection is elsewhere.
impl Outbound for Behind {
    send_by_out!();

    fn codecs(&self) -> &Codecs {
        self.out.codecs()
    }

    fn remote(&self) -> &str {
        self.out.remote()
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn identity(&self) -> Option<&Identity> {
        self.out.identity()
    }

    fn is_connected(&self) -> bool {
        self.out.is_connected()
    }

    fn closed(&self) -> CancellationToken {
        self.out.closed()
    }

    fn state(&self) -> ConnectionState {
        self.out.state()
    }

    fn states(&self) -> Option<watch::Receiver<ConnectionState>> {
        self.out.states()
    }

    fn statistics(&self) -> Statistics {
        self.out.statistics()
    }

    fn runtime(&self) -> Option<RuntimeHandle> {
        self.out.runtime()
    }

    fn schema_differences(&self) -> Vec<SchemaDifference> {
        self.out.schema_differences()
    }

    /// The link is not theirs to be closed.
    fn close(&self, _drain: bool) {}
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Behind({}, {})", self.number, self.out.remote())
    }
}
