//! What a worker does with what it is given.

use std::sync::Arc;

use super::names::{Named, Names};
use super::store::{KnownTask, Store};
use crate::escaped::Escaped;
use crate::job::Queue;
use crate::message::MessageKind;
use crate::peer::Peer;
use crate::queue::broker::{
    Assignment, Delivery, Endpoint, Foreign, Parcel, ParcelKind, Record, Remote, Settled,
    TakesWork, Task, To, Work, answer, refuse,
};
use crate::runtime::Instant;
use crate::status::Status;

/// Judges what comes out of a queue, and runs what is to be run.
pub(super) struct Shift {
    running: Arc<Running>,
    names: Names,
    store: Option<Arc<dyn Store>>,
}

/// What runs tasks.
struct Running {
    queue: Arc<dyn Queue>,
}

/// What is done with a task.
enum Verdict {
    Run(Named),
    /// Nobody waits for it any more.
    Skip(&'static str),
    /// It may have run before.
    Refuse(MessageKind),
    /// Nobody here can handle it.
    Bury(String),
}

impl Shift {
    pub(super) fn new(queue: Arc<dyn Queue>, names: Names, store: Option<Arc<dyn Store>>) -> Self {
        Self {
            running: Arc::new(Running { queue }),
            names,
            store,
        }
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
        match attempt > 1 && !named.idempotent && self.store_for(task).is_none() {
            true => Verdict::Refuse(named.kind),
            false => Verdict::Run(named),
        }
    }

    /// Who knows whether a task was run, if anybody can.
    fn store_for(&self, task: &Task) -> Option<&Arc<dyn Store>> {
        self.store.as_ref().filter(|_| !task.id.is_empty())
    }
}

impl Running {
    fn run(&self, endpoint: &Arc<Endpoint>, named: Named, given: Given, record: Option<Record>) {
        let Given { tag, parcel, task } = given;
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
            record,
        };
        Work::begin(endpoint, parcel, task, assignment);
    }

    /// Asks the store first.
    async fn run_once(
        self: Arc<Self>,
        endpoint: Arc<Endpoint>,
        named: Named,
        given: Given,
        store: Arc<dyn Store>,
    ) {
        let id = given.task.id.clone();
        match store.begin(&id).await {
            KnownTask::Begun if !named.idempotent => refuse_twice(&endpoint, named.kind, &given),
            KnownTask::Finished(outcome) => {
                answer(&endpoint, &given.parcel, outcome).await;
                done(&endpoint, given.tag);
            }
            KnownTask::New | KnownTask::Begun => {
                let record: Record = Box::new(move |outcome| store.finish(&id, outcome));
                self.run(&endpoint, named, given, Some(record));
            }
        }
    }
}

/// A task that is to be run.
struct Given {
    tag: u64,
    parcel: Parcel,
    task: Task,
}

/// Answers what may have run before; what nobody waits for becomes a dead letter.
fn refuse_twice(endpoint: &Arc<Endpoint>, kind: MessageKind, given: &Given) {
    let text = "the worker that had the request is gone; it may have run";
    let is_waited_for = given.parcel.reply_to.is_some() && kind != MessageKind::Notification;
    match (is_waited_for, endpoint.line()) {
        (true, _) => {
            refuse(endpoint, &given.parcel, Status::unavailable(text));
            done(endpoint, given.tag);
        }
        (false, Some(line)) => line.settle(given.tag, Settled::Dead(text.to_owned())),
        (false, None) => {}
    }
}

fn done(endpoint: &Endpoint, tag: u64) {
    if let Some(line) = endpoint.line() {
        line.settle(tag, Settled::Done);
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
            Verdict::Run(named) => {
                let store = self.store_for(&task).cloned();
                let task = *task;
                let given = Given { tag, parcel, task };
                match store {
                    None => self.running.run(endpoint, named, given, None),
                    Some(store) => {
                        let running = self.running.clone();
                        let run = running.run_once(endpoint.clone(), named, given, store);
                        endpoint.spawn(run);
                    }
                }
            }
            Verdict::Skip(why) => {
                tracing::debug!(%node, name = %Escaped(&*task.name), why, "a task is not run");
                line.settle(tag, Settled::Done);
            }
            Verdict::Refuse(kind) => {
                let task = *task;
                refuse_twice(endpoint, kind, &Given { tag, parcel, task });
            }
            Verdict::Bury(reason) => {
                refuse(endpoint, &parcel, Status::not_found(reason.clone()));
                bury(reason);
            }
        }
    }
}
