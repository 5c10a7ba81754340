//! A server that runs until something happens.

use std::future::{Future, poll_fn};
use std::pin::pin;

use super::Listening;

impl Listening {
    /// [Runs](Self::run) until `stop` is ready, then shuts down as [`Handle::shutdown`](super::Handle::shutdown)
    /// does, and returns when that is done. Whatever `stop` gives is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mitto::{Request, Server, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # struct Quit {}
    /// # mitto::schema! { Hello { client => server as HelloClient: [Quit] } }
    /// # #[provider(server of Hello: [quit])]
    /// # struct HelloServer;
    /// # #[handler]
    /// # fn quit(_: Quit) {}
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let server = Server::new(HelloServer).listen("ws://127.0.0.1:0").await?;
    /// server.run_until(tokio::time::sleep(Duration::from_millis(10))).await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_until(self, stop: impl Future) {
        let stopped = self.stop();
        let mut stop = Some(Box::pin(stop));
        let mut run = pin!(self.run());
        poll_fn(|cx| {
            if let Some(waits) = &mut stop
                && waits.as_mut().poll(cx).is_ready()
            {
                stop = None;
                stopped.cancel();
            }
            run.as_mut().poll(cx)
        })
        .await;
    }
}
