//! What a worker does with what it is given.

use std::sync::Arc;

use super::names::{Named, Names};
use super::store::{KnownTask, Store};
use crate::codec::Format;
use crate::escaped::Escaped;
use crate::job::{AnswerPart, Queue};
use crate::message::MessageKind;
use crate::peer::Peer;
use crate::queue::broker::{
    Assignment, Delivery, Endpoint, Foreign, Parcel, ParcelKind, Record, Remote, Settled,
    TakesWork, Task, Work, answer, refuse,
};
use crate::runtime::Instant;
use crate::status::Status;

/// Judges what comes out of a queue, and runs what is to be run.
pub(super) struct Intake {
    runner: Arc<Runner>,
    names: Names,
    store: Option<Arc<dyn Store>>,
}

/// What runs tasks.
struct Runner {
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

impl Intake {
    pub(super) fn new(queue: Arc<dyn Queue>, names: Names, store: Option<Arc<dyn Store>>) -> Self {
        Self {
            runner: Arc::new(Runner { queue }),
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
        match attempt > 1 && !named.may_run_again && self.store_for(task).is_none() {
            true => Verdict::Refuse(named.kind),
            false => Verdict::Run(named),
        }
    }

    /// Who knows whether a task was run, if anybody can.
    fn store_for(&self, task: &Task) -> Option<&Arc<dyn Store>> {
        self.store.as_ref().filter(|_| !task.id.is_empty())
    }
}

impl Runner {
    fn run(&self, endpoint: &Arc<Endpoint>, named: Named, given: Given, record: Option<Record>) {
        let Given {
            tag,
            parcel,
            task,
            format,
        } = given;
        let caller = match (&parcel.reply_to, task.peer) {
            (Some(inbox), number) if number != 0 => {
                let identity = task.identity.clone();
                Peer::new(Arc::new(Remote::peer(endpoint, inbox, number, identity)))
            }
            _ => Peer::nobody(),
        };
        let assignment = Assignment {
            queue: &*self.queue,
            message: named.id,
            kind: named.kind,
            format,
            caller,
            tag: Some(tag),
            record,
        };
        Work::begin(endpoint, parcel, *task, assignment);
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
            KnownTask::Begun if !named.may_run_again => {
                if !is_waited_for(named.kind, &given.parcel) {
                    // Whoever puts the dead letter back wants it to be run.
                    let status = Status::unavailable(MAY_HAVE_RUN);
                    store.finish(&id, AnswerPart::Unreadable(status)).await;
                }
                refuse_twice(endpoint, named.kind, given).await;
            }
            KnownTask::Finished(outcome) => {
                answer(&endpoint, &given.parcel, outcome).await;
                settle(&endpoint, given.tag, Settled::Done);
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
    task: Box<Task>,
    format: Format,
}

/// Answers what may have run before; what nobody waits for becomes a dead letter.
async fn refuse_twice(endpoint: Arc<Endpoint>, kind: MessageKind, given: Given) {
    let Given { tag, parcel, .. } = given;
    match is_waited_for(kind, &parcel) {
        true => {
            refuse(&endpoint, &parcel, Status::unavailable(MAY_HAVE_RUN)).await;
            settle(&endpoint, tag, Settled::Done);
        }
        false => settle(&endpoint, tag, Settled::Dead(MAY_HAVE_RUN.to_owned())),
    }
}

const MAY_HAVE_RUN: &str = "the worker that had it is gone; it may have run";

fn is_waited_for(kind: MessageKind, parcel: &Parcel) -> bool {
    parcel.reply_to.is_some() && kind != MessageKind::Notification
}

/// Answers what cannot be handled, and leaves it to people.
async fn bury(endpoint: Arc<Endpoint>, tag: u64, parcel: Parcel, status: Status) {
    let reason = status.message().to_owned();
    refuse(&endpoint, &parcel, status).await;
    settle(&endpoint, tag, Settled::Dead(reason));
}

fn settle(endpoint: &Endpoint, tag: u64, settled: Settled) {
    if let Settled::Dead(reason) = &settled {
        tracing::warn!(reason = %Escaped(reason), "a message becomes a dead letter");
    }
    if let Some(line) = endpoint.line() {
        line.settle(tag, settled);
    }
}

impl TakesWork for Intake {
    fn deliver(&self, endpoint: &Arc<Endpoint>, delivery: Delivery) {
        let Delivery {
            tag,
            node,
            attempt,
            parcel,
        } = delivery;
        let dead = |reason| settle(endpoint, tag, Settled::Dead(reason));
        let mut parcel = match parcel {
            Ok(parcel) => parcel,
            Err(Foreign(reason)) => return dead(reason),
        };
        let kind = std::mem::replace(&mut parcel.kind, ParcelKind::Cancel);
        let ParcelKind::Task(task) = kind else {
            return dead(format!("`{kind}` has no place in a queue"));
        };
        let Some(format) = parcel.format else {
            return dead("its body has no format".to_owned());
        };
        let verdict = self.judge(endpoint, &parcel, &task, attempt);
        let given = Given {
            tag,
            parcel,
            task,
            format,
        };
        let endpoint = endpoint.clone();
        match verdict {
            Verdict::Run(named) => match self.store_for(&given.task).cloned() {
                None => self.runner.run(&endpoint, named, given, None),
                Some(store) => {
                    let run = self
                        .runner
                        .clone()
                        .run_once(endpoint.clone(), named, given, store);
                    endpoint.spawn(run);
                }
            },
            Verdict::Skip(why) => {
                let name = Escaped(&*given.task.name);
                tracing::debug!(%node, %name, why, "a task is not run");
                settle(&endpoint, tag, Settled::Done);
            }
            Verdict::Refuse(kind) => {
                endpoint.spawn(refuse_twice(endpoint.clone(), kind, given));
            }
            Verdict::Bury(reason) => {
                let status = Status::not_found(reason);
                endpoint.spawn(bury(endpoint.clone(), tag, given.parcel, status));
            }
        }
    }
}
