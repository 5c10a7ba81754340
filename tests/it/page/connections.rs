//! On a connection, and through other servers.

use super::{Column, Row, Table, hold};

const CONNECTION: Table = Table {
    head: "",
    columns: &[
        Column("lost before it was sent", &["reconnect::"]),
        Column("lost after it was sent", &["reconnect::"]),
        Column("lost while the answer was on its way", &["reconnect::"]),
    ],
    rows: &[
        Row(
            "request, `idempotent`",
            &[
                &["reconnect::waiting::request_waits_for_the_next_connection"],
                &[
                    "reconnect::calls::idempotent_request_is_sent_again",
                    "request_is_not_sent_again_after_its_deadline",
                ],
                &["answer_lost_on_its_way_is_asked_for_again_where_that_is_harmless"],
            ],
        ),
        Row(
            "request",
            &[
                &["reconnect::waiting::request_waits_for_the_next_connection"],
                &["reconnect::calls::other_request_is_lost"],
                &["answer_lost_on_its_way_is_asked_for_again_where_that_is_harmless"],
            ],
        ),
        Row(
            "notification",
            &[
                &["reconnect::waiting::notification_waits_for_the_next_connection"],
                &["reconnect::calls::sent_notification_is_not_sent_again"],
                &["reconnect::calls::sent_notification_is_not_sent_again"],
            ],
        ),
        Row(
            "stream",
            &[
                &["reconnect::waiting::stream_waits_for_the_next_connection"],
                &[
                    "reconnect::calls::stream_is_lost_behind_the_items_that_have_come",
                    "reconnect::resume::resumed_stream_has_no_gap_and_nothing_twice",
                ],
                &["reconnect::calls::stream_is_lost_behind_the_items_that_have_come"],
            ],
        ),
        Row(
            "call-back, `idempotent` or not",
            &[
                &["reconnect::calls::call_back_is_lost"],
                &["reconnect::calls::call_back_is_lost"],
                &["reconnect::calls::call_back_is_lost"],
            ],
        ),
    ],
};

const ROUTER: Table = Table {
    head: "",
    columns: &[
        Column(
            "the connection to the place is gone before it was sent",
            &["router::"],
        ),
        Column(
            "it is lost before anything of the answer came",
            &["router::"],
        ),
        Column("it is lost while items of a stream come", &["router::"]),
    ],
    rows: &[
        Row(
            "request, `idempotent`",
            &[
                &["request_that_cannot_be_sent_goes_to_the_next_place"],
                &["idempotent_request_that_was_lost_goes_to_the_next_place"],
                &[],
            ],
        ),
        Row(
            "request",
            &[
                &["request_that_cannot_be_sent_goes_to_the_next_place"],
                &["request_that_may_have_run_is_not_run_again"],
                &[],
            ],
        ),
        Row(
            "stream",
            &[
                &["stream_and_notification_that_cannot_be_sent_go_to_the_next_place"],
                &["stream_that_has_not_begun_goes_to_the_next_place_if_it_is_idempotent"],
                &["stream_that_has_begun_ends_with_its_connection"],
            ],
        ),
        Row(
            "notification",
            &[
                &["stream_and_notification_that_cannot_be_sent_go_to_the_next_place"],
                &["notification_that_was_sent_goes_to_no_other_place"],
                &[],
            ],
        ),
        Row(
            "no other place is left",
            &[
                &["request_that_cannot_be_sent_goes_to_the_next_place"],
                &["lost_everywhere_is_lost"],
                &[],
            ],
        ),
    ],
};

#[test]
fn every_loss_of_a_connection_has_its_tests() {
    hold(&CONNECTION);
}

#[test]
fn every_loss_of_a_place_has_its_tests() {
    hold(&ROUTER);
}
