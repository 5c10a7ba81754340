//! A server that the operating system ends.

use std::io;

use tokio_util::sync::CancellationToken;

use super::Listening;
use crate::signals::watch;

impl Listening {
    /// [Runs](Self::run) until the process is told to end: by SIGINT (Ctrl-C) or SIGTERM on Unix, by Ctrl-C
    /// on other systems.
    ///
    /// The first signal shuts the server down as [`Handle::shutdown`](super::Handle::shutdown) does: what
    /// runs may finish, up to [`Limits::drain`](crate::Limits::drain), 25 seconds. Then this returns, so
    /// that the program ends in its own way. A second signal ends the process at once, also behind this:
    /// with the exit code 130 (SIGINT, Ctrl-C) or 143 (SIGTERM), and without running any destructor.
    ///
    /// Signals are waited for in a thread of their own, which a handler that blocks does not hold up. From
    /// here on they do not end the process by themselves any more, also when the server was shut down
    /// otherwise.
    ///
    /// # Errors
    ///
    /// The system does not let the process listen to signals, or start the thread.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use mitto::{Request, Server, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize, Request)]
    /// # struct Knock {}
    /// # mitto::schema! { Hello { client => server as HelloClient: [Knock] } }
    /// # #[provider(server of Hello: [knock])]
    /// # struct HelloServer;
    /// # #[handler]
    /// # fn knock(_: Knock) {}
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::new(HelloServer).listen("ws://127.0.0.1:8080").await?;
    /// server.run_until_signal().await?;
    /// println!("goodbye");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_until_signal(self) -> io::Result<()> {
        let ended = CancellationToken::new();
        let first = watch(ended.clone())?;
        let _ended = ended.drop_guard();
        self.run_until(first.cancelled_owned()).await;
        Ok(())
    }
}
