//! Streams and consumers: made where they are not there, looked at where they are.

use std::time::Duration;

use serde_json::{Value, json};

use super::api::{self, Failure};
use crate::queue::broker::nats::shared::Shared;
use crate::queue::broker::nats::subject::{self, WORKERS};
use crate::queue::broker::{ATTEMPTS, BrokerError, Node};

/// How long JetStream waits for a sign of life from whoever has a task.
const ACK_WAIT: Duration = Duration::from_secs(5);

/// The least that it may wait: a request for tasks, and a sign of life in between, have to be over by then.
const LEAST_ACK_WAIT: Duration = Duration::from_secs(3);

/// For how long a stream knows the ids of what it has had.
const DUPLICATES: Duration = Duration::from_secs(120);

/// How many of the last claims are kept: those of far longer than a server may be late with what it writes.
const CLAIMS: i64 = 16_384;

/// What gives out the tasks of a node.
#[derive(Debug)]
pub(in super::super) struct Consumer {
    pub(super) stream: String,
    pub(super) ack_wait: Duration,
}

pub(super) fn tasks(node: &Node) -> String {
    format!("MITTO_TASKS_{}", node.joined('+'))
}

pub(super) fn dead(node: &Node) -> String {
    format!("MITTO_DEAD_{}", node.joined('+'))
}

fn claims(node: &Node) -> String {
    format!("MITTO_CLAIMS_{}", node.joined('+'))
}

/// Makes what a worker needs.
pub(in super::super) async fn set_up(
    shared: &Shared,
    node: &Node,
) -> Result<Consumer, BrokerError> {
    let name = tasks(node);
    let subject = subject::queue(node);
    stream(shared, &name, &subject, QUEUE).await?;
    dead_stream(shared, node).await?;
    claims_stream(shared, node).await?;
    consumer(shared, &name, &subject).await
}

/// Makes the stream of dead letters.
pub(super) async fn dead_stream(shared: &Shared, node: &Node) -> Result<(), BrokerError> {
    let name = dead(node);
    let config = stream(shared, &name, &subject::dead(node), LETTERS).await?;
    match config["allow_direct"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(different(shared, &name, "it has to have `allow_direct`")),
    }
}

/// Makes the stream of claims.
pub(super) async fn claims_stream(shared: &Shared, node: &Node) -> Result<(), BrokerError> {
    let (name, subject) = (claims(node), subject::claims(node));
    stream(shared, &name, &subject, LAST_CLAIMS).await.map(drop)
}

/// What a stream keeps.
#[derive(Clone, Copy)]
struct Keeps {
    retention: &'static str,
    discard: &'static str,
    messages: i64,
}

/// What nobody has settled.
const QUEUE: Keeps = Keeps {
    retention: "workqueue",
    discard: "new",
    messages: -1,
};

/// Everything.
const LETTERS: Keeps = Keeps {
    retention: "limits",
    discard: "new",
    messages: -1,
};

/// What is new.
const LAST_CLAIMS: Keeps = Keeps {
    retention: "limits",
    discard: "old",
    messages: CLAIMS,
};

/// Its configuration.
async fn stream(
    shared: &Shared,
    name: &str,
    subject: &str,
    keeps: Keeps,
) -> Result<Value, BrokerError> {
    let info = format!("STREAM.INFO.{name}");
    let found = match api::ask(shared, &info, &Value::Null).await {
        Err(failure) if failure.is(api::NO_STREAM) => {
            let wanted = json!({
                "name": name,
                "subjects": [subject],
                "retention": keeps.retention,
                "storage": "file",
                "num_replicas": 1,
                "discard": keeps.discard,
                "max_consumers": -1,
                "max_msgs": keeps.messages,
                "max_bytes": -1,
                "max_msg_size": -1,
                "max_age": 0,
                "duplicate_window": nanos(DUPLICATES),
                "allow_direct": true,
            });
            match api::ask(shared, &format!("STREAM.CREATE.{name}"), &wanted).await {
                // Another worker was faster.
                Err(failure) if failure.is(api::STREAM_EXISTS) => {
                    api::ask(shared, &info, &Value::Null).await
                }
                made => made,
            }
        }
        found => found,
    };
    let config = match found {
        Ok(mut found) => found["config"].take(),
        Err(Failure::Refused(refusal)) if refusal.err_code == api::OVERLAPS => {
            let why = format!("another stream has the subject `{subject}`");
            return Err(different(shared, name, &why));
        }
        Err(failure) => return Err(failure.of_broker(shared)),
    };
    let retention = keeps.retention;
    if config["retention"] != retention {
        let why = format!("its retention is {}, not {retention}", config["retention"]);
        return Err(different(shared, name, &why));
    }
    if config["subjects"] != json!([subject]) {
        let why = format!("its subjects are {}, not `{subject}`", config["subjects"]);
        return Err(different(shared, name, &why));
    }
    Ok(config)
}

async fn consumer(shared: &Shared, stream: &str, subject: &str) -> Result<Consumer, BrokerError> {
    let info = format!("CONSUMER.INFO.{stream}.{WORKERS}");
    let found = match api::ask(shared, &info, &Value::Null).await {
        Err(failure) if failure.is(api::NO_CONSUMER) => {
            let wanted = json!({
                "stream_name": stream,
                "config": {
                    "durable_name": WORKERS,
                    "deliver_policy": "all",
                    "ack_policy": "explicit",
                    "ack_wait": nanos(ACK_WAIT),
                    // Counted by the workers, who make dead letters of what was delivered too often.
                    "max_deliver": -1,
                    "replay_policy": "instant",
                    // Each worker takes no more than it may have.
                    "max_ack_pending": -1,
                    "max_waiting": 4096,
                },
            });
            let make = format!("CONSUMER.DURABLE.CREATE.{stream}.{WORKERS}");
            match api::ask(shared, &make, &wanted).await {
                Err(Failure::Refused(_)) => api::ask(shared, &info, &Value::Null).await,
                made => made,
            }
        }
        found => found,
    };
    let mut found = found.map_err(|failure| failure.of_broker(shared))?;
    let config = found["config"].take();
    let differs =
        |why: String| different(shared, stream, &format!("its consumer `{WORKERS}` {why}"));
    if config["ack_policy"] != "explicit" {
        return Err(differs("has to have explicit acknowledgement".to_owned()));
    }
    if config["deliver_subject"]
        .as_str()
        .is_some_and(|to| !to.is_empty())
    {
        return Err(differs("has to be one that is pulled from".to_owned()));
    }
    if config["max_deliver"]
        .as_i64()
        .is_some_and(|most| (1..=i64::from(ATTEMPTS)).contains(&most))
    {
        let why = format!("has to have no `max_deliver`, or one above {ATTEMPTS}");
        return Err(differs(why));
    }
    if config["filter_subject"]
        .as_str()
        .is_some_and(|only| !only.is_empty() && only != subject)
    {
        return Err(differs("leaves tasks out".to_owned()));
    }
    let ack_wait = config["ack_wait"].as_u64().map(Duration::from_nanos);
    let ack_wait = ack_wait.unwrap_or(ACK_WAIT);
    if ack_wait < LEAST_ACK_WAIT {
        let why = format!("has to have an `ack_wait` of {LEAST_ACK_WAIT:?} or more");
        return Err(differs(why));
    }
    Ok(Consumer {
        stream: stream.to_owned(),
        ack_wait,
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn different(shared: &Shared, queue: &str, why: &str) -> BrokerError {
    BrokerError::Different {
        url: shared.link.url.clone(),
        queue: queue.to_owned(),
        why: why.to_owned(),
    }
}
