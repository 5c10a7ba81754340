//! Dead letters: a stream of their own, which workers write.

use std::sync::Arc;

use async_nats::message::OutboundMessage;
use async_nats::{HeaderMap, Message, StatusCode};
use serde_json::{Value, json};

use super::api;
use super::pull::Given;
use super::set_up::{self, dead};
use crate::escaped::Escaped;
use crate::queue::broker::nats::message::{
    self, DEAD_ATTEMPTS, DEAD_REASON, From, MESSAGE_ID, get, set, without_message_id,
};
use crate::queue::broker::nats::shared::{Held, Shared, Unanswered};
use crate::queue::broker::nats::subject;
use crate::queue::broker::{ATTEMPTS, BrokerError, DeadLetter, Node, wire};

/// Makes a dead letter of a task.
pub(super) async fn bury(shared: &Arc<Shared>, held: Held, reason: &str) {
    let node = &held.work.node;
    let message = &held.message;
    let mut headers =
        without_message_id(message.headers.as_ref().unwrap_or(&HeaderMap::new()), None);
    set(&mut headers, DEAD_REASON, reason);
    // The last one was not for a handler.
    let attempts = held.attempt.min(ATTEMPTS);
    set(&mut headers, DEAD_ATTEMPTS, &attempts.to_string());
    if let Some(given) = message.reply.as_deref().and_then(Given::read) {
        let id = format!("mitto-dead-{}", given.number);
        set(&mut headers, MESSAGE_ID, &id);
    }
    let letter = OutboundMessage {
        subject: subject::dead(node).into(),
        reply: None,
        payload: message.payload.clone(),
        headers: Some(headers),
    };
    let mut stored = shared.ask_with(letter.clone()).await;
    if matches!(stored, Err(Unanswered::Nobody)) && set_up::dead_stream(shared, node).await.is_ok()
    {
        stored = shared.ask_with(letter).await;
    }
    match stored.map(|stored| api::stored(&stored.payload)) {
        Ok(Ok(())) => super::acknowledge(shared, held, "+ACK"),
        failed => {
            let error = failed.ok().and_then(Result::err);
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            // It is given out again, and is then no better.
            tracing::error!(%node, error = %Escaped(error), "a dead letter could not be kept");
        }
    }
}

/// Reads the first ones.
pub(in super::super) async fn dead_letters(
    shared: &Shared,
    node: &Node,
    most: usize,
) -> Result<Vec<DeadLetter>, BrokerError> {
    let mut letters = Vec::new();
    if !is_there(shared, node).await? {
        return Ok(letters);
    }
    let mut from = 1;
    while letters.len() < most {
        let wanted = json!({ "seq": from, "next_by_subj": subject::dead(node) });
        let Some((number, found)) = direct(shared, node, &wanted.to_string()).await? else {
            break;
        };
        from = number + 1;
        let parcel = message::read(&found, From::Stream, shared);
        let reason = get(&found, DEAD_REASON).unwrap_or_default();
        let attempts = get(&found, DEAD_ATTEMPTS).and_then(|attempts| attempts.parse().ok());
        letters.push(DeadLetter::new(
            number.to_string().into(),
            node.clone(),
            reason,
            attempts.unwrap_or(0),
            parcel,
        ));
    }
    Ok(letters)
}

/// Makes a task of it again.
pub(in super::super) async fn put_back(
    shared: &Shared,
    node: &Node,
    key: &str,
) -> Result<bool, BrokerError> {
    let Ok(number) = key.parse::<u64>() else {
        return Ok(false);
    };
    if !is_there(shared, node).await? {
        return Ok(false);
    }
    let wanted = json!({ "seq": number });
    let Some((_, found)) = direct(shared, node, &wanted.to_string()).await? else {
        return Ok(false);
    };
    let found_headers = found.headers.unwrap_or_default();
    let mut headers = without_message_id(&found_headers, Some(wire::EXPIRES));
    // Two who do so at once put back one.
    set(
        &mut headers,
        MESSAGE_ID,
        &format!("mitto-put-back-{number}"),
    );
    let task = OutboundMessage {
        subject: subject::queue(node).into(),
        reply: None,
        payload: found.payload,
        headers: Some(headers),
    };
    let refused = |why: String| BrokerError::Refused {
        url: shared.link.url.clone(),
        why,
    };
    let stored = shared.ask_with(task).await;
    let stored = stored.map_err(|error| match error {
        Unanswered::Nobody => refused(format!("`{node}` has no queue")),
        error => error.of_broker(shared),
    })?;
    api::stored(&stored.payload).map_err(|error| refused(error.to_string()))?;
    let delete = format!("STREAM.MSG.DELETE.{}", dead(node));
    match api::ask(shared, &delete, &json!({ "seq": number })).await {
        Err(failure) if failure.is(api::NO_MESSAGE) => Ok(true),
        deleted => match deleted {
            Ok(_) => Ok(true),
            Err(failure) => Err(failure.of_broker(shared)),
        },
    }
}

/// Whether there is a stream of dead letters: who asks for a letter of none has no answer.
async fn is_there(shared: &Shared, node: &Node) -> Result<bool, BrokerError> {
    let info = format!("STREAM.INFO.{}", dead(node));
    match api::ask(shared, &info, &Value::Null).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.is(api::NO_STREAM) => Ok(false),
        Err(failure) => Err(failure.of_broker(shared)),
    }
}

/// Gets one letter with its number, as it was stored.
async fn direct(
    shared: &Shared,
    node: &Node,
    wanted: &str,
) -> Result<Option<(u64, Message)>, BrokerError> {
    let subject = format!("$JS.API.DIRECT.GET.{}", dead(node));
    let found = shared.ask(&subject, wanted.to_owned()).await;
    let found = found.map_err(|error| error.of_broker(shared))?;
    if found.status == Some(StatusCode::NOT_FOUND) {
        return Ok(None);
    }
    let number = get(&found, "Nats-Sequence").and_then(|number| number.parse().ok());
    match (found.status, number) {
        (None, Some(number)) => Ok(Some((number, found))),
        _ => Err(BrokerError::Refused {
            url: shared.link.url.clone(),
            why: found.description.unwrap_or_default(),
        }),
    }
}
