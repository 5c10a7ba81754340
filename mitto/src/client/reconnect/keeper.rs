//! The task that keeps a client connected.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::Reconnect;
use super::line::{Line, closed};
use crate::backoff::Backoff;
use crate::client::ConnectError;
use crate::peer::{Hooks, Peer};
use crate::runtime::{Instant, spawn, timeout};
use crate::session::{Config, Session};
use crate::status::Status;
use crate::telemetry::handshake_failed;
use crate::transport::Transports;

/// How a client reaches its server: the same for every connection.
pub(in crate::client) struct Dial {
    pub(in crate::client) config: Arc<Config>,
    pub(in crate::client) transports: Transports,
    pub(in crate::client) url: String,
}

impl Dial {
    /// Connects and says hello.
    pub(in crate::client) async fn session(&self) -> Result<Session, ConnectError> {
        let settings = self.config.transport_settings();
        let transport = self.transports.by_url(&self.url)?;
        let connection = transport.connect(&self.url, &settings).await?;
        let session = Session::connect(connection, self.config.clone()).await;
        Ok(session.inspect_err(|_| handshake_failed())?)
    }
}

/// Keeps a client connected, until it is closed or no more attempts are left.
pub(in crate::client) struct Keeper {
    line: Arc<Line>,
    dial: Dial,
    backoff: Backoff,
    attempts: Option<u32>,
    /// When the last connection was made.
    since: Instant,
}

impl Keeper {
    /// Makes the first connection, unless that is left for later, and keeps the client connected in a
    /// task of its own. It ends when the peer is closed.
    pub(in crate::client) async fn start(
        dial: Dial,
        hooks: Hooks,
        reconnect: &Reconnect,
        tasks: &TaskTracker,
    ) -> Result<Peer, ConnectError> {
        let first = match reconnect.lazily {
            true => None,
            false => Some(dial.session().await?),
        };
        // A URL that nothing can be done with will not get better.
        dial.transports.by_url(&dial.url)?;
        let remote = first
            .as_ref()
            .map_or(&*dial.url, |first| first.peer().remote());
        let line = Line::new(dial.config.clone(), hooks, remote);
        let peer = Peer::new(line.clone());
        let keeper = Self {
            backoff: Backoff::new(reconnect.initial, reconnect.max),
            attempts: reconnect.attempts,
            since: Instant::now(),
            line,
            dial,
        };
        let lazily = first.is_none();
        if let Some(first) = first {
            keeper.run_session(first);
        }
        tasks.spawn(keeper.keep(lazily));
        Ok(peer)
    }

    async fn keep(mut self, lazily: bool) {
        let line = self.line.clone();
        let mut deadlines = pin!(line.watch_deadlines());
        let mut work = pin!(self.work(lazily));
        // One task for both: whoever waits has its deadline, whatever is being done about connecting.
        poll_fn(|cx| {
            let ended = work.as_mut().poll(cx);
            if ended.is_pending() {
                let _never = deadlines.as_mut().poll(cx);
            }
            ended
        })
        .await;
    }

    async fn work(&mut self, lazily: bool) {
        let mut at_once = lazily;
        loop {
            let line = self.line.clone();
            let gone = line.stop.run_until_cancelled(line.until_gone()).await;
            if gone.is_none() {
                break;
            }
            self.backoff.lasted(self.since.elapsed());
            let Some(session) = self.connect(at_once).await else {
                break;
            };
            at_once = false;
            self.run_session(session);
        }
        self.line.sessions.close();
        self.line.sessions.wait().await;
        self.line.finish();
    }

    /// Tries until there is a connection. `None` when none is wanted any more, or no attempt is left.
    async fn connect(&mut self, mut at_once: bool) -> Option<Session> {
        let line = self.line.clone();
        let mut attempt = 1;
        loop {
            if let Some(most) = self.attempts.filter(|most| attempt > *most) {
                let why = line.why_not();
                let text = format!("no connection after {most} attempts, given up: {why}");
                line.end(Status::unavailable(text));
                return None;
            }
            if !std::mem::take(&mut at_once) {
                line.stop.run_until_cancelled(self.pause()).await?;
            }
            let session = line.stop.run_until_cancelled(self.dial.session()).await?;
            match session {
                Ok(session) => {
                    self.since = Instant::now();
                    return Some(session);
                }
                Err(error) => {
                    tracing::debug!(peer = %line.remote, attempt, %error, "no connection");
                    line.failed(attempt, reason(&error));
                    attempt = attempt.saturating_add(1);
                }
            }
        }
    }

    /// Waits before the next attempt. Where a server that took its leave has now ended its connection,
    /// the next one may have taken its place: the waits begin anew.
    async fn pause(&mut self) {
        while timeout(self.backoff.next(), self.line.left.notified())
            .await
            .is_ok()
        {
            self.backoff.restart();
        }
    }

    /// Runs a connection in a task of its own.
    fn run_session(&self, session: Session) {
        let line = self.line.clone();
        let connection = session.peer().clone();
        let Some(lasting) = line.connected(&connection) else {
            return;
        };
        let told = line
            .hooks()
            .connected(&Peer::new(line.clone()), &connection);
        line.wake();
        // Dropped in this order: the hook hears of the end before the next connection is tried.
        let mut lasts = Some((told, lasting));
        let run = async move {
            let mut session = pin!(session);
            poll_fn(|cx| {
                let ended = session.as_mut().poll(cx);
                if ended.is_pending() && !connection.is_connected() {
                    if connection.state().is_closed() {
                        // What is still done is the transport's goodbye.
                        lasts = None;
                    } else if let Some((_, lasting)) = &lasts {
                        lasting.leaves();
                    }
                }
                ended
            })
            .await;
            drop(lasts);
        };
        spawn(self.line.sessions.track_future(run));
    }
}

impl Drop for Keeper {
    /// With the task nobody makes connections any more: those who wait must learn of it.
    fn drop(&mut self) {
        self.line.end(closed());
        self.line.finish();
    }
}

/// A failure to connect as what calls are told.
fn reason(error: &ConnectError) -> Status {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    Status::unavailable(text)
}
