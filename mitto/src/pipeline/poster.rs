//! The way out of a pipeline: to any address.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::StepContext;
use crate::address::{AddressError, OwnedAddress};
use crate::auth::Identity;
use crate::codec::{Codecs, Decoder, Encoder, Format};
use crate::envelope::{MessageId, Metadata};
use crate::job::{Answer, AnswerPart, Counted, OwnedJob, Queue, Task};
use crate::limits::{Limit, Limits, reached};
use crate::message::Travels;
use crate::panics::catch;
use crate::peer::Peer;
use crate::runtime::{Instant, later, sooner, spawn, timeout};
use crate::status::{Code, Status};

/// Sends values to addresses, `application/node/action`, through a [`Queue`]: a router, a pipeline, or a
/// test's own. A clone is the same.
///
/// The action's name is the message's, so that an action that runs a pipeline, or a message of a provider, is
/// found by it.
///
/// # Examples
///
/// ```
/// use mitto::pipeline::{Flow, Poster, Properties, Steps};
///
/// #[mitto::step]
/// fn double(n: i64) -> Flow<i64> {
///     Flow::Next(2 * n)
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pipeline = Steps::new().step::<double>().compose([("double", &Properties::new())])?;
/// let poster = Poster::new(pipeline);
/// let doubled: i64 = poster.call("math/numbers/Double", &21).await?;
/// assert_eq!(doubled, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Poster {
    shared: Arc<Shared>,
    identity: Option<Identity>,
    format: Option<Format>,
}

struct Shared {
    queue: Option<Arc<dyn Queue>>,
    codecs: Codecs,
    limits: Limits,
    posted: Arc<AtomicUsize>,
}

impl Poster {
    /// Sends through `queue`, with the default formats and limits.
    pub fn new(queue: impl Queue) -> Self {
        Self::shared(Arc::new(queue), Codecs::default(), Limits::default())
    }

    /// Sends through `queue`. Of `limits` count [`in_flight_process`](Limits::in_flight_process) for what is
    /// on its way, [`message`](Limits::message) for its size, [`timeout`](Limits::timeout),
    /// [`timeout_max`](Limits::timeout_max) and [`hops`](Limits::hops) for calls.
    pub fn shared(queue: Arc<dyn Queue>, codecs: Codecs, limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Some(queue),
                codecs,
                limits,
                posted: Arc::default(),
            }),
            identity: None,
            format: None,
        }
    }

    /// Sends nowhere: everything fails with `Unavailable`.
    pub fn nowhere() -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: None,
                codecs: Codecs::default(),
                limits: Limits::default(),
                posted: Arc::default(),
            }),
            identity: None,
            format: None,
        }
    }

    /// Sends as this identity what no step sends; otherwise it has none.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sends in this format what no step sends; otherwise in the default one.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sends a value to an address, and does not wait for it.
    ///
    /// # Errors
    ///
    /// As [`StepContext::post`].
    pub fn post<T, A>(&self, address: A, value: &T) -> Result<(), Status>
    where
        T: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        self.nobody().post(address, value)
    }

    /// Asks an address, and waits for its answer: for [`Limits::timeout`], from each progress report anew, up to
    /// [`Limits::timeout_max`] in all.
    ///
    /// # Errors
    ///
    /// As [`StepContext::call`].
    pub async fn call<T, R, A>(&self, address: A, value: &T) -> Result<R, Status>
    where
        T: Travels,
        R: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let asked = self.nobody().ask(address, value);
        asked?.await
    }

    pub(super) fn codecs(&self) -> &Codecs {
        &self.shared.codecs
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// On behalf of the message that a step works on.
    pub(super) fn origin<'a>(&'a self, context: &'a StepContext) -> Sender<'a> {
        Sender {
            shared: &self.shared,
            metadata: Some(context.metadata()),
            identity: context.identity(),
            deadline: context.deadline(),
            format: Some(context.format),
            hops: context.hops,
        }
    }

    fn nobody(&self) -> Sender<'_> {
        Sender {
            shared: &self.shared,
            metadata: None,
            identity: self.identity.as_ref(),
            deadline: None,
            format: self.format.or(self.shared.codecs.default_format()),
            hops: 0,
        }
    }
}

/// Who sends, and in what.
pub(super) struct Sender<'a> {
    shared: &'a Shared,
    metadata: Option<&'a Metadata>,
    identity: Option<&'a Identity>,
    deadline: Option<Instant>,
    format: Option<Format>,
    hops: u8,
}

impl Sender<'_> {
    pub(super) fn post<T, A>(&self, address: A, value: &T) -> Result<(), Status>
    where
        T: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let (format, bytes) = self.encode(value)?;
        self.post_encoded(checked(address)?, format, bytes)
    }

    /// The same for a value that is encoded already.
    pub(super) fn post_encoded(
        &self,
        address: OwnedAddress,
        format: Format,
        bytes: Vec<u8>,
    ) -> Result<(), Status> {
        let mut job = self.job(address, format, bytes)?;
        job.one_way = true;
        let (queue, one) = self.begin()?;
        let codecs = self.shared.codecs.clone();
        spawn(async move {
            submit(&*queue, &job, &codecs, Answer::nobody()).await;
            drop(one);
        });
        Ok(())
    }

    pub(super) fn ask<T, R, A>(
        &self,
        address: A,
        value: &T,
    ) -> Result<impl Future<Output = Result<R, Status>> + Send + use<T, R, A>, Status>
    where
        T: Travels,
        R: Travels,
        A: TryInto<OwnedAddress>,
        A::Error: Into<AddressError>,
    {
        let Shared { codecs, limits, .. } = self.shared;
        if self.hops >= limits.hops {
            let most = limits.hops;
            let text = format!("more than {most} calls were made to answer one, they go round");
            return Err(Status::new(Code::LoopDetected, text));
        }
        let (format, bytes) = self.encode(value)?;
        let mut job = self.job(checked(address)?, format, bytes)?;
        let begun = Instant::now();
        let until = |time| {
            let at = later(begun, time);
            sooner(Some(at), self.deadline).unwrap_or(at)
        };
        let (mut deadline, last) = (until(limits.timeout), until(limits.timeout_max));
        let granted = deadline.saturating_duration_since(begun);
        job.deadline = Some(deadline);
        job.hops = self.hops + 1;
        let (queue, one) = self.begin()?;
        let (answer, mut parts) = Answer::in_parts(format, codecs, limits);
        let codecs = codecs.clone();
        Ok(async move {
            let of = job.address.clone();
            let run = {
                let codecs = codecs.clone();
                // In a task of its own, as calls may stand in each other deeper than a stack goes.
                Task(spawn(async move {
                    submit(&*queue, &job, &codecs, answer).await;
                    drop(one);
                }))
            };
            let outcome = loop {
                let left = deadline.saturating_duration_since(Instant::now());
                match timeout(left, parts.next()).await {
                    Ok(Some(AnswerPart::Progress)) => {
                        deadline = later(Instant::now(), granted).min(last);
                    }
                    Ok(Some(part)) if part.is_last() => break read(part, &codecs),
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        let text = "the answer ended before its last part";
                        break Err(Status::internal(text));
                    }
                    Err(_) => {
                        let of = of.map(|of| of.to_string()).unwrap_or_default();
                        let text = format!("`{of}` has not answered in time");
                        break Err(Status::new(Code::Timeout, text));
                    }
                }
            };
            drop(run);
            outcome
        })
    }

    fn encode<T: Travels>(&self, value: &T) -> Result<(Format, Vec<u8>), Status> {
        let format = self.format.ok_or_else(|| {
            let text = "no format to send the value in: turn on a codec feature of mitto";
            Status::new(Code::UnsupportedFormat, text)
        })?;
        let Shared { codecs, limits, .. } = self.shared;
        let mut bytes = Vec::new();
        value
            .encode_to(&mut Encoder::new(
                codecs,
                format,
                &mut bytes,
                limits.message,
            ))
            .map_err(|error| Status::bad_request(format!("the value was not sent: {error}")))?;
        Ok((format, bytes))
    }

    fn job(
        &self,
        address: OwnedAddress,
        format: Format,
        bytes: Vec<u8>,
    ) -> Result<OwnedJob, Status> {
        let Some(action) = address.as_address().action() else {
            let text = format!("`{address}` names no action, write `application/node/action`");
            return Err(Status::bad_request(text));
        };
        let mut job = OwnedJob::new(MessageId::of_name(action), format, bytes);
        job.metadata = self.metadata.cloned().unwrap_or_default();
        job.identity = self.identity.cloned();
        job.address = Some(address);
        Ok(job)
    }

    fn begin(&self) -> Result<(Arc<dyn Queue>, Counted), Status> {
        let Some(queue) = &self.shared.queue else {
            let text = "there is no way to other addresses from here";
            return Err(Status::unavailable(text));
        };
        let most = self.shared.limits.in_flight_process;
        match Counted::one(&self.shared.posted, most) {
            Some(one) => Ok((queue.clone(), one)),
            None => {
                reached(Limit::InFlightProcess, "posts");
                let text = "too many posts and calls of pipelines are on their way";
                Err(Status::new(Code::Busy, text))
            }
        }
    }
}

async fn submit(queue: &dyn Queue, job: &OwnedJob, codecs: &Codecs, answer: Answer) {
    // An extractor or a `Deserialize` may panic: the answer, dropped, says so to the caller.
    let run = catch(|| queue.submit(job.lend(&Peer::nobody(), codecs), answer));
    match run {
        Ok(run) => run.await,
        Err(panicked) => tracing::error!(panic = %panicked.text(), "a post panicked"),
    }
}

fn read<R: Travels>(part: AnswerPart, codecs: &Codecs) -> Result<R, Status> {
    match part {
        AnswerPart::Response { format, bytes } => {
            R::decode_from(Decoder::new(codecs, format, &bytes))
                .map_err(|error| Status::internal(format!("the answer is another type: {error}")))
        }
        AnswerPart::Status(status) | AnswerPart::Unreadable(status) => Err(status),
        AnswerPart::Error { .. } => Err(Status::internal("it failed with an error of its own")),
        _ => Err(Status::internal(
            "a stream answers there, which a call does not take",
        )),
    }
}

pub(super) fn checked<A>(address: A) -> Result<OwnedAddress, Status>
where
    A: TryInto<OwnedAddress>,
    A::Error: Into<AddressError>,
{
    let checked = address.try_into().map_err(Into::into);
    let checked: Result<OwnedAddress, AddressError> = checked;
    checked.map_err(|error| Status::bad_request(error.to_string()))
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Poster")
    }
}
