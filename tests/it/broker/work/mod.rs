//! What workers and gateways do, over any broker, as far as it can.

mod cancel;
mod deaths;
mod delivery;
mod jobs;
mod letters;
mod loads;
mod lost;
mod peers;
mod stuck;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mitto::queue::broker::{Broker, Node, Publisher};
use mitto::worker::{self, Worker};

pub(super) use cancel::*;
pub(super) use deaths::*;
pub(super) use delivery::*;
pub(super) use letters::*;
pub(super) use loads::*;
pub(super) use lost::*;
pub(super) use peers::*;

use jobs::{Events, JobApp, JobClient, JobServer, Jobs, Watch};

/// A broker, and a node of a test's own there.
pub(super) struct Shop {
    broker: Arc<dyn Broker>,
    node: String,
    watch: Watch,
    events: Events,
}

impl Shop {
    /// Where so many handlers pass their gate.
    pub(super) fn new(broker: Arc<dyn Broker>, permits: usize) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let (watch, events) = Watch::new(permits);
        let next = NEXT.fetch_add(1, Relaxed);
        Self {
            broker,
            node: format!("test{}/shop{next}", std::process::id()),
            watch,
            events,
        }
    }

    /// Who comes from now on is at this one.
    fn move_to(&mut self, broker: Arc<dyn Broker>) {
        self.broker = broker;
    }

    fn node(&self) -> Node {
        Node::parse(&self.node).expect("a node")
    }

    fn worker(&self) -> Worker {
        let watch = self.watch.clone();
        Worker::new(JobServer { watch }).node(&*self.node)
    }

    /// A worker that runs.
    pub(super) async fn working(&self) -> worker::Handle {
        self.at_work(self.worker()).await
    }

    /// The same with settings of its own. It takes work by now: not every broker keeps what comes before.
    async fn at_work(&self, worker: Worker) -> worker::Handle {
        let working = worker.consume(&self.broker).await.expect("a broker");
        let worker = working.spawn();
        worker.resume().await.expect("work");
        worker
    }

    /// One that is gone, as after a crash, when the task is aborted.
    async fn mortal(&self) -> tokio::task::JoinHandle<()> {
        let working = self.worker().consume(&self.broker).await;
        let working = working.expect("a broker");
        tokio::spawn(async move { working.run().await.expect("work") })
    }

    async fn publisher(&self) -> Publisher {
        let publisher = Publisher::connect(&self.broker).await.expect("a broker");
        publisher.to_node(&self.node).expect("a node")
    }

    /// A client of this process on the broker.
    async fn client(&self) -> JobClient {
        let gateway = Jobs::gateway(self.publisher().await);
        JobClient::builder().provide(JobApp).local(gateway)
    }

    pub(super) async fn event(&mut self) -> String {
        self.events.recv().await.expect("the watch is kept")
    }

    pub(super) fn no_event(&mut self) {
        assert_eq!(self.events.try_recv().ok(), None);
    }

    pub(super) fn let_pass(&self, count: usize) {
        self.watch.gate.add_permits(count);
    }
}

/// A test of each fact, over the broker that the future gives.
macro_rules! work_facts {
    ($broker:expr) => {
        $crate::broker::work::work_facts! { $broker =>
            request_is_answered,
            stream_arrives_whole,
            notification_is_handled,
            many_requests_find_their_answers,
            idempotent_request_of_a_lost_worker_runs_again,
            other_request_of_a_lost_worker_is_refused_unrun,
            request_of_a_lost_worker_is_lost_where_nobody_gets_it_again,
            stream_of_a_lost_worker_does_not_begin_again,
            notification_of_a_lost_worker_is_a_dead_letter,
            store_lets_what_never_began_run,
            store_answers_what_has_finished,
            request_waits_for_a_worker_within_its_deadline,
            expired_request_is_not_run,
            expired_request_behind_another_is_not_run,
            request_without_any_worker_ends_at_once,
            request_given_up_before_it_began_is_not_run,
            request_given_up_behind_another_is_not_run,
            request_given_up_early_drops_its_handler,
            request_given_up_late_drops_its_handler,
            dropped_stream_drops_its_handler,
            late_handler_is_dropped,
            unreadable_request_is_a_dead_letter,
            unknown_request_is_a_dead_letter,
            dead_letter_is_run_when_it_is_put_back,
            worker_runs_no_more_than_it_may,
            paused_worker_takes_nothing,
            shutdown_lets_work_finish,
            drain_limit_ends_what_runs,
            two_workers_share_the_work,
            handler_asks_its_client,
            handler_learns_that_its_gateway_is_gone,
            client_that_is_gone_takes_its_requests_along,
        }
    };
    ($broker:expr => $($fact:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let broker: std::sync::Arc<dyn mitto::queue::broker::Broker> = $broker.await;
                let limit = std::time::Duration::from_secs(60);
                let fact = $crate::broker::work::$fact(broker);
                tokio::time::timeout(limit, fact).await.expect("the test hangs");
            }
        )*
    };
}
pub(super) use work_facts;
