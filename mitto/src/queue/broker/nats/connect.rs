//! Connecting, at first and again.

use std::collections::HashMap;
use std::error::Error;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerError};
use tokio::sync::watch;

use super::url::{Login, Servers, without_password};
use super::waiting::Waiting;
use super::work::Work;
use super::{Nats, outbox};
use crate::escaped::Escaped;
use crate::queue::broker::{BrokerError, Node, Opening, Receiver};
use crate::runtime::{Instant, later, sleep_until};

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);

/// The longest time between two.
const BETWEEN: Duration = Duration::from_secs(4);

/// How often a silent connection is asked whether it lives. The second question without an answer ends it.
const PING: Duration = Duration::from_secs(10);

/// What knows of a connection's end and its beginning.
pub(super) struct Link {
    pub(super) url: String,
    pub(super) receiver: Arc<dyn Receiver>,
    pub(super) waiting: Arc<Waiting>,
    /// How many connections there have been, 0 while there is none.
    pub(super) connected: watch::Sender<u64>,
    /// The work that is taken, by node.
    works: Mutex<HashMap<Node, Arc<Work>>>,
    /// Messages that a full buffer has let fall.
    fallen: AtomicU64,
}

impl Link {
    pub(super) fn new(url: &str, receiver: Arc<dyn Receiver>) -> Self {
        Self {
            url: without_password(url),
            receiver,
            waiting: Arc::default(),
            connected: watch::Sender::new(0),
            works: Mutex::default(),
            fallen: AtomicU64::new(0),
        }
    }

    pub(super) fn works(&self) -> MutexGuard<'_, HashMap<Node, Arc<Work>>> {
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn happened(&self, event: &Event, made: u64) {
        let url = &self.url;
        match event {
            Event::Connected => {
                // What was sent by an earlier one, if its end was not told.
                self.waiting.lose(made.saturating_sub(1));
                self.connected.send_replace(made);
                for work in self.works().values() {
                    work.wake.notify_one();
                }
            }
            Event::Disconnected | Event::Closed => {
                let was = self.connected.send_replace(0);
                if was > 0 {
                    self.waiting.lose(was);
                }
            }
            Event::SlowConsumer(_) => {
                let fallen = self.fallen.fetch_add(1, Ordering::Relaxed) + 1;
                // Where one falls many do.
                if fallen.is_power_of_two() {
                    tracing::error!(%url, fallen, "messages from NATS were lost: this process reads too slowly");
                }
            }
            Event::ServerError(error) => {
                let error = Escaped(error);
                tracing::warn!(%url, %error, "NATS has refused something");
            }
            Event::ClientError(error) => {
                let error = Escaped(error);
                tracing::warn!(%url, %error, "connecting to NATS failed, trying again");
            }
            Event::LameDuckMode | Event::Draining => {}
        }
    }
}

/// Connects for the first time.
pub(super) async fn connect(
    nats: &Nats,
    opening: &Opening,
    link: &Arc<Link>,
) -> Result<Client, BrokerError> {
    let mut wait = Duration::from_millis(100);
    loop {
        let servers = Servers::parse(&nats.url)?;
        let options = options(nats, opening, link, servers.login)?;
        let error = match options.connect(servers.addresses).await {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        let why = error.to_string();
        let url = link.url.clone();
        if is_refusal(&error) {
            return Err(BrokerError::Refused { url, why });
        }
        if nats.fail_fast {
            return Err(BrokerError::Unreachable { url, why });
        }
        tracing::warn!(%url, error = %Escaped(why), "NATS is not there, trying again");
        sleep_until(later(Instant::now(), wait)).await;
        wait = (wait * 2).min(BETWEEN);
    }
}

fn options(
    nats: &Nats,
    opening: &Opening,
    link: &Arc<Link>,
    login: Login,
) -> Result<ConnectOptions, BrokerError> {
    let config = nats.tls.config().map_err(|error| BrokerError::Refused {
        url: link.url.clone(),
        why: error.to_string(),
    })?;
    let link = link.clone();
    // Counted here, as the client's own count may be ahead of its events.
    let made = AtomicU64::new(0);
    let options = ConnectOptions::new()
        .name(format!("mitto {}", opening.purpose))
        .connection_timeout(TRY)
        .ping_interval(PING)
        .tls_client_config(config)
        // As many wait in the client as before it.
        .client_capacity(outbox::MOST)
        // They are made here, or checked.
        .skip_subject_validation(true)
        // What one subscription may be behind; a pump reads it all the time.
        .subscription_capacity(opening.limits.in_flight_process.max(1024))
        .event_callback(move |event| {
            let made = match event {
                Event::Connected => made.fetch_add(1, Ordering::Relaxed) + 1,
                _ => made.load(Ordering::Relaxed),
            };
            link.happened(&event, made);
            std::future::ready(())
        });
    let login = match (&nats.user_password, &nats.token) {
        (Some((user, password)), _) => Login::User(user.clone(), password.clone()),
        (None, Some(token)) => Login::Token(token.clone()),
        (None, None) => login,
    };
    Ok(match login {
        Login::Nobody => options,
        Login::Token(token) => options.token(token),
        Login::User(user, password) => options.user_and_password(user, password),
    })
}

/// Whether another try would end in the same way.
fn is_refusal(error: &ConnectError) -> bool {
    let source = error.source();
    match error.kind() {
        ConnectErrorKind::ServerParse
        | ConnectErrorKind::Authentication
        | ConnectErrorKind::AuthorizationViolation
        | ConnectErrorKind::Tls => true,
        _ => {
            let said_by_server = source.is_some_and(<dyn Error>::is::<ServerError>);
            let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
            let not_nats = |error: &std::io::Error| {
                matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::InvalidInput
                )
            };
            said_by_server || io.is_some_and(not_nats)
        }
    }
}
