//! What a worker does with what it is given.

use std::sync::Arc;

use super::names::{Named, Names};
use crate::escaped::Escaped;
use crate::job::Queue;
use crate::peer::Peer;
use crate::queue::broker::{
    Assignment, Delivery, Endpoint, Foreign, Parcel, ParcelKind, Remote, Settled, TakesWork, Task,
    To, Work, refuse,
};
use crate::runtime::Instant;
use crate::status::Status;

/// Judges what comes out of a queue, and runs what is to be run.
pub(super) struct Shift {
    queue: Arc<dyn Queue>,
    names: Names,
}

/// What is done with a task.
enum Verdict {
    Run(Named),
    /// Nobody waits for it any more.
    Skip(&'static str),
    /// It may have run before.
    Refuse(Status),
    /// Nobody here can handle it.
    Bury(String),
}

impl Shift {
    pub(super) fn new(queue: Arc<dyn Queue>, names: Names) -> Self {
        Self { queue, names }
    }

    fn judge(&self, endpoint: &Endpoint, parcel: &Parcel, task: &Task, attempt: u32) -> Verdict {
        let Some(named) = self.names.get(&task.name) else {
            let name = Escaped(&*task.name);
            return Verdict::Bury(format!("no handler here takes `{name}`"));
        };
        if task
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            return Verdict::Skip("its deadline had passed");
        }
        if endpoint.was_given_up(parcel) {
            return Verdict::Skip("its caller had given it up");
        }
        // What the sender says of the message does not count: this end knows it.
        if attempt > 1 && !named.idempotent {
            return Verdict::Refuse(Status::unavailable(
                "the worker that had the request is gone; it may have run",
            ));
        }
        Verdict::Run(named)
    }

    fn run(&self, endpoint: &Arc<Endpoint>, tag: u64, named: Named, parcel: Parcel, task: Task) {
        let caller = match (&parcel.reply_to, task.peer) {
            (Some(inbox), number) if number != 0 => {
                let to = To::Peer {
                    inbox: inbox.clone(),
                    number,
                };
                let identity = task.identity.clone();
                Peer::new(Arc::new(Remote::new(endpoint, to, identity)))
            }
            _ => Peer::nobody(),
        };
        let assignment = Assignment {
            queue: &*self.queue,
            message: named.id,
            kind: named.kind,
            caller,
            tag: Some(tag),
        };
        Work::begin(endpoint, parcel, task, assignment);
    }
}

impl TakesWork for Shift {
    fn deliver(&self, endpoint: &Arc<Endpoint>, delivery: Delivery) {
        let Delivery {
            tag,
            node,
            attempt,
            parcel,
        } = delivery;
        let Some(line) = endpoint.line() else {
            return;
        };
        let bury = |reason: String| {
            tracing::warn!(%node, reason = %Escaped(&reason), "a message becomes a dead letter");
            line.settle(tag, Settled::Dead(reason));
        };
        let mut parcel = match parcel {
            Ok(parcel) => parcel,
            Err(Foreign(reason)) => return bury(reason),
        };
        let kind = std::mem::replace(&mut parcel.kind, ParcelKind::Cancel);
        let ParcelKind::Task(task) = kind else {
            return bury(format!("`{kind}` has no place in a queue"));
        };
        match self.judge(endpoint, &parcel, &task, attempt) {
            Verdict::Run(named) => self.run(endpoint, tag, named, parcel, *task),
            Verdict::Skip(why) => {
                tracing::debug!(%node, name = %Escaped(&*task.name), why, "a task is not run");
                line.settle(tag, Settled::Done);
            }
            Verdict::Refuse(status) => {
                refuse(endpoint, &parcel, status);
                line.settle(tag, Settled::Done);
            }
            Verdict::Bury(reason) => {
                refuse(endpoint, &parcel, Status::not_found(reason.clone()));
                bury(reason);
            }
        }
    }
}
