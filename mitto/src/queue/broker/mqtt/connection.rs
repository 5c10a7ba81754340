//! One connection: what goes out, and what waits for its acknowledgement.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use rumqttc::{
    Disconnect, DisconnectProperties, DisconnectReasonCode, Packet, PubAck, Publish, Subscribe,
    SubscribeFilter, Unsubscribe,
};
use tokio::sync::{Notify, Semaphore, oneshot};

use super::connect::Made;
use crate::queue::broker::{Parcel, SendError};

/// The most messages that wait for their acknowledgement, whatever the broker takes.
const WINDOW: u16 = 1024;

/// One connection.
pub(super) struct Connection {
    /// Whether the broker knew the session.
    pub(super) resumed: bool,
    /// Whether it keeps messages for those who subscribe later.
    pub(super) retains: bool,
    /// How many messages may be sent.
    window: Semaphore,
    all: u16,
    /// The most bytes of a packet.
    largest: usize,
    /// From how many bytes on that are not written nothing more is taken.
    room: usize,
    out: Mutex<Out>,
    /// There is something to write.
    pub(super) wake: Notify,
    /// There is room again.
    written: Notify,
    /// Something was sent, and something has come, since that was looked at.
    pub(super) sent: AtomicBool,
    pub(super) came: AtomicBool,
}

#[derive(Default)]
struct Out {
    bytes: BytesMut,
    waiting: HashMap<u16, Waits>,
    last: u16,
    /// Nothing is sent any more.
    ended: bool,
    /// The last packet is there.
    closing: bool,
}

/// What waits for an acknowledgement.
pub(super) enum Waits {
    Told(oneshot::Sender<Told>),
    /// Something for an inbox, without its body: it comes back if nobody is there.
    Inbox(Arc<str>, Parcel),
    Nobody,
}

/// What an acknowledgement says: nothing, or its reason.
pub(super) type Told = Result<(), Reason>;

/// Why the broker has not done it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nobody has subscribed to it. Not an error to the broker.
    Nobody,
    TooLarge,
    Refused(String),
}

impl Reason {
    /// Why a message was not sent, that had so many bytes.
    pub(super) fn of_message(self, to: &str, bytes: usize) -> SendError {
        match self {
            Self::Nobody => SendError::Nobody(to.to_owned()),
            Self::TooLarge => SendError::TooLarge(bytes),
            Self::Refused(why) => SendError::Refused(why),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody has subscribed to it",
            Self::TooLarge => "it is too large",
            Self::Refused(why) => why,
        })
    }
}

/// What was not sent.
pub(super) enum Unsent {
    /// The connection had ended. It may be sent by the next one.
    Lost(Box<Publish>, Waits),
    TooLarge(usize),
    Invalid(String),
}

/// What became of a message that was to go out.
enum Put {
    Done,
    Full(Waits),
    Ended(Waits),
    Invalid(String),
}

impl Connection {
    pub(super) fn new(made: &Made, room: usize) -> Self {
        let all = made.window.min(WINDOW);
        Self {
            resumed: made.resumed,
            retains: made.retains,
            window: Semaphore::new(usize::from(all)),
            all,
            largest: made.largest,
            room,
            out: Mutex::default(),
            wake: Notify::new(),
            written: Notify::new(),
            sent: AtomicBool::new(true),
            came: AtomicBool::new(true),
        }
    }

    /// Sends a message, once there is room.
    pub(super) async fn publish(
        &self,
        mut publish: Box<Publish>,
        waits: Waits,
    ) -> Result<(), Unsent> {
        // The identifier of a packet is not counted yet.
        let bytes = publish.size() + 2;
        if bytes > self.largest {
            return Err(Unsent::TooLarge(publish.payload.len()));
        }
        let Ok(permit) = self.window.acquire().await else {
            return Err(Unsent::Lost(publish, waits));
        };
        let mut waits = waits;
        loop {
            let written = self.written.notified();
            waits = match self.put(&mut publish, waits) {
                Put::Done => break,
                Put::Full(waits) => waits,
                Put::Ended(waits) => return Err(Unsent::Lost(publish, waits)),
                Put::Invalid(why) => return Err(Unsent::Invalid(why)),
            };
            written.await;
        }
        permit.forget();
        self.wake.notify_one();
        Ok(())
    }

    fn put(&self, publish: &mut Publish, waits: Waits) -> Put {
        let mut out = self.out();
        if out.ended || out.closing {
            return Put::Ended(waits);
        }
        if out.bytes.len() >= self.room {
            return Put::Full(waits);
        }
        publish.pkid = out.id();
        let before = out.bytes.len();
        if let Err(error) = publish.write(&mut out.bytes) {
            out.bytes.truncate(before);
            return Put::Invalid(error.to_string());
        }
        out.waiting.insert(publish.pkid, waits);
        Put::Done
    }

    /// Subscribes; `None` if the connection has ended.
    pub(super) fn subscribe(
        &self,
        filters: Vec<SubscribeFilter>,
    ) -> Option<oneshot::Receiver<Told>> {
        let mut packet = Subscribe::new_many(filters, None);
        let (tell, told) = oneshot::channel();
        self.ask(Waits::Told(tell), |id| {
            packet.pkid = id;
            Packet::Subscribe(packet)
        })
        .then_some(told)
    }

    /// Unsubscribes; `None` if the connection has ended.
    pub(super) fn unsubscribe(&self, filter: &str) -> Option<oneshot::Receiver<Told>> {
        let mut packet = Unsubscribe::new(filter, None);
        let (tell, told) = oneshot::channel();
        self.ask(Waits::Told(tell), |id| {
            packet.pkid = id;
            Packet::Unsubscribe(packet)
        })
        .then_some(told)
    }

    fn ask(&self, waits: Waits, packet: impl FnOnce(u16) -> Packet) -> bool {
        let mut out = self.out();
        if out.ended || out.closing {
            return false;
        }
        let id = out.id();
        let packet = packet(id);
        let before = out.bytes.len();
        if packet.write(&mut out.bytes, None).is_err() {
            out.bytes.truncate(before);
            return false;
        }
        out.waiting.insert(id, waits);
        drop(out);
        self.wake.notify_one();
        true
    }

    /// Says that a message was taken for good.
    pub(super) fn acknowledge(&self, id: u16) {
        self.push(&Packet::PubAck(PubAck::new(id, None)));
    }

    pub(super) fn ping(&self) {
        self.push(&Packet::PingReq);
    }

    /// Ends it, once all is written. The session stays for this long, if it is said.
    pub(super) fn end(&self, expiry: Option<u32>) {
        let mut packet = Disconnect::new(DisconnectReasonCode::NormalDisconnection);
        packet.properties = expiry.map(|expiry| DisconnectProperties {
            session_expiry_interval: Some(expiry),
            reason_string: None,
            user_properties: Vec::new(),
            server_reference: None,
        });
        self.push(&Packet::Disconnect(packet));
        self.out().closing = true;
        self.wake.notify_one();
    }

    fn push(&self, packet: &Packet) {
        let mut out = self.out();
        if out.ended || out.closing {
            return;
        }
        // What has neither text nor an identifier of zero can be written.
        let _ = packet.write(&mut out.bytes, None);
        drop(out);
        self.wake.notify_one();
    }

    /// Waits until all that was sent is acknowledged.
    pub(super) async fn settled(&self) {
        let _ = self.window.acquire_many(u32::from(self.all)).await;
    }

    /// What is to be written, in exchange for an empty buffer. False if it is the last.
    pub(super) fn take(&self, bytes: &mut BytesMut) -> bool {
        let mut out = self.out();
        std::mem::swap(&mut out.bytes, bytes);
        let goes_on = !out.closing;
        drop(out);
        self.sent.fetch_or(!bytes.is_empty(), Ordering::Relaxed);
        self.written.notify_waiters();
        goes_on
    }

    /// What waited for this packet.
    pub(super) fn acknowledged(&self, id: u16) -> Option<Waits> {
        self.out().waiting.remove(&id)
    }

    /// One more message may be sent.
    pub(super) fn one_more(&self) {
        self.window.add_permits(1);
    }

    /// Nothing is sent any more, and nothing that waits is told.
    pub(super) fn lose(&self) {
        let mut out = self.out();
        out.ended = true;
        let waiting = std::mem::take(&mut out.waiting);
        drop(out);
        self.window.close();
        self.written.notify_waiters();
        drop(waiting);
    }

    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Out {
    /// An identifier that no packet has which waits. There are more than may wait.
    fn id(&mut self) -> u16 {
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.waiting.contains_key(&self.last) {
                return self.last;
            }
        }
    }
}
