//! The signals that end a process.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio_util::sync::CancellationToken;

/// The signals, each with the process's exit code where it ends the process at once: 128 and its number.
#[cfg(unix)]
const SIGNALS: [(tokio::signal::unix::SignalKind, i32); 2] = {
    use tokio::signal::unix::SignalKind;
    [
        (SignalKind::interrupt(), 130),
        (SignalKind::terminate(), 143),
    ]
};

/// Waits for signals in a thread; the token is cancelled by the first one, and the second one ends the process.
/// When what is to end has `ended` before the first, the thread ends, too.
pub(crate) fn watch(ended: CancellationToken) -> io::Result<CancellationToken> {
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
