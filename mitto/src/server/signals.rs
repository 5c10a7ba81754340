//! A server that the operating system ends.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio_util::sync::CancellationToken;

use super::Listening;

/// The signals, each with the process's exit code where it ends the process at once: 128 and its number.
#[cfg(unix)]
const SIGNALS: [(tokio::signal::unix::SignalKind, i32); 2] = {
    use tokio::signal::unix::SignalKind;
    [
        (SignalKind::interrupt(), 130),
        (SignalKind::terminate(), 143),
    ]
};

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

/// Waits for signals in a thread; the token is cancelled by the first one. When the server has `ended`
/// before that, the thread ends, too.
fn watch(ended: CancellationToken) -> io::Result<CancellationToken> {
    let first = CancellationToken::new();
    let seen = first.clone();
    let (listens, listening) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("mitto-signals".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(listens.send(Err(error))),
            };
            runtime.block_on(async {
                let mut signals = match Signals::new() {
                    Ok(signals) => signals,
                    Err(error) => return drop(listens.send(Err(error))),
                };
                let _ = listens.send(Ok(()));
                if ended.run_until_cancelled(signals.next()).await.is_none() {
                    return;
                }
                seen.cancel();
                let code = signals.next().await;
                std::process::exit(code);
            });
        })?;
    listening
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread of the signals has ended")))?;
    Ok(first)
}

#[cfg(unix)]
struct Signals(Vec<(tokio::signal::unix::Signal, i32)>);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        let signals = SIGNALS.into_iter();
        let signals = signals.map(|(kind, code)| Ok((tokio::signal::unix::signal(kind)?, code)));
        signals.collect::<io::Result<_>>().map(Self)
    }

    /// The exit code of the next signal.
    async fn next(&mut self) -> i32 {
        use std::task::Poll;

        std::future::poll_fn(|cx| {
            for (signal, code) in &mut self.0 {
                if signal.poll_recv(cx).is_ready() {
                    return Poll::Ready(*code);
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// The exit code of the next signal.
    async fn next(&mut self) -> i32 {
        self.0.recv().await;
        130
    }
}
