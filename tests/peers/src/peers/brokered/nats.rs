//! NATS with its own client: `request`, and a responder in a queue group, on a connection each.

use std::marker::PhantomData;

use futures_util::StreamExt;

use super::body::Body;
use super::measured;
use crate::Failure;
use crate::echo::Client;
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;

const SUBJECT: &str = "bench.echo";

pub(super) async fn measure<B: Body>(run: &Run, url: &str) -> Result<Cost, Failure> {
    let responder = async_nats::connect(url).await?;
    let group = "workers".to_owned();
    let mut requests = responder.queue_subscribe(SUBJECT, group).await?;
    responder.flush().await?;
    let answering = tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let answer = B::decode(&request.payload)?.encode()?;
            if let Some(reply) = request.reply {
                responder.publish(reply, answer.into()).await?;
            }
        }
        Ok::<_, Failure>(())
    });
    let caller = Caller {
        client: async_nats::connect(url).await?,
        body: PhantomData::<B>,
    };
    let load = Load::begin(run)?;
    let cost = measured(&load, senders(&load, &[caller])).await?;
    answering.abort();
    Ok(cost)
}

#[derive(Clone)]
struct Caller<B> {
    client: async_nats::Client,
    body: PhantomData<B>,
}

impl<B: Body> Client for Caller<B> {
    type Message = B;

    async fn echo(&mut self, message: B) -> Result<B, Failure> {
        let body = message.encode()?;
        let answer = self.client.request(SUBJECT, body.into()).await?;
        B::decode(&answer.payload)
    }
}
