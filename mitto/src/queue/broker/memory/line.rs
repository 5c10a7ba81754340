//! One end's line to the broker.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::Shared;
use super::state::{Ends, Incoming};
use crate::queue::broker::{
    BrokerError, DeadLetter, Later, Line, Node, Opening, Parcel, Receiver, SendError, Settled,
};

/// One end's line to the broker. A task of its own gives the receiver what comes.
pub(super) struct MemoryLine {
    shared: Arc<Shared>,
    id: u64,
    inbox: Arc<str>,
    _task: AbortOnDropHandle<()>,
}

impl MemoryLine {
    pub(super) fn open(
        shared: Arc<Shared>,
        opening: &Opening,
        receiver: Arc<dyn Receiver>,
    ) -> Arc<Self> {
        let mut ends = shared.state().open(opening.purpose);
        let (id, inbox) = (ends.id, ends.inbox.clone());
        let task = crate::runtime::spawn(async move {
            receiver.connected(true);
            while ends.pass_on(&*receiver).await {}
        });
        Arc::new(Self {
            shared,
            id,
            inbox,
            _task: AbortOnDropHandle::new(task),
        })
    }

    /// Sends to many; those who are gone are left out.
    fn send_all(
        &self,
        to: Vec<mpsc::Sender<Incoming>>,
        parcel: impl Fn() -> Incoming + Send + 'static,
    ) -> Later<Result<(), SendError>> {
        if !self.is_connected() {
            return ready(Err(SendError::Closed));
        }
        Box::pin(async move {
            for inbox in to {
                let _ = inbox.send(parcel()).await;
            }
            Ok(())
        })
    }
}

impl Ends {
    /// Gives the receiver what comes next. False when the line is closed.
    async fn pass_on(&mut self, receiver: &dyn Receiver) -> bool {
        poll_fn(|cx| {
            if let Poll::Ready(delivery) = self.deliveries.poll_recv(cx) {
                return Poll::Ready(delivery.map(|delivery| receiver.deliver(delivery)));
            }
            self.parcels.poll_recv(cx).map(|came| {
                came.map(|came| match came {
                    Incoming::Parcel(parcel) => receiver.receive(parcel),
                    Incoming::Heard(topic, parcel) => receiver.heard(&topic, parcel),
                    Incoming::Returned(inbox, parcel) => receiver.returned(&inbox, parcel),
                })
            })
        })
        .await
        .is_some()
    }
}

impl Line for MemoryLine {
    fn inbox(&self) -> Arc<str> {
        self.inbox.clone()
    }

    fn publish(&self, node: &Node, task: Parcel) -> Later<Result<(), SendError>> {
        let mut state = self.shared.state();
        if !state.is_open(self.id) {
            return ready(Err(SendError::Closed));
        }
        let Some(queue) = state.queue(node) else {
            return ready(Err(SendError::Nobody(node.to_string())));
        };
        if !queue.put(task) {
            let full = format!("the queue of {node} is full");
            return ready(Err(SendError::Refused(full)));
        }
        state.give(node);
        ready(Ok(()))
    }

    fn send(&self, inbox: &Arc<str>, parcel: Parcel) -> Later<Result<(), SendError>> {
        let state = self.shared.state();
        let Some(own) = state.inbox(&self.inbox) else {
            return ready(Err(SendError::Closed));
        };
        let to = state.inbox(inbox);
        drop(state);
        let inbox = inbox.clone();
        Box::pin(async move {
            let gone = match to {
                Some(to) => match to.send(Incoming::Parcel(parcel)).await {
                    Ok(()) => return Ok(()),
                    Err(gone) => gone.0,
                },
                None => Incoming::Parcel(parcel),
            };
            if let Incoming::Parcel(parcel) = gone {
                let _ = own.send(Incoming::Returned(inbox, parcel)).await;
            }
            Ok(())
        })
    }

    fn tell_workers(&self, node: &Node, parcel: Parcel) -> Later<Result<(), SendError>> {
        let workers = self.shared.state().workers(node);
        self.send_all(workers, move || Incoming::Parcel(parcel.clone()))
    }

    fn take_work(&self, node: &Node, most: u16) -> Later<Result<(), BrokerError>> {
        let mut state = self.shared.state();
        if !state.is_open(self.id) {
            return ready(Err(BrokerError::Closed));
        }
        state.take_work(self.id, node, most);
        ready(Ok(()))
    }

    fn settle(&self, tag: u64, settled: Settled) {
        self.shared.state().settle(self.id, tag, &settled);
    }

    fn listen(&self, topic: &str) -> Later<Result<(), SendError>> {
        self.shared.state().listen(self.id, topic);
        ready(Ok(()))
    }

    fn unlisten(&self, topic: &str) {
        self.shared.state().unlisten(self.id, topic);
    }

    fn publish_to(&self, topic: &str, parcel: Parcel) -> Later<Result<(), SendError>> {
        let listeners = self.shared.state().listeners(topic);
        let topic = topic.to_owned();
        self.send_all(listeners, move || {
            Incoming::Heard(topic.clone(), parcel.clone())
        })
    }

    fn dead_letters(
        &self,
        node: &Node,
        most: usize,
    ) -> Later<Result<Vec<DeadLetter>, BrokerError>> {
        let mut state = self.shared.state();
        let letters = state.queue(node).map(|queue| queue.dead(most));
        ready(Ok(letters.unwrap_or_default()))
    }

    fn put_back(&self, letter: &DeadLetter) -> Later<Result<bool, BrokerError>> {
        let mut state = self.shared.state();
        let queue = state.queue(&letter.node);
        let is_back = queue.is_some_and(|queue| queue.put_back(&letter.key));
        state.give(&letter.node);
        ready(Ok(is_back))
    }

    fn is_connected(&self) -> bool {
        self.shared.state().is_open(self.id)
    }

    fn close(&self) -> Later<()> {
        self.shared.state().close(self.id);
        ready(())
    }
}

impl Drop for MemoryLine {
    fn drop(&mut self) {
        self.shared.state().close(self.id);
    }
}

fn ready<T: Send + 'static>(value: T) -> Later<T> {
    Box::pin(std::future::ready(value))
}
