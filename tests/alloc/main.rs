//! How often a request allocates, once everything is warm, and what is held for waiting requests, for
//! subscriptions, for idle and for hostile connections, floods and damaged payloads: the figures are printed.
//!
//! A program of its own without a test harness, so that nothing else allocates meanwhile. What a
//! decoded value needs for itself counts: an echo of two strings has four, two at each end.

mod count;
mod decoding;
mod floods;
mod forwarding;
mod hostile;
mod hundred;
mod idle;
mod service;
mod topics;
mod waiting;
mod wire;

use count::Counts;
use hundred::{HundredClient, HundredServer, M0, M57};
use mitto::client::Builder;
use mitto::middleware::{Next, from_fn};
use mitto::transport::memory::Memory;
use mitto::{Format, ItemStream, Server};
use service::{
    Asking, Async, CountedApp, CountedClient, CountedServer, Echo, Knowing, Note, Numbers, Plain,
    Refusable, Stateful, Waiting, is_refused,
};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut counts = Counts::default();
    runtime.block_on(async {
        idle::idle().await;
        // From here on nothing goes through a socket, and on a busy machine, too, nobody is late or has
        // been silent for so long that it is pinged.
        tokio::time::pause();
        direct(&mut counts).await;
        local(&mut counts).await;
        for format in [Format::MESSAGE_PACK, Format::JSON] {
            let way = format.to_string();
            connected(&mut counts, &way, |builder| builder.format(format)).await;
        }
        connected(&mut counts, "JSON-RPC", Builder::json_rpc).await;
        around(&mut counts).await;
        forwarding::forwarding(&mut counts).await;
        hundred(&mut counts).await;
        topics::topics(&mut counts).await;
        waiting::waiting().await;
        floods::floods().await;
        hostile::announced().await;
        hostile::mute().await;
    });
    counts.finish();
    decoding::decoding();
}

/// A provider called directly never allocates.
async fn direct(counts: &mut Counts) {
    let server = CountedServer::default();
    let call = async || assert_eq!(server.call(Plain { n: 1 }).await, Ok(1));
    counts.check("direct, plain fn", 0, call).await;
    let call = async || assert_eq!(server.call(Async { n: 1 }).await, Ok(1));
    counts.check("direct, async fn", 0, call).await;
    let call = async || assert_eq!(server.call(Stateful { n: 1 }).await, Ok(1));
    counts.check("direct, state", 0, call).await;
    let call = async || assert_eq!(server.call(Knowing { n: 1 }).await, Ok(1));
    counts.check("direct, context", 0, call).await;
    let call = async || assert!(is_refused(&server.call(Refusable { refuse: true }).await));
    counts.check("direct, typed error", 0, call).await;
    let call = async || server.call(Note { n: 1 }).await.expect("handled");
    counts.check("direct, notification", 0, call).await;
}

/// A value in the same process is boxed once, on its way back.
async fn local(counts: &mut Counts) {
    let client = CountedClient::builder()
        .provide(CountedApp)
        .local(CountedServer::default());
    both(counts, "local", 1, &client).await;
    let mut echo = Some(strings());
    let call = async || echo = client.echo(echo.take().expect("sent")).await.ok();
    counts.check("local, echo of two strings", 1, call).await;
    // Two requests, one within the other.
    let call = async || assert_eq!(client.asking(Asking { n: 1 }).await, Ok(1));
    counts.check("local, handler that asks back", 2, call).await;
}

/// Over a connection nothing but the decoded values is allocated.
async fn connected(
    counts: &mut Counts,
    way: &str,
    set: impl FnOnce(Builder<CountedClient>) -> Builder<CountedClient>,
) {
    let memory = Memory::new();
    let server = Server::new(CountedServer::default()).transport(memory.clone());
    let server = server.listen("memory://counted").await.expect("listens");
    let url = server.url().to_owned();
    let server = server.spawn();
    let builder = CountedClient::builder()
        .provide(CountedApp)
        .transport(memory);
    let client = set(builder).connect(&url).await.expect("connects");
    both(counts, way, 0, &client).await;
    let mut echo = Some(strings());
    let call = async || echo = client.echo(echo.take().expect("sent")).await.ok();
    let name = format!("{way}, echo of two strings");
    counts.check(&name, 4, call).await;
    let call = async || assert_eq!(client.asking(Asking { n: 1 }).await, Ok(1));
    let name = format!("{way}, handler that asks back");
    counts.check(&name, 0, call).await;
    drop(client);
    server.shutdown().await;
}

/// One middleware that does not wait allocates twice: for the request, and for its future.
async fn around(counts: &mut Counts) {
    let passes = from_fn(|head, next: Next| next.run(head));
    let memory = Memory::new();
    let server = Server::new(CountedServer::default()).transport(memory.clone());
    let server = server.middleware(passes);
    let server = server.listen("memory://around").await.expect("listens");
    let url = server.url().to_owned();
    let server = server.spawn();
    let builder = || CountedClient::builder().transport(memory.clone());
    let client = builder().connect(&url).await.expect("connects");
    both(counts, "one at the server", 2, &client).await;
    let client = builder().middleware(passes).connect(&url).await;
    both(counts, "one at each end", 4, &client.expect("connects")).await;
    let client = CountedClient::builder()
        .middleware(passes)
        .local(CountedServer::default());
    both(counts, "one, local", 3, &client).await;
    server.shutdown().await;
}

/// What a local client and a connected one have in common; an answer may allocate `allowed` times.
async fn both(counts: &mut Counts, way: &str, allowed: usize, client: &CountedClient) {
    let name = |what: &str| format!("{way}, {what}");
    // Nothing comes back for a notification.
    let notes = match allowed {
        1 => 0,
        _ => allowed,
    };
    let call = async || assert_eq!(client.plain(Plain { n: 1 }).await, Ok(1));
    counts.check(&name("plain fn"), allowed, call).await;
    let call = async || assert_eq!(client.r#async(Async { n: 1 }).await, Ok(1));
    counts.check(&name("async fn"), allowed, call).await;
    let call = async || assert_eq!(client.waiting(Waiting { n: 1 }).await, Ok(1));
    counts
        .check(&name("async fn that waits"), allowed, call)
        .await;
    let call = async || assert_eq!(client.stateful(Stateful { n: 1 }).await, Ok(1));
    counts.check(&name("state"), allowed, call).await;
    let call = async || assert_eq!(client.knowing(Knowing { n: 1 }).await, Ok(1));
    counts.check(&name("context"), allowed, call).await;
    let call = async || {
        let refused = client.refusable(Refusable { refuse: true }).await;
        assert!(is_refused(&refused));
    };
    counts.check(&name("typed error"), allowed, call).await;
    let call = async || {
        client.note(Note { n: 1 }).await.expect("sent");
        tokio::task::yield_now().await;
    };
    counts.check(&name("notification"), notes, call).await;
    let stream = client.numbers(Numbers {}).await;
    let mut stream: ItemStream<Numbers> = stream.expect("begins");
    let call = async || assert!(matches!(stream.next().await, Some(Ok(_))));
    counts.check(&name("stream item"), allowed, call).await;
}

/// It does not matter how many handlers there are.
async fn hundred(counts: &mut Counts) {
    let call = async || assert_eq!(HundredServer.call(M0 { n: 1 }).await, Ok(1));
    counts.check("one of a hundred, direct", 0, call).await;
    let client = HundredClient::local(HundredServer);
    let call = async || {
        assert_eq!(client.m0(M0 { n: 1 }).await, Ok(1));
        assert_eq!(client.m57(M57 { n: 1 }).await, Ok(1));
    };
    counts.check("two of a hundred, local", 2, call).await;
}

fn strings() -> Echo {
    Echo {
        id: 1,
        name: "n".repeat(16),
        payload: "p".repeat(32),
    }
}
