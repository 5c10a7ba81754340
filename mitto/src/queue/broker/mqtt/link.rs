//! A connection that is made again whenever it is lost, with its subscriptions.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use rumqttc::{Publish, SubscribeFilter};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::connect::{Door, Failed, Hello, Made};
use super::connection::{Connection, Told, Unsent, Waits};
use super::packets;
use super::subscriptions::Subscriptions;
use crate::backoff::Backoff;
use crate::escaped::Escaped;
use crate::queue::broker::{BrokerError, Parcel, SendError};
use crate::runtime::{Instant, later, sleep_until, spawn};

/// The longest first time between two tries to connect.
const FIRST: Duration = Duration::from_millis(100);

/// The longest one of all.
const LONGEST: Duration = Duration::from_secs(4);

/// What a link gives what happens to. It does not block.
pub(super) trait Taker: Send + Sync + 'static {
    /// There is a connection, by which nothing has come yet.
    fn made(&self, connection: &Arc<Connection>);

    /// The connection was made and has its subscriptions, or is lost.
    fn up(&self, up: bool);

    /// A message has come. True if it is to be acknowledged now.
    fn came(&self, publish: Publish) -> bool;

    /// Nobody is at the inbox that this was sent to.
    fn returned(&self, inbox: &str, parcel: Parcel);
}

/// A connection that is made again.
pub(super) struct Link {
    pub(super) door: Arc<Door>,
    taker: Arc<dyn Taker>,
    hello: Mutex<Hello>,
    /// The connection of now, once it has its subscriptions.
    now: watch::Sender<Now>,
    subscriptions: Mutex<Subscriptions>,
    /// There is no connection, nor will there be one.
    over: CancellationToken,
}

#[derive(Clone, Default)]
struct Now {
    connection: Option<Arc<Connection>>,
    /// There will be none any more.
    closed: bool,
}

/// Is told when the first connection has its subscriptions, or that it may not have them.
type Opened = oneshot::Sender<Result<(), String>>;

impl Link {
    /// Connects for the first time, and makes these subscriptions.
    pub(super) async fn open(
        door: Arc<Door>,
        hello: Hello,
        filters: Vec<SubscribeFilter>,
        taker: Arc<dyn Taker>,
    ) -> Result<(Arc<Self>, AbortOnDropHandle<()>), BrokerError> {
        let url = door.shown.clone();
        let subscriptions = Subscriptions::of(filters);
        let link = Arc::new(Self {
            door,
            taker,
            hello: Mutex::new(hello),
            now: watch::Sender::default(),
            subscriptions: Mutex::new(subscriptions),
            over: CancellationToken::new(),
        });
        let made = link.first().await?;
        let (tell, told) = oneshot::channel();
        let task = AbortOnDropHandle::new(spawn(link.clone().run(made, tell)));
        match told.await {
            Ok(Ok(())) => Ok((link, task)),
            Ok(Err(why)) => Err(BrokerError::Refused { url, why }),
            Err(_) => Err(BrokerError::Closed),
        }
    }

    async fn first(&self) -> Result<Made, BrokerError> {
        let mut backoff = Backoff::new(FIRST, LONGEST);
        loop {
            let hello = self.hello().clone();
            let why = match self.door.connect(&hello).await {
                Ok(made) => return Ok(made),
                Err(Failed::Refused(why)) => {
                    let url = self.door.shown.clone();
                    return Err(BrokerError::Refused { url, why });
                }
                Err(Failed::Unreachable(why)) => why,
            };
            let url = self.door.shown.clone();
            if self.door.fail_fast {
                return Err(BrokerError::Unreachable { url, why });
            }
            tracing::warn!(%url, error = %Escaped(why), "the MQTT broker is not there, trying again");
            sleep_until(later(Instant::now(), backoff.next())).await;
        }
    }

    /// Keeps a connection up, until it is closed.
    async fn run(self: Arc<Self>, first: Made, tell: Opened) {
        let _over = self.over.clone().drop_guard();
        let mut tell = Some(tell);
        let mut made = first;
        let mut backoff = Backoff::new(FIRST, LONGEST);
        loop {
            let began = Instant::now();
            let why = self.serve(made, &mut tell).await;
            // One that is always lost at once is not to be made all the time.
            backoff.lasted(began.elapsed());
            if let (Some(why), false) = (&why, self.is_closed()) {
                let url = &self.door.shown;
                tracing::warn!(%url, error = %Escaped(why), "the connection to the MQTT broker is lost, trying again");
            }
            let wait = why.map_or(Duration::ZERO, |_| backoff.next());
            made = match self.again(wait, &mut backoff).await {
                Some(made) => made,
                None => return,
            };
        }
    }

    /// Connects again; `None` when there is to be no connection any more.
    async fn again(&self, mut wait: Duration, backoff: &mut Backoff) -> Option<Made> {
        loop {
            if !wait.is_zero() {
                sleep_until(later(Instant::now(), wait)).await;
            }
            if self.is_closed() {
                return None;
            }
            let hello = self.hello().clone();
            match self.door.connect(&hello).await {
                Ok(made) => return Some(made),
                Err(Failed::Refused(why) | Failed::Unreachable(why)) => {
                    let url = &self.door.shown;
                    tracing::warn!(%url, error = %Escaped(why), "connecting to the MQTT broker failed, trying again");
                }
            }
            wait = backoff.next();
        }
    }

    /// Carries a connection to its end: why it has ended, if that was not wanted.
    async fn serve(&self, mut made: Made, tell: &mut Option<Opened>) -> Option<String> {
        self.hello().clean = false;
        let connection = Arc::new(Connection::new(&made, self.door.outbound));
        self.taker.made(&connection);
        let subscribing = self.subscribe_all(&connection);
        let ended = {
            let (read, write) = tokio::io::split(made.stream);
            let mut reading = pin!(packets::read(
                read,
                std::mem::take(&mut made.read),
                &connection,
                &*self.taker,
                self.door.packet,
            ));
            let mut writing = pin!(packets::write(write, &connection));
            let mut ticking = pin!(packets::tick(&connection, made.keep_alive));
            let mut subscribing = pin!(self.begin(&connection, subscribing, tell));
            let mut begun = false;
            std::future::poll_fn(|cx| {
                if let Poll::Ready(ended) = writing.as_mut().poll(cx) {
                    return Poll::Ready(ended);
                }
                if let Poll::Ready(why) = reading.as_mut().poll(cx) {
                    return Poll::Ready(Some(why));
                }
                if !begun {
                    begun = subscribing.as_mut().poll(cx).is_ready();
                }
                ticking.as_mut().poll(cx).map(Some)
            })
            .await
        };
        let mut was_up = false;
        self.now
            .send_modify(|now| was_up = now.connection.take().is_some());
        self.subscriptions().on = None;
        connection.lose();
        if was_up {
            self.taker.up(false);
        }
        ended
    }

    /// Says that the connection is there when it has its subscriptions.
    async fn begin(
        &self,
        connection: &Arc<Connection>,
        subscribing: Vec<oneshot::Receiver<Told>>,
        tell: &mut Option<Opened>,
    ) {
        let mut done = Ok(());
        for told in subscribing {
            match told.await {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => done = Err(format!("it does not let us subscribe: {reason}")),
                // It is lost.
                Err(_) => return,
            }
        }
        let tell = tell.take();
        let url = &self.door.shown;
        match (done, &tell) {
            (Ok(()), Some(_)) => {}
            (Ok(()), None) => {
                tracing::info!(%url, "the connection to the MQTT broker is there again");
            }
            (Err(why), None) => {
                tracing::error!(%url, error = %Escaped(why), "messages from the MQTT broker may be missing");
            }
            (Err(why), Some(_)) => {
                let _ = tell.map(|tell| tell.send(Err(why)));
                return;
            }
        }
        self.now.send_if_modified(|now| {
            if !now.closed {
                now.connection = Some(connection.clone());
            }
            !now.closed
        });
        self.taker.up(true);
        let _ = tell.map(|tell| tell.send(Ok(())));
    }

    /// The connection, once there is one.
    pub(super) async fn ready(&self) -> Result<Arc<Connection>, SendError> {
        let mut now = self.now.subscribe();
        loop {
            {
                let now = now.borrow_and_update();
                if now.closed {
                    return Err(SendError::Closed);
                }
                if let Some(connection) = &now.connection {
                    return Ok(connection.clone());
                }
            }
            if now.changed().await.is_err() {
                return Err(SendError::Closed);
            }
        }
    }

    /// The connection, if there is one.
    pub(super) fn connection(&self) -> Option<Arc<Connection>> {
        self.now.borrow().connection.clone()
    }

    /// Sends a message by this connection or a later one. What comes of it is told to what waits.
    pub(super) async fn send(&self, publish: Publish, waits: Waits) -> Result<(), SendError> {
        let (mut publish, mut waits) = (Box::new(publish), waits);
        loop {
            let connection = self.ready().await?;
            match connection.publish(publish, waits).await {
                Ok(()) => return Ok(()),
                Err(Unsent::Lost(again, waiting)) => (publish, waits) = (again, waiting),
                Err(Unsent::TooLarge(bytes)) => return Err(SendError::TooLarge(bytes)),
                Err(Unsent::Invalid(why)) => return Err(SendError::Refused(why)),
            }
        }
    }

    /// Sends a message and waits for what the broker says. `Lost` if that is not known.
    pub(super) async fn confirmed(&self, publish: Publish) -> Result<Told, SendError> {
        let (tell, told) = oneshot::channel();
        self.send(publish, Waits::Told(tell)).await?;
        told.await.map_err(|_| SendError::Lost)
    }

    /// Connects anew to the same session, in which so many messages may be unacknowledged. Ends when that is done.
    pub(super) async fn renew(&self, most: u16) -> Result<(), SendError> {
        let old = self.ready().await?;
        self.hello().most = most;
        old.end(None);
        loop {
            let connection = self.ready().await?;
            if !Arc::ptr_eq(&connection, &old) {
                return Ok(());
            }
            let mut now = self.now.subscribe();
            let other = |now: &Now| {
                let same = now
                    .connection
                    .as_ref()
                    .is_some_and(|now| Arc::ptr_eq(now, &old));
                now.closed || !same
            };
            if now.wait_for(other).await.is_err() {
                return Err(SendError::Closed);
            }
        }
    }

    /// Ends the connection when all is written, and makes no other. The session stays for this long, if it is said.
    pub(super) fn close(&self, expiry: Option<u32>) {
        let on = self.subscriptions().on.clone();
        self.now.send_modify(|now| {
            now.closed = true;
            now.connection = None;
        });
        if let Some(on) = on {
            on.end(expiry);
        }
    }

    /// The same, and waits until all is written, where there is a connection.
    pub(super) async fn end(&self, expiry: Option<u32>) {
        let is_connected = self.connection().is_some();
        self.close(expiry);
        if is_connected {
            self.over.cancelled().await;
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.now.borrow().closed
    }

    pub(super) fn hello(&self) -> MutexGuard<'_, Hello> {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn subscriptions(&self) -> MutexGuard<'_, Subscriptions> {
        let subscriptions = self.subscriptions.lock();
        subscriptions.unwrap_or_else(PoisonError::into_inner)
    }
}
