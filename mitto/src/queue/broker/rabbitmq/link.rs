//! One connection to the broker.

use std::fmt;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::tcp::{AMQPUriTcpExt, OwnedTLSConfig};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties, ErrorKind, Event};

use super::url::Url;
use crate::queue::broker::BrokerError;
use crate::runtime::timeout;

/// How long connecting may take, with TLS and the login.
const CONNECTING: Duration = Duration::from_secs(10);

/// How long the broker is waited for when a connection ends in peace.
const CLOSING: Duration = Duration::from_secs(2);

/// One connection to the broker. It does not outlive its socket, nor the socket it.
pub(super) struct Link {
    connection: Arc<Connection>,
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
    is_blocked: bool,
    /// Dropped last.
    socket: Socket,
}

/// The socket of a connection, to end it: the library's own thread else waits for a silent broker for good.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<Option<TcpStream>>>);

/// What a link has to tell.
pub(super) enum Told {
    /// It is lost.
    Lost(lapin::Error),
    /// The broker takes no publishes for now, or again.
    Blocked(bool),
}

impl Link {
    pub(super) async fn connect(
        url: &Url,
        authorities: Option<&str>,
        name: String,
    ) -> Result<Self, BrokerError> {
        let socket = Socket::default();
        let connecting = connect(url, authorities, name, socket.clone());
        let connection = match timeout(CONNECTING, connecting).await {
            Ok(connected) => connected.map_err(|error| explain(url, &error))?,
            Err(_) => {
                socket.end();
                return Err(BrokerError::Late {
                    url: url.shown.clone(),
                    within: CONNECTING,
                });
            }
        };
        Ok(Self {
            events: Box::pin(connection.events_listener()),
            connection: Arc::new(connection),
            is_blocked: false,
            socket,
        })
    }

    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// The most bytes of a frame.
    pub(super) fn frame_max(&self) -> usize {
        self.connection.configuration().frame_max() as usize
    }

    /// Whether the broker takes no publishes for now.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    pub(super) fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        loop {
            match self.events.as_mut().poll_next(cx) {
                // One channel is lost: who has it will see.
                Poll::Ready(Some(Event::Error(error))) if error.is_amqp_soft_error() => {}
                Poll::Ready(Some(Event::Error(error))) => return Poll::Ready(Told::Lost(error)),
                Poll::Ready(Some(Event::ConnectionBlocked(_))) => {
                    self.is_blocked = true;
                    return Poll::Ready(Told::Blocked(true));
                }
                Poll::Ready(Some(Event::ConnectionUnblocked)) => {
                    self.is_blocked = false;
                    return Poll::Ready(Told::Blocked(false));
                }
                Poll::Ready(Some(_)) => {}
                Poll::Ready(None) => return Poll::Ready(Told::Lost(closed())),
                // The broker may have closed before anybody listened.
                Poll::Pending if !self.connection.status().connected() => {
                    return Poll::Ready(Told::Lost(closed()));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Ends in peace, if the broker answers soon.
    pub(super) async fn close(self) {
        let _ = timeout(CLOSING, self.connection.close(200, "bye".into())).await;
    }
}

fn closed() -> lapin::Error {
    ErrorKind::InvalidConnectionState(lapin::ConnectionState::Closed).into()
}

async fn connect(
    url: &Url,
    authorities: Option<&str>,
    name: String,
    socket: Socket,
) -> Result<Connection, lapin::Error> {
    let tls = OwnedTLSConfig {
        identity: None,
        cert_chain: authorities.map(str::to_owned),
    };
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let runtime = lapin::runtime::default_runtime()?;
    Connection::connector(
        url.uri.clone(),
        runtime,
        async move |uri, runtime| {
            let connecting = uri.connect_with_config_async(tls.as_ref(), &runtime);
            let stream = match timeout(CONNECTING, connecting).await {
                Ok(connected) => connected?,
                Err(_) => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            };
            let tcp = match &stream {
                AsyncTcpStream::Plain(plain) => plain.get_ref(),
                AsyncTcpStream::Rustls(tls) => tls.get_ref().0.get_ref(),
                _ => return Ok(stream),
            };
            let _ = tcp.set_nodelay(true);
            socket.keep(second(tcp)?);
            Ok(stream)
        },
        properties,
    )
    .await
}

/// Another handle of the same socket.
#[cfg(unix)]
fn second(tcp: &tokio::net::TcpStream) -> io::Result<TcpStream> {
    use std::os::fd::AsFd;
    Ok(tcp.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn second(tcp: &tokio::net::TcpStream) -> io::Result<TcpStream> {
    use std::os::windows::io::AsSocket;
    Ok(tcp.as_socket().try_clone_to_owned()?.into())
}

impl Socket {
    fn keep(&self, socket: TcpStream) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    }

    fn end(&self) {
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(socket) = socket {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.socket.end();
    }
}

/// What a failure to connect means to who has given the URL.
pub(super) fn explain(url: &Url, error: &lapin::Error) -> BrokerError {
    let (url, why) = (url.shown.clone(), why(error));
    match error.kind() {
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => BrokerError::Different {
                url,
                queue: quoted(&why).unwrap_or_default().to_owned(),
                why,
            },
            AMQPErrorKind::Hard(AMQPHardError::CONNECTIONFORCED) => {
                BrokerError::Unreachable { url, why }
            }
            _ => BrokerError::Refused { url, why },
        },
        // What TLS says: another try would end in the same way.
        ErrorKind::IOError(error) if error.kind() == io::ErrorKind::InvalidData => {
            BrokerError::Refused { url, why }
        }
        _ => BrokerError::Unreachable { url, why },
    }
}

/// Whether trying again may help.
pub(super) fn may_pass(error: &BrokerError) -> bool {
    matches!(
        error,
        BrokerError::Unreachable { .. } | BrokerError::Late { .. }
    )
}

/// What the broker says, or the system.
pub(super) fn why(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_message().to_string(),
        ErrorKind::IOError(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// The queue in `PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/'`.
fn quoted(why: &str) -> Option<&str> {
    let (_, rest) = why.split_once("queue '")?;
    Some(rest.split_once('\'')?.0)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
