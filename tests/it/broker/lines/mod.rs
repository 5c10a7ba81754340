//! What holds for the line of every broker, as far as its [`Capabilities`] go.
//!
//! A broker's own file runs them all with [`facts!`]:
//!
//! ```text
//! facts!(async { Site::new(MyBroker::new(..)) });
//! ```

mod end;
mod inboxes;
mod letters;
mod parcels;
mod tasks;
mod topics;
mod trouble;
mod trust;

use std::sync::Arc;

use mitto::queue::broker::{Broker, Capabilities};

use super::relay::Relay;

pub(super) use end::{End, LONG};
pub(super) use inboxes::*;
pub(super) use letters::*;
pub(super) use parcels::{idempotent, node, parcel_of, request};
pub(super) use tasks::*;
pub(super) use topics::*;
pub(super) use trouble::*;
pub(super) use trust::*;

/// A broker to be tested, and what stands in front of its server.
pub(super) struct Site {
    pub(super) broker: Arc<dyn Broker>,
    /// Where there is a connection that can be cut.
    pub(super) relay: Option<Relay>,
    /// The same broker where it is not cut.
    pub(super) direct: Option<Arc<dyn Broker>>,
    /// Whether a worker keeps what it has over a short loss of its connection.
    pub(super) keeps_work: bool,
    /// Whether what is sent to an end that has lost its connection is there when it is back.
    pub(super) keeps_inboxes: bool,
}

impl Site {
    pub(super) fn new(broker: impl Broker) -> Self {
        Self {
            broker: Arc::new(broker),
            relay: None,
            direct: None,
            keeps_work: false,
            keeps_inboxes: true,
        }
    }

    pub(super) fn behind(relay: Relay, broker: impl Broker, direct: impl Broker) -> Self {
        Self {
            broker: Arc::new(broker),
            relay: Some(relay),
            direct: Some(Arc::new(direct)),
            keeps_work: false,
            keeps_inboxes: true,
        }
    }

    fn can(&self) -> Capabilities {
        self.broker.capabilities()
    }
}

/// A test of each fact, over the [`Site`] that the future gives.
macro_rules! facts {
    ($site:expr) => {
        $crate::broker::lines::facts! { $site =>
            task_is_delivered_once_and_settled,
            task_arrives_as_it_was_sent,
            metadata_may_be_any_text,
            body_may_have_a_mebibyte,
            never_more_are_delivered_than_were_asked_for,
            work_pauses_and_goes_on,
            work_of_several_nodes_is_taken,
            task_of_a_lost_worker_goes_to_another,
            task_that_is_given_back_is_delivered_again,
            node_without_a_queue_is_known,
            task_waits_for_its_worker,
            task_that_is_delivered_too_often_is_a_dead_letter,
            dead_letter_has_its_reason,
            dead_letters_come_oldest_first_and_stay,
            dead_letter_is_put_back_once,
            unreadable_task_is_a_dead_letter,
            every_kind_of_parcel_reaches_an_inbox,
            parcels_keep_their_order,
            parcel_for_a_gone_inbox_comes_back,
            all_workers_of_a_node_are_told,
            topic_is_heard_by_who_listens,
            topic_may_be_any_text,
            lost_connection_is_made_again,
            task_published_without_a_connection_waits,
            unsettled_task_is_delivered_again_after_a_loss,
            listeners_hear_again_after_a_loss,
            close_sends_and_settles_what_waits,
            closed_line_refuses,
        }
    };
    ($site:expr => $($fact:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let site: $crate::broker::lines::Site = $site.await;
                $crate::broker::lines::$fact(&site).await;
            }
        )*
    };
}
pub(super) use facts;
