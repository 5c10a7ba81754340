//! Behind a broker.

use super::{Column, Row, Table, hold};

const HERE: Column = Column(
    "in process, RabbitMQ",
    &["broker::memory::", "broker::rabbitmq::"],
);
const DURABLE: Column = Column("NATS with `durable`", &["broker::nats::durable::"]);
const SESSION: Column = Column("MQTT 5 with a `session`", &["broker::mqtt::with_session::"]);
const MQTT: Column = Column("MQTT 5", &["broker::mqtt::plain::"]);
const BOTH: Column = Column(
    "MQTT 5",
    &["broker::mqtt::plain::", "broker::mqtt::with_session::"],
);
const NATS: Column = Column("NATS", &["broker::nats::core::"]);

pub(super) const PROMISES: Table = Table {
    head: "what",
    columns: &[HERE, DURABLE, BOTH, NATS],
    rows: &[
        Row(
            "a request is confirmed",
            &[
                &[
                    "task_is_delivered_once_and_settled",
                    "broker::rabbitmq::faults::no_confirmed_task_is_lost_while_connections_are_cut",
                ],
                &["broker::nats::server::confirmed_tasks_outlive_the_server"],
                &[
                    "node_without_a_queue_is_known",
                    "broker::mqtt::faults::no_confirmed_task_is_lost_while_connections_are_cut",
                ],
                &["request_is_lost_with_a_broker_that_confirms_nothing"],
            ],
        ),
        Row(
            "it is delivered again when its worker is gone",
            &[
                &[
                    "task_of_a_lost_worker_goes_to_another",
                    "task_that_is_delivered_too_often_is_a_dead_letter",
                ],
                &[
                    "task_of_a_lost_worker_goes_to_another",
                    "task_that_is_delivered_too_often_is_a_dead_letter",
                ],
                &[
                    "broker::mqtt::with_session::worker_that_is_back_has_what_it_had",
                    "broker::mqtt::faults::session_gives_what_was_begun_and_what_came_meanwhile",
                ],
                &["all_is_lost_with_its_worker"],
            ],
        ),
        Row(
            "it waits while its workers are paused or away",
            &[
                &[
                    "task_waits_for_its_worker",
                    "request_waits_for_a_worker_within_its_deadline",
                ],
                &[
                    "task_waits_for_its_worker",
                    "request_waits_for_a_worker_within_its_deadline",
                ],
                &[
                    "broker::mqtt::with_session::request_waits_for_a_worker_within_its_deadline",
                    "broker::mqtt::with_session::task_waits_for_its_worker",
                ],
                &["broker::nats::server::waiting_tasks_go_to_another_worker_when_one_stops"],
            ],
        ),
        Row(
            "dead letters",
            &[
                &[
                    "unreadable_request_is_a_dead_letter",
                    "task_that_is_delivered_too_often_is_a_dead_letter",
                ],
                &[
                    "unreadable_request_is_a_dead_letter",
                    "task_that_is_delivered_too_often_is_a_dead_letter",
                ],
                &[
                    "unreadable_request_is_a_dead_letter",
                    "broker::mqtt::with_session::worker_that_is_back_has_what_it_had",
                ],
                &["unreadable_request_is_a_dead_letter"],
            ],
        ),
        Row(
            "not run when its deadline has passed",
            &[
                &[
                    "expired_request_is_not_run",
                    "expired_request_behind_another_is_not_run",
                ],
                &[
                    "expired_request_is_not_run",
                    "expired_request_behind_another_is_not_run",
                ],
                &["expired_request_behind_another_is_not_run"],
                &["expired_request_behind_another_is_not_run"],
            ],
        ),
        Row(
            "said at once",
            &[
                &["request_without_any_worker_ends_at_once"],
                &["request_without_any_worker_ends_at_once"],
                &["request_without_any_worker_ends_at_once"],
                &["request_without_any_worker_ends_at_once"],
            ],
        ),
    ],
};

const UNSENT: &str = "request_given_up_before_it_is_confirmed_is_not_sent";
const RABBIT_UNSENT: &str =
    "broker::rabbitmq::deaths::request_given_up_before_it_is_confirmed_is_not_sent";
const BUSY: &str = "request_given_up_behind_another_is_not_run";
const WAITS: &str = "client_that_is_gone_takes_along_what_waits";
const RUNS: &str = "client_that_is_gone_takes_its_requests_along";
const GATEWAY_WAITS: &str = "gateway_that_is_gone_takes_along_what_waits";
const GATEWAY_RUNS: &str = "gateway_that_is_gone_takes_along_what_runs";
const AGAIN: &str = "idempotent_request_of_a_lost_worker_runs_again";
const REFUSED: &str = "other_request_of_a_lost_worker_is_refused_unrun";
const STREAM: &str = "stream_of_a_lost_worker_does_not_begin_again";
const NOTE: &str = "notification_of_a_lost_worker_is_a_dead_letter";
const BACK: &str = "worker_that_is_back_has_what_it_had";
const LOST: &str = "all_is_lost_with_its_worker";
const UNCONFIRMED: &str = "unconfirmed_request_is_sent_again_if_it_is_idempotent";
const RABBIT_UNCONFIRMED: &str =
    "broker::rabbitmq::deaths::unconfirmed_request_is_sent_again_if_it_is_idempotent";
const CONFIRMS_NOTHING: &str = "request_is_lost_with_a_broker_that_confirms_nothing";
const MQTT_OUTLIVES: &str = "broker::mqtt::faults::confirmed_tasks_outlive_the_broker";
const ANSWER: &str = "answer_waits_for_the_broker";

pub(super) const DEATHS: Table = Table {
    head: "dies, while the request",
    columns: &[HERE, DURABLE, SESSION, MQTT, NATS],
    rows: &[
        Row(
            "the client, is not confirmed",
            &[&[RABBIT_UNSENT], &[UNSENT], &[UNSENT], &[UNSENT], &[UNSENT]],
        ),
        Row(
            "the client, waits in the queue",
            &[&[WAITS], &[WAITS], &[WAITS], &[BUSY], &[BUSY]],
        ),
        Row(
            "the client, runs",
            &[&[RUNS], &[RUNS], &[RUNS], &[RUNS], &[RUNS]],
        ),
        Row(
            "the gateway, waits in the queue",
            &[
                &[GATEWAY_WAITS],
                &[GATEWAY_WAITS],
                &[GATEWAY_WAITS],
                &[GATEWAY_WAITS],
                &[GATEWAY_WAITS],
            ],
        ),
        Row(
            "the gateway, runs",
            &[
                &[GATEWAY_RUNS],
                &[GATEWAY_RUNS],
                &[GATEWAY_RUNS],
                &[GATEWAY_RUNS],
                &[GATEWAY_RUNS],
            ],
        ),
        Row(
            "a worker, runs: `idempotent`",
            &[&[AGAIN], &[AGAIN], &[BACK], &[LOST], &[LOST]],
        ),
        Row(
            "a worker, runs: other requests",
            &[&[REFUSED], &[REFUSED], &[BACK], &[LOST], &[LOST]],
        ),
        Row(
            "a worker, runs: a stream, `idempotent` or not",
            &[&[STREAM], &[STREAM], &[BACK], &[LOST], &[LOST]],
        ),
        Row(
            "a worker, runs: a notification",
            &[&[NOTE], &[NOTE], &[BACK], &[LOST], &[LOST]],
        ),
        Row(
            "the broker, is not confirmed: `idempotent`",
            &[
                &[RABBIT_UNCONFIRMED],
                &[UNCONFIRMED],
                &[UNCONFIRMED],
                &[UNCONFIRMED],
                &[CONFIRMS_NOTHING],
            ],
        ),
        Row(
            "the broker, is not confirmed: others",
            &[
                &[RABBIT_UNCONFIRMED],
                &[UNCONFIRMED],
                &[UNCONFIRMED],
                &[UNCONFIRMED],
                &[CONFIRMS_NOTHING],
            ],
        ),
        Row(
            "the broker, waits in the queue",
            &[
                &["broker::rabbitmq::faults::killed_broker_comes_back_with_what_it_has_confirmed"],
                &["broker::nats::server::confirmed_tasks_outlive_the_server"],
                &[MQTT_OUTLIVES],
                &[MQTT_OUTLIVES],
                &["broker::nats::server::task_that_waits_at_its_worker_outlives_the_server"],
            ],
        ),
        Row(
            "the broker, runs",
            &[
                &[
                    "broker::rabbitmq::deaths::answer_waits_for_the_broker",
                    "unsettled_task_is_delivered_again_after_a_loss",
                ],
                &[ANSWER],
                &[ANSWER],
                &[ANSWER],
                &[ANSWER],
            ],
        ),
    ],
};

#[test]
fn promises_of_brokers_have_tests() {
    hold(&PROMISES);
}

#[test]
fn every_death_has_its_tests() {
    hold(&DEATHS);
}
