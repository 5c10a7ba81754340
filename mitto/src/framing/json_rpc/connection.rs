//! One connection that speaks JSON-RPC: what comes in.
//!
//! The session hands each text to [`Framing::parse`], which hands on what is for handlers and callers;
//! what is for neither is answered here, in [`Framing::reply`]. What goes out is in `write`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::answers::answer;
use super::asked::Asked;
use super::canonical;
use super::codes;
use super::extra::Extra;
use super::id::{correlation, is_id};
use super::members::{members, only_item, unescape};
use super::message::{BATCH, Message, Text};
use super::names::Methods;
use super::streams::Streams;
use super::{CANCEL, END, ITEM, PROGRESS, RESERVED};
use crate::codec::Format;
use crate::envelope::{Envelope, Head, Kind};
use crate::escaped::Escaped;
use crate::framing::{FrameError, Framing};
use crate::limits::Limits;
use crate::status::Status;

/// The framing of one connection.
pub(super) struct Connection {
    pub(super) methods: Arc<Methods>,
    pub(super) streams: Streams,
    state: Mutex<State>,
    /// Whether there are replies, to be looked at for each text.
    has_reply: AtomicBool,
}

pub(super) struct State {
    pub(super) asked: Asked,
    /// Answers to what is not for handlers.
    replies: VecDeque<Vec<u8>>,
}

/// Whoever takes the envelopes.
pub(super) type Each<'a> = dyn FnMut(Envelope<'_>) + 'a;

/// What a request or notification says.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) id: Option<&'a [u8]>,
    pub(super) name: &'a str,
    pub(super) params: Option<&'a [u8]>,
    pub(super) extra: Option<&'a [u8]>,
    pub(super) batch: Option<usize>,
}

impl Connection {
    pub(super) fn new(methods: Arc<Methods>, limits: &Limits) -> Self {
        Self {
            methods,
            streams: Streams::default(),
            state: Mutex::new(State {
                asked: Asked::new(limits.in_flight, limits.outbound),
                replies: VecDeque::new(),
            }),
            has_reply: AtomicBool::new(false),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn message(&self, message: &Message<'_>, batch: Option<usize>, each: &mut Each<'_>) {
        match *message {
            Message::Call {
                id,
                method,
                params,
                extra,
            } => match unescape(method) {
                Some(name) => self.call(
                    Call {
                        id,
                        name: &name,
                        params,
                        extra,
                        batch,
                    },
                    each,
                ),
                None => self.refuse(id, "the method is not a text", batch),
            },
            Message::Response { id, result, extra } => {
                self.response(correlation(id), result, extra, each);
            }
            Message::Failure { id, error, extra } => {
                if id == b"null" {
                    let status = Escaped(codes::read_status(error));
                    tracing::warn!(%status, "the other end could not read a message");
                }
                self.failure(correlation(id), error, extra, each);
            }
            Message::Invalid { id, why } => self.refuse(id, why, batch),
        }
    }

    fn call(&self, call: Call<'_>, each: &mut Each<'_>) {
        if call.name == CANCEL {
            return self.cancel(call, each);
        }
        match call.id {
            Some(id) => self.request(id, call, each),
            None if self.is_of_stream(call, each) => {}
            None if call.name.starts_with(RESERVED) => {
                tracing::debug!(method = %Escaped(call.name), "notification ignored");
            }
            None => self.notification(call, each),
        }
    }

    fn notification(&self, call: Call<'_>, each: &mut Each<'_>) {
        let extra = match Extra::read(call.extra) {
            Ok(extra) => extra,
            Err(why) => return tracing::debug!(why, "notification ignored"),
        };
        let (method, address) = self.methods.find_addressed(call.name);
        match extra.head(Kind::Notification, address) {
            Ok(head) => each(Envelope {
                head: Head {
                    message: method.message,
                    ..head
                },
                payload: call.params.unwrap_or(b"{}"),
            }),
            // At another place, or without what was said beside it, it may mean something else.
            Err(status) => tracing::debug!(why = %Escaped(status), "notification ignored"),
        }
    }

    /// Gives up a request or a stream. Says whether there was one.
    fn cancel(&self, call: Call<'_>, each: &mut Each<'_>) {
        let params = call.params.unwrap_or_default();
        let (mut id, mut subscription) = (None, None);
        members(params, |key, value| match key {
            "id" => id = Some(value),
            "subscription" => subscription = Some(value),
            _ => {}
        });
        // By position, as libraries end what they have subscribed to.
        subscription = subscription.or_else(|| only_item(params));
        if id.is_none() && subscription.is_none() {
            let text = "name the `id` of a request, or a `subscription`";
            return match call.id {
                Some(id) => self.fail(id, &Status::bad_request(text), call.batch),
                None => tracing::debug!(text, "mitto.cancel ignored"),
            };
        }
        let mut state = self.state();
        let mut found = id.map_or_else(Vec::new, |id| state.asked.with_id(id));
        found.extend(subscription.and_then(|id| state.asked.with_subscription(id)));
        for id in &found {
            // The request of a stream that has begun is answered, so that nothing is left to say.
            if state.asked.get(*id).is_some_and(|slot| slot.has_begun) {
                state.asked.free(*id);
            }
        }
        drop(state);
        for id in &found {
            each(Envelope {
                head: Head {
                    from_requester: true,
                    ..Head::new(Kind::Cancel, *id)
                },
                payload: &[],
            });
        }
        if let Some(id) = call.id {
            self.reply_with(id, call.batch, |out| {
                out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
                out.extend_from_slice(id);
                out.extend_from_slice(br#","result":"#);
                out.extend_from_slice(if found.is_empty() { b"false" } else { b"true" });
                out.push(b'}');
            });
        }
    }

    /// Takes a notification that belongs to a request of this end.
    fn is_of_stream(&self, call: Call<'_>, each: &mut Each<'_>) -> bool {
        let is_ours = matches!(call.name, ITEM | END | PROGRESS);
        // Other libraries have names of their own for items.
        if !is_ours && self.streams.is_empty() {
            return false;
        }
        let (mut id, mut subscription, mut result, mut error) = (None, None, None, None);
        members(call.params.unwrap_or_default(), |key, value| match key {
            "id" => id = Some(value),
            "subscription" => subscription = Some(value),
            "result" => result = Some(value),
            "error" => error = Some(value),
            _ => {}
        });
        let stream = subscription.filter(|id| is_id(id));
        let stream = stream.and_then(|id| self.streams.find(id));
        if call.name == PROGRESS {
            let of = stream.or(id.map(correlation)).unwrap_or_default();
            each(answer(Kind::Progress, of, &[]));
            return true;
        }
        match (stream, result, error) {
            (None, ..) | (_, None, None) => is_ours,
            (Some(id), Some(item), _) => {
                each(answer(Kind::Item, id, item));
                true
            }
            (Some(id), None, Some(b"null")) => {
                self.streams.close(id);
                each(answer(Kind::End, id, &[]));
                true
            }
            (Some(id), None, Some(error)) => {
                self.failure(id, error, None, each);
                true
            }
        }
    }

    /// Answers what is no request.
    pub(super) fn refuse(&self, id: Option<&[u8]>, why: &str, batch: Option<usize>) {
        self.reply_with(id.unwrap_or(b"null"), batch, |out| {
            codes::write_refusal(id, codes::INVALID_REQUEST, why, out);
        });
    }

    pub(super) fn fail(&self, id: &[u8], status: &Status, batch: Option<usize>) {
        self.reply_with(id, batch, |out| codes::write_failure(id, status, out));
    }

    fn reply_with(&self, id: &[u8], batch: Option<usize>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut text = Vec::new();
        write(&mut text);
        let mut state = self.state();
        if let Some(batch) = batch {
            let whole = 0..text.len();
            state.asked.answer_in(batch, id, whole, &mut text);
        }
        if !text.is_empty() {
            state.replies.push_back(text);
            self.has_reply.store(true, Relaxed);
        }
    }

    fn refuse_text(&self, code: i64, why: &str) {
        self.reply_with(b"null", None, |out| {
            codes::write_refusal(None, code, why, out);
        });
    }
}

impl Framing for Connection {
    fn text(&self) -> bool {
        true
    }

    fn hello(&self) -> bool {
        false
    }

    fn subprotocols(&self) -> &'static [&'static str] {
        super::SUBPROTOCOLS
    }

    fn format(&self) -> Option<Format> {
        Some(Format::JSON)
    }

    fn credit(&self) -> bool {
        false
    }

    fn answers_cancel(&self) -> bool {
        true
    }

    fn begin(&self, head: &Head<'_>, out: &mut Vec<u8>) {
        super::write::begin(self, head, out);
    }

    fn finish(&self, head: &Head<'_>, start: usize, out: &mut Vec<u8>) {
        super::write::finish(self, head, start, out);
    }

    fn parse(&self, frame: &[u8], each: &mut dyn FnMut(Envelope<'_>)) -> Result<(), FrameError> {
        if let Some(message) = canonical::read(frame) {
            self.single(&message, each);
            return Ok(());
        }
        match Text::read(frame) {
            Ok(Text::One(message)) => self.single(&message, each),
            Ok(Text::Batch(messages)) if messages.is_empty() => {
                self.refuse_text(codes::INVALID_REQUEST, "the array is empty");
            }
            Ok(Text::Batch(messages)) => {
                let answers = messages.iter().filter(|message| message.is_answered());
                let answers = answers.count();
                let batch = (answers > 0).then(|| self.state().asked.begin_batch(answers));
                for message in &messages {
                    self.message(message, batch, each);
                }
            }
            Ok(Text::TooMany) => {
                let why = format!("an array of more than {BATCH} messages");
                self.refuse_text(codes::INVALID_REQUEST, &why);
            }
            Err(error) => self.refuse_text(codes::PARSE_ERROR, &error.to_string()),
        }
        Ok(())
    }

    fn has_reply(&self) -> bool {
        self.has_reply.load(Relaxed)
    }

    fn reply(&self, out: &mut Vec<u8>) {
        let mut state = self.state();
        if let Some(reply) = state.replies.pop_front() {
            out.extend_from_slice(&reply);
        }
        self.has_reply.store(!state.replies.is_empty(), Relaxed);
    }

    fn write_status(&self, status: &Status, out: &mut Vec<u8>) {
        codes::write_status(status, out);
    }

    fn read_status(&self, payload: &[u8]) -> Status {
        codes::read_status(payload)
    }

    fn write_credit(&self, _: u32, _: &mut Vec<u8>) {}

    fn read_credit(&self, _: &[u8]) -> Option<u32> {
        None
    }
}
