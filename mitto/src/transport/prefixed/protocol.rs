use super::{Prefixed, goodbye};
use crate::transport::socket::{ByteStream, Protocol, ServerProtocol, say_and_close};
use crate::transport::{CloseReason, Connection, PeerInfo, Settings, TransportError};

/// No handshake: frames from the first byte on.
#[derive(Clone, Copy)]
pub(in crate::transport) struct Plain;

impl Protocol for Plain {
    async fn open<S: ByteStream>(
        self,
        stream: S,
        peer: PeerInfo,
        settings: Settings,
    ) -> Result<Box<dyn Connection>, TransportError> {
        Ok(Box::new(Prefixed::new(stream, peer, &settings)))
    }
}

impl ServerProtocol for Plain {
    async fn refuse<S: ByteStream>(self, mut stream: S) {
        say_and_close(&mut stream, &goodbye(CloseReason::TRY_AGAIN_LATER)).await;
    }
}
