//! Sends back what comes over the WebSocket transport, for the Autobahn test suite: see `run`.

use std::future::poll_fn;

use mitto::transport::websocket::WebSocket;
use mitto::transport::{Batch, CloseReason, Connection, Settings, Transport, TransportError};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();
    // The suite's largest messages have 16 MiB.
    settings.max_frame = 32 << 20;
    let mut listener = WebSocket::new()
        .listen("ws://127.0.0.1:0", &settings)
        .await?;
    // The script reads it, and connects the suite to it.
    println!("{}", listener.url());
    loop {
        let incoming = poll_fn(|cx| listener.poll_accept(cx)).await?;
        tokio::spawn(async move {
            if let Ok(connection) = incoming.accept().await {
                // The suite judges what comes back; how it ends here is nothing to it.
                let _ = echo(connection).await;
            }
        });
    }
}

async fn echo(mut connection: Box<dyn Connection>) -> Result<(), TransportError> {
    let reason = match frames(&mut *connection).await {
        Ok(()) => CloseReason::done(),
        Err(error) => error.close_reason(),
    };
    poll_fn(|cx| connection.poll_close(cx, &reason)).await?;
    while poll_fn(|cx| connection.poll_fill(cx)).await? {}
    Ok(())
}

async fn frames(connection: &mut dyn Connection) -> Result<(), TransportError> {
    let mut batch = Batch::new();
    loop {
        let next = loop {
            match connection.next_frame() {
                Ok(Some(frame)) => {
                    batch.bytes_mut().extend_from_slice(frame.bytes);
                    batch.end_frame(frame.text);
                }
                other => break other.map(drop),
            }
        };
        poll_fn(|cx| connection.poll_write(cx, &mut batch)).await?;
        next?;
        if !poll_fn(|cx| connection.poll_fill(cx)).await? {
            return Ok(());
        }
    }
}
