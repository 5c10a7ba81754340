//! What a request holds that waits for its handler.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use mitto::transport::memory::Memory;
use mitto::{Limits, Server};

use crate::count::held;
use crate::service::{CountedClient, CountedServer, Endless};

const REQUESTS: usize = 10_000;

/// Bytes that a request may hold at both ends together, beside the call itself, which its caller has made.
const EACH: usize = 1 << 10;

/// Sends many requests over one connection whose handlers never finish.
pub(crate) async fn waiting() {
    let (limits, memory) = (Limits::default().in_flight(REQUESTS), Memory::new());
    let shared: Arc<str> = "shared".into();
    let server = Server::new(CountedServer::with(shared.clone()))
        .limits(limits.clone())
        .transport(memory.clone());
    let server = server.listen("memory://waiting").await.expect("listens");
    let url = server.url().to_owned();
    let server = server.spawn();
    let builder = CountedClient::builder().limits(limits).transport(memory);
    let client = builder.connect(&url).await.expect("connects");

    let mut calls: Vec<_> = (0..REQUESTS as u64)
        .map(|n| Box::pin(client.endless(Endless { n }).into_future()))
        .collect();
    let (before, idle) = (held(), Arc::strong_count(&shared));
    poll_fn(|cx| {
        for call in &mut calls {
            assert!(Pin::new(call).poll(cx).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    // Each handler keeps one.
    while Arc::strong_count(&shared) < idle + REQUESTS {
        tokio::task::yield_now().await;
    }
    let each = held().saturating_sub(before) / REQUESTS;
    let call = size_of_val(&*calls[0]);
    println!("a waiting request holds {each} bytes at both ends, beside its call of {call}");
    assert!(each < EACH, "a waiting request holds {each} bytes");
    drop(calls);
    drop(client);
    server.shutdown().await;
}
