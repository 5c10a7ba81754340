//! A worker that the operating system ends.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;

use tokio_util::sync::CancellationToken;

use super::Working;
use crate::queue::broker::BrokerError;
use crate::signals::watch;

impl Working {
    /// [Runs](Self::run) until the process is told to end: by SIGINT, SIGTERM or Ctrl-C. Needs the feature
    /// `signals`.
    ///
    /// The first signal shuts the worker down as [`Handle::shutdown`](super::Handle::shutdown) does. A
    /// second one ends the process at once, with the exit code 130 (SIGINT, Ctrl-C) or 143 (SIGTERM).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and [`BrokerError::Unsupported`] when the system does not let the process
    /// listen to signals.
    pub async fn run_until_signal(self) -> Result<(), BrokerError> {
        let ended = CancellationToken::new();
        let first = watch(ended.clone()).map_err(|error: io::Error| {
            BrokerError::Unsupported(format!("cannot listen to signals: {error}"))
        })?;
        let _ended = ended.drop_guard();
        let handle = self.handle();
        let mut run = pin!(self.run());
        let mut first = Some(Box::pin(first.cancelled_owned()));
        poll_fn(|cx| {
            if let Some(waits) = &mut first
                && waits.as_mut().poll(cx).is_ready()
            {
                first = None;
                handle.stop();
            }
            run.as_mut().poll(cx)
        })
        .await
    }
}
