//! A stream of bytes that is there already.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Gives `bytes`, at most `step` at once, then ends; swallows what is written.
#[derive(Debug)]
pub(crate) struct Given {
    bytes: Vec<u8>,
    step: usize,
    at: usize,
}

impl Given {
    pub(crate) fn new(bytes: Vec<u8>, step: usize) -> Self {
        Self { bytes, step, at: 0 }
    }
}

impl AsyncRead for Given {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let end = self
            .bytes
            .len()
            .min(self.at + self.step.min(into.remaining()));
        into.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Given {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
