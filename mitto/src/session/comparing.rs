//! The lists of shapes, which follow the hellos where these differ in them.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use super::Config;
use super::handshake::{HandshakeError, Side, frame, write};
use super::shapes::Differences;
use crate::envelope::Kind;
use crate::framing::{Framing, Hello, ShapeEntry};
use crate::transport::{Batch, Connection};

/// Tells the other end what the messages look like here, and hears what they look like there.
///
/// One end speaks first: if both wrote a long list before they read, neither could go on.
pub(super) async fn compare(
    connection: &mut dyn Connection,
    config: &Config,
    side: Side,
    hello: &Hello,
) -> Result<Differences, HandshakeError> {
    let framing = &*config.framing;
    if side == Side::Accepting {
        send(connection, config, hello).await?;
    }
    let theirs = poll_fn(|cx| poll_list(connection, framing, cx)).await?;
    if side == Side::Connecting {
        send(connection, config, hello).await?;
    }
    let differences = config.shapes.compare(&theirs);
    differences.log(connection.remote());
    Ok(differences)
}

async fn send(
    connection: &mut dyn Connection,
    config: &Config,
    hello: &Hello,
) -> Result<(), HandshakeError> {
    let most = usize::try_from(hello.message).unwrap_or(usize::MAX);
    let mut batch = Batch::new();
    frame(&*config.framing, Kind::Shapes, &mut batch, |out| {
        config.shapes.write(most, out);
    });
    Ok(write(connection, &mut batch).await?)
}

fn poll_list(
    connection: &mut dyn Connection,
    framing: &dyn Framing,
    cx: &mut Context<'_>,
) -> Poll<Result<Vec<ShapeEntry>, HandshakeError>> {
    loop {
        if let Some(frame) = connection.next_frame()? {
            if frame.text != framing.text() {
                return Poll::Ready(Err(HandshakeError::Framing { text: frame.text }));
            }
            let mut list = None;
            framing.parse(frame.bytes, &mut |envelope| {
                list.get_or_insert_with(|| match envelope.head.kind {
                    Kind::Shapes => Ok(ShapeEntry::read_all(envelope.payload)?),
                    Kind::Goodbye => Err(HandshakeError::Refused(
                        framing.read_status(envelope.payload),
                    )),
                    other => Err(HandshakeError::NotShapes(other)),
                });
            })?;
            return Poll::Ready(list.unwrap_or(Err(HandshakeError::Closed(None))));
        }
        if !ready!(connection.poll_fill(cx))? {
            let reason = connection.close_reason().cloned();
            return Poll::Ready(Err(HandshakeError::Closed(reason)));
        }
    }
}
