//! The stream of a provider that is called directly: its reader drives the handler.

use std::future::poll_fn;
use std::sync::Arc;

use super::CallInPlace;
use super::called::Called;
use super::items::Encode;
use super::run::Ended;
use crate::context::{ItemSource, Parts};
use crate::job::{Handling, Local, Run};
use crate::limits::Limits;
use crate::message::{Message, Streaming};
use crate::peer::{ItemStream, Peer};

pub(super) async fn stream_in_place<S, H, M>(
    state: &S,
    message: M,
) -> Result<ItemStream<M>, M::Failure>
where
    H: CallInPlace<S, M, Ended<M>>,
    M: Message<Kind = Streaming>,
{
    let limits = Limits::default();
    let (peer, id) = Local::single(&limits, limits.stream_window, |answer| {
        let nobody = Peer::nobody();
        let opened = Arc::default();
        let encode = Encode::<M::Response>(M::CODINGS.response.encode);
        let mut parts = Parts::nobody(&nobody, &answer);
        parts.items = Some(ItemSource {
            encode: &encode,
            opened: &opened,
        });
        let begun = H::begin(state, &parts, message)?;
        let place = Called::<_, M>::place(Some(begun));
        let handling = Handling::new(place, answer, Some(opened), H::watched());
        Ok::<_, M::Failure>(Run::handler(handling))
    })?;
    let first = poll_fn(|cx| peer.poll_reply(id, cx)).await;
    ItemStream::open(peer, Some(id), first)
}
