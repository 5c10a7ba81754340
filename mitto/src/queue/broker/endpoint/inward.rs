//! What others ask of the peers of this end.

use std::sync::Arc;

use super::topics::Desk;
use super::{Assignment, Endpoint, Work, refuse};
use crate::job::Queue;
use crate::peer::Peer;
use crate::queue::broker::{Parcel, ParcelKind};
use crate::queue::to_peer::ToPeer;
use crate::status::{Code, Status};

impl Work {
    /// Runs what somebody asks of a peer of this end.
    pub(super) fn for_peer(endpoint: &Arc<Endpoint>, parcel: Parcel) {
        let mut parcel = parcel;
        let kind = std::mem::replace(&mut parcel.kind, ParcelKind::Cancel);
        let ParcelKind::Task(task) = kind else {
            return;
        };
        let refused = match (endpoint.callers.peer(task.peer), parcel.format) {
            (Some(peer), Some(format)) => Ok((peer, format)),
            (None, _) => Err((
                Code::ConnectionLost,
                "the client is no longer connected to its gateway",
            )),
            (_, None) => Err((Code::UnsupportedFormat, "the request has no format")),
        };
        let (peer, format) = match refused {
            Ok(peer) => peer,
            Err((code, text)) => {
                let endpoint = endpoint.clone();
                endpoint.clone().spawn(async move {
                    refuse(&endpoint, &parcel, Status::new(code, text)).await;
                });
                return;
            }
        };
        let (desk, to_peer);
        let queue: &dyn Queue = match Desk::of(&task.name, endpoint, &peer) {
            Some(asked) => {
                desk = asked;
                &desk
            }
            None => {
                to_peer = ToPeer::new(peer, task.name.clone(), task.kind);
                &to_peer
            }
        };
        let assignment = Assignment {
            queue,
            message: endpoint.callers.message(&task.name),
            kind: task.kind,
            format,
            caller: Peer::nobody(),
            tag: None,
            record: None,
        };
        Self::begin(endpoint, parcel, *task, assignment);
    }
}
