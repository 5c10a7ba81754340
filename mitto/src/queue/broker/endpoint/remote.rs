//! What is beyond the broker, as what a peer's calls go to.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use tokio_util::sync::CancellationToken;

use super::{Endpoint, To, asked};
use crate::auth::Identity;
use crate::codec::{CodecError, Codecs, Encoder, Format};
use crate::envelope::CorrelationId;
use crate::in_flight::{Patience, Reply};
use crate::job::{AnswerTo, Run};
use crate::message::{MessageKind, Outgoing, Payload};
use crate::panics::catch;
use crate::peer::{CallHead, Outbound, Started, Wait};
use crate::queue::broker::{Later, Line, Node, Parcel, ParcelKind, SendError, Task};
use crate::runtime::{Instant, RuntimeHandle, later};
use crate::status::{Code, Status};

/// A peer of a gateway, or whichever workers a request names.
pub(crate) struct Remote {
    endpoint: Arc<Endpoint>,
    /// `None` where requests go to the node of their address.
    to: Option<To>,
    /// Written when it is asked for, as is what closes it: one is made for each request of a client.
    name: OnceLock<String>,
    id: u64,
    identity: Option<Identity>,
    /// The notifications that are on their way.
    notifying: Mutex<HashMap<u64, Sending>>,
    closed: OnceLock<CancellationToken>,
}

/// What is on its way out, until it is sent.
pub(crate) type Sending = Later<Result<(), SendError>>;

/// A request on its way out.
pub(crate) struct Request {
    pub(crate) task: Task,
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
    pub(crate) patience: Patience,
    /// Who is told of progress.
    pub(crate) answer: Option<AnswerTo>,
    pub(crate) now: Instant,
}

impl Remote {
    /// Whoever requests name.
    pub(crate) fn workers(endpoint: &Arc<Endpoint>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 49);
        let id = NEXT.fetch_add(1, Relaxed);
        Self::new(endpoint, None, id, None)
    }

    /// A peer of somebody.
    pub(crate) fn peer(
        endpoint: &Arc<Endpoint>,
        inbox: &Arc<str>,
        number: u64,
        identity: Option<Identity>,
    ) -> Self {
        let to = To::Peer {
            inbox: inbox.clone(),
            number,
        };
        Self::new(endpoint, Some(to), number, identity)
    }

    fn new(endpoint: &Arc<Endpoint>, to: Option<To>, id: u64, identity: Option<Identity>) -> Self {
        Self {
            endpoint: endpoint.clone(),
            to,
            name: OnceLock::new(),
            id,
            identity,
            notifying: Mutex::default(),
            closed: OnceLock::new(),
        }
    }

    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// Sends a request, while what is given back is polled. Its replies are polled for.
    ///
    /// # Errors
    ///
    /// When there is no room, or no line.
    pub(crate) fn ask(
        &self,
        to: &To,
        request: Request,
    ) -> Result<(CorrelationId, Sending), Status> {
        let line = self.line()?;
        let Request {
            mut task,
            format,
            body,
            patience,
            answer,
            now,
        } = request;
        let window = match task.kind {
            MessageKind::Stream => self.endpoint.limits.stream_window,
            _ => 0,
        };
        task.deadline.get_or_insert(later(now, patience.timeout));
        task.window = u32::try_from(window).unwrap_or(u32::MAX);
        let asked = &self.endpoint.asked;
        let id = asked.exchange.reserve_slot(now, patience, window)?;
        asked.note(id, to.clone(), answer, window);
        let parcel = Parcel::new(ParcelKind::Task(Box::new(task)), asked::written(id))
            .with_body(format, body)
            .from_inbox(&line.inbox());
        Ok((id, send(line, to, parcel)))
    }

    /// A request could not be sent.
    pub(crate) fn unsent(&self, id: CorrelationId, error: SendError) {
        self.endpoint.asked.fail(id, error.into());
    }

    /// Sends a notification.
    pub(crate) fn tell(
        &self,
        to: &To,
        task: Task,
        format: Format,
        body: Vec<u8>,
    ) -> Result<Sending, Status> {
        let line = self.line()?;
        let parcel = Parcel::new(ParcelKind::Task(Box::new(task)), Arc::default())
            .with_body(format, body)
            .from_inbox(&line.inbox());
        Ok(send(line, to, parcel))
    }

    /// A message as it travels.
    pub(crate) fn encode(
        &self,
        message: &mut dyn Outgoing,
        format: Option<Format>,
    ) -> Result<(Format, Vec<u8>), Status> {
        let codecs = &self.endpoint.codecs;
        let limit = self.endpoint.limits.message;
        let own = match message.payload() {
            Payload::Encoded { format, .. } => Some(format),
            Payload::Value(_) => format.or(codecs.default_format()),
        };
        let format =
            own.ok_or_else(|| Status::new(Code::UnsupportedFormat, "no format is switched on"))?;
        let mut bytes = Vec::with_capacity(128);
        // `Serialize` is the user's code: it may panic.
        let encoded =
            catch(|| message.encode(&mut Encoder::new(codecs, format, &mut bytes, limit)));
        match encoded {
            Ok(Ok(())) => Ok((format, bytes)),
            Ok(Err(error)) => Err(unsent(&error)),
            Err(_) => Err(Status::new(
                Code::Internal,
                "the message panicked while it was encoded",
            )),
        }
    }

    fn line(&self) -> Result<&Arc<dyn Line>, Status> {
        self.endpoint
            .line()
            .ok_or_else(|| Status::unavailable("the line to the broker is not open yet"))
    }

    fn task(&self, head: &CallHead<'_>) -> Task {
        let mut task = Task::new(head.name, head.kind);
        task.idempotent = head.idempotent;
        task.address = head.address.map(Into::into);
        task.metadata = head.metadata.into();
        if let Some(forwarded) = head.forwarded {
            task.identity.clone_from(&forwarded.identity);
            task.hops = forwarded.hops;
        }
        if let Some(To::Peer { number, .. }) = &self.to {
            task.peer = *number;
        }
        task
    }

    /// Where a request goes.
    fn to(&self, head: &CallHead<'_>) -> Result<Cow<'_, To>, Status> {
        match (&self.to, head.address) {
            (Some(to), _) => Ok(Cow::Borrowed(to)),
            (None, Some(address)) => Ok(Cow::Owned(To::Node(Node::of(address)))),
            (None, None) => Err(Status::not_found("the request names no node: use `.at()`")),
        }
    }

    fn notifying(&self) -> MutexGuard<'_, HashMap<u64, Sending>> {
        self.notifying
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells who runs a request that nobody waits for it any more; where that is not known, all who may.
    fn tell_given_up(&self, id: CorrelationId) {
        let Some(left) = self.endpoint.asked.forget(id) else {
            return;
        };
        let cancel = Parcel::new(ParcelKind::Cancel, asked::written(id));
        match (left.runs_at, left.to) {
            (Some(runs_at), _) => self.endpoint.tell(&runs_at, cancel),
            (None, Some(To::Peer { inbox, .. })) => self.endpoint.tell(&inbox, cancel),
            (None, Some(To::Node(node))) => self.endpoint.tell_workers(&node, cancel),
            (None, None) => {}
        }
    }
}

fn send(line: &Arc<dyn Line>, to: &To, parcel: Parcel) -> Sending {
    match to {
        To::Node(node) => line.publish(node, parcel),
        To::Peer { inbox, .. } => line.send(inbox, parcel),
    }
}

fn unsent(error: &CodecError) -> Status {
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        _ => Code::BadRequest,
    };
    Status::new(code, format!("the message was not sent: {error}"))
}

impl Outbound for Remote {
    fn start(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        let limits = &self.endpoint.limits;
        head.metadata.admit(limits, self.remote())?;
        let (format, body) = self.encode(message, head.format)?;
        let request = Request {
            task: self.task(head),
            format,
            body,
            patience: Patience {
                timeout: head.timeout.unwrap_or(limits.timeout),
                max: limits.timeout_max,
                idle: limits.stream_idle,
            },
            answer: None,
            now: Instant::now(),
        };
        let (id, sending) = self.ask(&*self.to(head)?, request)?;
        let exchange = self.endpoint.asked.exchange.clone();
        let sending = Run::new(async move {
            if let Err(error) = sending.await {
                exchange.complete(id, Reply::Status(error.into()));
            }
        });
        self.endpoint.asked.exchange.drive_with(id, sending);
        Poll::Ready(Ok(Started::Poll(id)))
    }

    fn notify(
        &self,
        head: &CallHead<'_>,
        message: &mut dyn Outgoing,
        wait: &mut Wait,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut sending = match wait.ticket.take() {
            Some(ticket) => self.notifying().remove(&ticket),
            None => None,
        };
        if sending.is_none() {
            let limits = &self.endpoint.limits;
            head.metadata.admit(limits, self.remote())?;
            let (format, body) = self.encode(message, head.format)?;
            sending = Some(self.tell(&*self.to(head)?, self.task(head), format, body)?);
        }
        let Some(mut sending) = sending else {
            return Poll::Ready(Ok(()));
        };
        match sending.as_mut().poll(cx) {
            Poll::Ready(sent) => Poll::Ready(sent.map_err(Into::into)),
            Poll::Pending => {
                let ticket = NEXT.fetch_add(1, Relaxed);
                wait.ticket = Some(ticket);
                self.notifying().insert(ticket, sending);
                Poll::Pending
            }
        }
    }

    fn leave(&self, wait: &mut Wait) {
        if let Some(ticket) = wait.ticket.take() {
            let left = self.notifying().remove(&ticket);
            drop(left);
        }
    }

    fn poll_reply(&self, id: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        let asked = &self.endpoint.asked;
        let reply = ready!(match self.to {
            Some(_) => asked.exchange.poll_reply(id, cx),
            None => asked.exchange.poll_untimed(id, cx),
        });
        if let Some((runs_at, bytes)) = asked.taken(id, &reply) {
            let credit = Parcel::new(ParcelKind::Credit(bytes), asked::written(id));
            self.endpoint.tell(&runs_at, credit);
        }
        if reply.is_last() {
            match reply {
                // It may still run, or wait.
                Reply::Status(ref status) if status.code() == Code::Timeout => {
                    self.tell_given_up(id);
                }
                _ => drop(asked.forget(id)),
            }
        }
        Poll::Ready(reply)
    }

    fn cancel(&self, id: CorrelationId) {
        let asked = &self.endpoint.asked;
        asked.exchange.cancel(id);
        self.tell_given_up(id);
    }

    fn codecs(&self) -> &Codecs {
        &self.endpoint.codecs
    }

    fn remote(&self) -> &str {
        self.name.get_or_init(|| match &self.to {
            Some(To::Peer { inbox, .. }) => format!("a client at {inbox}"),
            Some(To::Node(_)) | None => "the broker".to_owned(),
        })
    }

    fn id(&self) -> u64 {
        self.id
    }

    fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    fn is_connected(&self) -> bool {
        self.endpoint.line().is_some_and(|line| line.is_connected())
    }

    fn closed(&self) -> CancellationToken {
        self.closed.get_or_init(CancellationToken::new).clone()
    }

    fn runtime(&self) -> Option<RuntimeHandle> {
        Some(self.endpoint.runtime.clone())
    }

    fn is_behind_gateway(&self) -> bool {
        matches!(self.to, Some(To::Peer { .. }))
    }

    fn close(&self, _: bool) {
        self.closed.get_or_init(CancellationToken::new).cancel();
    }
}
