//! What comes to a line's inbox.

use std::sync::Arc;

use async_nats::Message;
use async_nats::message::OutboundMessage;

use super::message::{self, From, To};
use super::shared::{Shared, is_nobody};
use super::subject::{self, OF_PARCEL, OWN, Place};
use super::waiting::Told;
use crate::escaped::Escaped;
use crate::queue::broker::{Parcel, ParcelKind, SendError};
use crate::status::{Code, Status};

impl Shared {
    /// Takes what has come to the inbox.
    pub(super) fn came(self: &Arc<Self>, message: Message) {
        let Some(last) = self.last(&message.subject) else {
            return;
        };
        let (last, head) = match subject::split(last) {
            (last, Some((OF_PARCEL, head))) => (last, Some(head)),
            // The head of what is answered, from another client.
            (last, _) => (last, None),
        };
        match last.strip_prefix(OWN) {
            None => self.answered(last, head, &message),
            // What has no correlation, or none that a subject can have.
            Some("") => self.receive(last, head, &message),
            Some(_) => self.own(message),
        }
    }

    /// What is behind the inbox in a subject.
    fn last<'a>(&self, subject: &'a str) -> Option<&'a str> {
        subject.get(self.inbox.len() + 1..)
    }

    fn answered(&self, last: &str, head: Option<&str>, message: &Message) {
        if is_confirmation(message) {
            // Whoever takes it cannot know where to answer to.
            self.link.waiting.tell(last, Told::Passed);
            let text =
                "the workers of its node are durable, and its gateway is not: make both alike";
            let status = Status::new(Code::Unavailable, text);
            let parcel = Parcel::new(ParcelKind::Status(status), last.into());
            return self.link.receiver.receive(parcel);
        }
        if !is_nobody(message) {
            // It has found somebody, before a barrier could say so.
            self.link.waiting.tell(last, Told::Passed);
            return self.receive(last, head, message);
        }
        if !self.link.waiting.tell(last, Told::Nobody) {
            // The word has come behind a barrier.
            let status = Status::new(Code::Unavailable, NO_MORE);
            let parcel = Parcel::new(ParcelKind::Status(status), last.into());
            self.link.receiver.receive(parcel);
        }
    }

    fn own(self: &Arc<Self>, message: Message) {
        let subject = message.subject.clone();
        let Some((last, own)) = self.last(&subject).and_then(|last| {
            let (last, _) = subject::split(last);
            Some((last, last.strip_prefix(OWN)?))
        }) else {
            return;
        };
        if let Some(number) = own.strip_prefix('b') {
            if let Ok(number) = number.parse() {
                let next = self.link.waiting.end_barrier(number);
                self.send_barrier(next);
            }
        } else if let Some(returned) = own.strip_prefix('r') {
            if is_nobody(&message) {
                self.returned(returned);
            }
        } else if let Some(place) = own.strip_prefix('g') {
            if is_nobody(&message) {
                self.refuse(&unfolded(place));
            }
        } else {
            let told = match is_nobody(&message) {
                true => Told::Nobody,
                false => Told::Came(Box::new(message)),
            };
            self.link.waiting.tell(last, told);
        }
    }

    fn receive(&self, last: &str, head: Option<&str>, message: &Message) {
        let from = From::Inbox(last, head);
        let parcel = message::read(message, from, self);
        match parcel {
            Ok(parcel) => self.link.receiver.receive(parcel),
            Err(error) => {
                let url = &self.link.url;
                tracing::warn!(%url, error = %Escaped(error), "a message to the inbox was ignored");
            }
        }
    }

    /// A parcel as a message to an inbox.
    pub(super) fn to_inbox(
        &self,
        inbox: &str,
        parcel: Parcel,
    ) -> Result<OutboundMessage, SendError> {
        let place = match self.is_asker(inbox) {
            true => Some(Place::Ours(inbox, None, None)),
            false => subject::place(inbox),
        };
        let (to, subject) = match place {
            Some(Place::Ours(_, None, None)) => {
                // Room for the head: as much as that of a response takes, as `Subject` takes it as it is then.
                let head = match parcel.kind {
                    ParcelKind::Response => ".~f0".len(),
                    _ => 40,
                };
                let length = inbox.len() + 1 + parcel.correlation.len() + head;
                let mut subject = String::with_capacity(length);
                subject.push_str(inbox);
                subject.push('.');
                match subject::is_end(&parcel.correlation) {
                    true => subject.push_str(&parcel.correlation),
                    false => subject.push(OWN),
                }
                (To::Inbox, subject)
            }
            Some(_) => (To::Foreign, inbox.to_owned()),
            None => {
                let inbox = inbox.escape_debug();
                return Err(SendError::Refused(format!("`{inbox}` is no inbox")));
            }
        };
        let returns_to = self.returns_to(inbox, &parcel);
        let key = self.key.as_ref();
        let mut packed = message::write(parcel, key, to, subject)?;
        let subject = std::mem::take(&mut packed.place);
        Ok(packed.to(subject, returns_to.map(Into::into)))
    }

    /// What comes to it when nobody is at `inbox`: it says what was sent there. Nothing where nobody has to hear of
    /// that.
    fn returns_to(&self, inbox: &str, parcel: &Parcel) -> Option<String> {
        let letter = message::letter(&parcel.kind)?;
        if inbox.contains(OWN) {
            return None;
        }
        let correlation = match subject::is_end(&parcel.correlation) {
            true => &parcel.correlation,
            false => "",
        };
        let own = &self.inbox;
        let length = own.len() + correlation.len() + inbox.len() + 5;
        let mut place = String::with_capacity(length);
        place.push_str(own);
        place.push_str(".~r");
        place.push(letter);
        place.push_str(correlation);
        place.push(OWN);
        fold(inbox, &mut place);
        Some(place)
    }

    fn returned(&self, what: &str) {
        let Some((head, place)) = what.split_once(OWN) else {
            return;
        };
        let Some(letter) = head.chars().next() else {
            return;
        };
        let correlation = &head[letter.len_utf8()..];
        if let Some(parcel) = message::came_back(letter, correlation) {
            self.link.receiver.returned(&unfolded(place), parcel);
        }
    }

    /// What comes to it when a task that was given back finds nobody: it says where that is told.
    pub(super) fn refuses_to(&self, reply: &str) -> Option<String> {
        subject::place(reply)?;
        let (reply, _) = subject::split(reply);
        if reply.contains(OWN) {
            return None;
        }
        let mut place = format!("{}.{OWN}g{OWN}", self.inbox);
        fold(reply, &mut place);
        Some(place)
    }

    /// Tells the sender of a task that no worker takes it any more.
    fn refuse(self: &Arc<Self>, place: &str) {
        let place = place.trim_start_matches('.');
        let (inbox, correlation) = match subject::place(place) {
            Some(Place::Ours(inbox, Some(correlation), _)) => (inbox, correlation),
            _ => (place, ""),
        };
        let status = Status::new(Code::Unavailable, NO_MORE);
        let parcel = Parcel::new(ParcelKind::Status(status), correlation.into());
        if let Ok(message) = self.to_inbox(inbox, parcel) {
            self.push(message);
        }
    }
}

/// Whether it is the word of a stream of ours that it has stored what was sent to a queue group.
fn is_confirmation(message: &Message) -> bool {
    const STORED: &[u8] = b"{\"stream\":\"MITTO_TASKS_";
    message.headers.is_none() && message.payload.starts_with(STORED)
}

const NO_MORE: &str = "no worker takes this any more";

/// Writes a place as one part of another.
fn fold(place: &str, part: &mut String) {
    let mut rest = Some(place);
    while let Some(text) = rest {
        let (piece, behind) = subject::cut(text);
        part.push_str(piece);
        if behind.is_some() {
            part.push(OWN);
        }
        rest = behind;
    }
}

fn unfolded(part: &str) -> String {
    part.replace(OWN, ".")
}
