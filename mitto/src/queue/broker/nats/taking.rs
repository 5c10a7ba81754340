//! Taking work from a node, and taking none.

use std::sync::Arc;

use super::line::{CLOSE, Tasks, ignored};
use super::message::{self, From};
use super::shared::Shared;
use super::subject::{self, WORKERS};
use super::work::{Work, message as next_message};
use super::{jetstream, queue_group};
use crate::queue::broker::{BrokerError, Node};
use crate::runtime::timeout;

/// Takes work from a node, never more than `most` tasks.
pub(super) async fn take_work(
    shared: &Arc<Shared>,
    tasks: &Arc<Tasks>,
    node: &Node,
    most: u16,
) -> Result<(), BrokerError> {
    shared.ready().await.map_err(|_| BrokerError::Closed)?;
    let known = shared.link.works().get(node).cloned();
    let work = match known {
        Some(work) => work,
        None => begin(shared, tasks, node).await?,
    };
    if !work.is_quiet() {
        work.set_most(most);
        return Ok(());
    }
    let (subject, group) = match shared.durable {
        true => (subject::pull(), None),
        false => (subject::queue(node), Some(WORKERS)),
    };
    let subscriber = shared.subscribe(subject.clone(), group).await?;
    let handled = shared.handled().await;
    handled.map_err(|error| error.of_broker(shared))?;
    work.set_most(most);
    work.give(subscriber, subject);
    Ok(())
}

/// Makes the queue of a node, if it is not there, and listens to what its workers are told. Takes nothing yet.
async fn begin(
    shared: &Arc<Shared>,
    tasks: &Arc<Tasks>,
    node: &Node,
) -> Result<Arc<Work>, BrokerError> {
    let consumer = match shared.durable {
        true => Some(jetstream::set_up(shared, node).await?),
        false => None,
    };
    let mut told = shared.subscribe(subject::workers(node), None).await?;
    let handled = shared.handled().await;
    handled.map_err(|error| error.of_broker(shared))?;
    let work = Arc::new(Work::new(node.clone()));
    shared.link.works().insert(node.clone(), work.clone());
    match consumer {
        Some(consumer) => tasks.spawn(jetstream::pull(shared.clone(), work.clone(), consumer)),
        None => tasks.spawn(queue_group::run(shared.clone(), work.clone())),
    }
    let to = shared.clone();
    tasks.spawn(async move {
        while let Some(message) = next_message(&mut told).await {
            match message::read(&message, From::All, &to) {
                Ok(parcel) => to.link.receiver.receive(parcel),
                Err(error) => ignored(&to, &message.subject, &error),
            }
        }
    });
    Ok(work)
}

/// Takes no more work from a node. Its queue is made if it is not there.
pub(super) async fn take_nothing(
    shared: &Arc<Shared>,
    tasks: &Arc<Tasks>,
    node: &Node,
) -> Result<(), BrokerError> {
    let known = shared.link.works().get(node).cloned();
    let Some(work) = known else {
        shared.ready().await.map_err(|_| BrokerError::Closed)?;
        return begin(shared, tasks, node).await.map(drop);
    };
    quiet(shared, &work).await;
    Ok(())
}

/// Takes nothing more, and waits until what is on its way has come.
pub(super) async fn quiet(shared: &Shared, work: &Work) {
    let mut quiet = work.quiet.subscribe();
    work.set_most(0);
    // Without a connection nothing is on its way.
    if *shared.link.connected.borrow() > 0 {
        let _ = timeout(CLOSE, quiet.wait_for(|quiet| *quiet)).await;
    }
}
