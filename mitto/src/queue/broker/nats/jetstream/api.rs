//! Questions to JetStream.

use async_nats::Message;
use serde::Deserialize;
use serde_json::Value;

use super::claims::Claim;
use crate::escaped::Escaped;
use crate::queue::broker::nats::shared::{Shared, Unanswered};
use crate::queue::broker::{BrokerError, SendError};

/// There is no such stream.
pub(super) const NO_STREAM: u32 = 10_059;
/// There is no such consumer.
pub(super) const NO_CONSUMER: u32 = 10_014;
/// There is no such message.
pub(super) const NO_MESSAGE: u32 = 10_037;
/// Another stream has the subject.
pub(super) const OVERLAPS: u32 = 10_065;
/// The last message of the subject is not the one that was expected.
const NOT_AS_EXPECTED: u32 = 10_071;
/// A stream of this name is there, and is another one.
pub(super) const STREAM_EXISTS: u32 = 10_058;

/// What JetStream says instead of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) err_code: u32,
    #[serde(default)]
    pub(super) description: String,
}

/// Why there is no answer.
pub(super) enum Failure {
    Refused(Refusal),
    Broker(BrokerError),
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Refusal>,
}

/// Whether JetStream is there.
pub(in super::super) async fn check(shared: &Shared) -> Result<(), BrokerError> {
    let asked = ask(shared, "INFO", &Value::Null).await;
    asked.map(drop).map_err(|failure| failure.of_broker(shared))
}

/// Asks, and reads the answer.
pub(super) async fn ask(shared: &Shared, what: &str, with: &Value) -> Result<Value, Failure> {
    let subject = format!("$JS.API.{what}");
    let with = match with {
        Value::Null => Vec::new(),
        with => with.to_string().into_bytes(),
    };
    let answer = shared.ask(&subject, with).await;
    let answer = answer.map_err(|error| Failure::Broker(unanswered(shared, error)))?;
    read(shared, &answer)
}

fn read(shared: &Shared, answer: &Message) -> Result<Value, Failure> {
    let unreadable = |_| {
        Failure::Broker(BrokerError::Refused {
            url: shared.link.url.clone(),
            why: "JetStream has answered what cannot be read".to_owned(),
        })
    };
    let head: Answer = serde_json::from_slice(&answer.payload).map_err(unreadable)?;
    match head.error {
        Some(refusal) => Err(Failure::Refused(refusal)),
        None => serde_json::from_slice(&answer.payload).map_err(unreadable),
    }
}

/// Reads the word that a task is stored.
pub(super) fn stored(answer: &[u8]) -> Result<(), SendError> {
    match refusal(answer)? {
        None => Ok(()),
        Some(refusal) => Err(SendError::Refused(refusal.description)),
    }
}

/// Reads the word on a claim.
pub(super) fn claimed(answer: &[u8]) -> Result<Claim, SendError> {
    match refusal(answer)? {
        None => Ok(Claim::First),
        Some(refusal) if refusal.err_code == NOT_AS_EXPECTED => Ok(Claim::Taken),
        Some(refusal) => Err(SendError::Refused(refusal.description)),
    }
}

/// Why a message was not stored, or `None` if it was.
fn refusal(answer: &[u8]) -> Result<Option<Refusal>, SendError> {
    #[derive(Deserialize)]
    struct Stored {
        seq: Option<u64>,
        error: Option<Refusal>,
    }
    match serde_json::from_slice(answer) {
        Ok(Stored {
            error: Some(refusal),
            ..
        }) => Ok(Some(refusal)),
        Ok(Stored { seq: Some(_), .. }) => Ok(None),
        _ => {
            let text = "what takes messages there is no stream of JetStream";
            Err(SendError::Refused(text.to_owned()))
        }
    }
}

pub(super) fn unanswered(shared: &Shared, error: Unanswered) -> BrokerError {
    match error {
        Unanswered::Nobody => BrokerError::Unsupported(format!(
            "JetStream is not enabled at `{}`: start the server with -js, or leave out `durable`",
            shared.link.url
        )),
        error => error.of_broker(shared),
    }
}

impl Failure {
    pub(super) fn of_broker(self, shared: &Shared) -> BrokerError {
        /// JetStream is not enabled, for the server or for the account.
        const DISABLED: [u32; 2] = [10_076, 10_039];
        match self {
            Self::Broker(error) => error,
            Self::Refused(refusal) if DISABLED.contains(&refusal.err_code) => {
                unanswered(shared, Unanswered::Nobody)
            }
            Self::Refused(refusal) => BrokerError::Refused {
                url: shared.link.url.clone(),
                why: Escaped(refusal.description).to_string(),
            },
        }
    }

    pub(super) fn is(&self, code: u32) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.err_code == code)
    }
}
