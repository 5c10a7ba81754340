//! The requests that this end has sent, and where each of them is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::To;
use crate::envelope::CorrelationId;
use crate::in_flight::{Reply, item_cost};
use crate::job::{AnswerTo, Exchange};
use crate::message::Body;
use crate::queue::broker::wire::decimal::{self, Decimal};
use crate::queue::broker::{Parcel, ParcelKind};
use crate::runtime::Instant;
use crate::status::{Code, Status};

/// The requests that this end has sent.
pub(super) struct Asked {
    pub(super) exchange: Arc<Exchange>,
    places: Mutex<Vec<Asking>>,
}

/// Where one request is.
#[derive(Default)]
struct Asking {
    id: Option<CorrelationId>,
    to: Option<To>,
    /// The inbox of whoever runs it, once that is known.
    runs_at: Option<Arc<str>>,
    /// When that was heard of last.
    heard: Option<Instant>,
    /// Who is told of progress.
    answer: Option<AnswerTo>,
    window: usize,
    /// What of a stream was taken and not yet told, as it counts against the window.
    taken: usize,
}

/// Who is to be told that a request was given up.
pub(super) struct Left {
    pub(super) to: Option<To>,
    pub(super) runs_at: Option<Arc<str>>,
}

impl Asked {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            exchange: Arc::new(Exchange::new(limit)),
            places: Mutex::default(),
        }
    }

    /// Notes where a request goes, before it is sent.
    pub(super) fn note(&self, id: CorrelationId, to: To, answer: Option<AnswerTo>, window: usize) {
        let mut places = self.places();
        let index = id.slot() as usize;
        if places.len() <= index {
            places.resize_with(index + 1, Asking::default);
        }
        let before = std::mem::replace(
            &mut places[index],
            Asking {
                id: Some(id),
                to: Some(to),
                answer,
                window,
                ..Asking::default()
            },
        );
        drop(places);
        drop(before);
    }

    /// Takes what has come for a request.
    pub(super) fn answered(&self, parcel: Parcel) {
        let Some(id) = read(&parcel.correlation) else {
            return tracing::debug!("an answer to nothing that was asked");
        };
        if let Some(runs_at) = parcel.reply_to {
            self.heard(id, runs_at);
        }
        let format = parcel.format;
        let body = |bytes| format.map(|format| Body::Encoded { format, bytes });
        let reply = match parcel.kind {
            ParcelKind::Response => body(parcel.body).map(Reply::Response),
            ParcelKind::Error => body(parcel.body).map(Reply::Error),
            ParcelKind::Item => body(parcel.body).map(Reply::Item),
            ParcelKind::Status(status) => Some(Reply::Status(status)),
            ParcelKind::End => Some(Reply::End),
            ParcelKind::Progress => return self.progress(id),
            _ => return,
        };
        match reply {
            Some(reply) => self.exchange.complete(id, reply),
            None => {
                let text = "the answer has no format";
                self.fail(id, Status::new(Code::UnsupportedFormat, text));
            }
        }
    }

    /// Ends a request, if it still waits.
    pub(super) fn fail(&self, id: CorrelationId, status: Status) {
        self.exchange.complete(id, Reply::Status(status));
    }

    /// The reader of a stream has taken an item. Says whom to tell how much it has taken, when that is due.
    pub(super) fn taken(&self, id: CorrelationId, reply: &Reply) -> Option<(Arc<str>, u32)> {
        let Reply::Item(Body::Encoded { bytes, .. }) = reply else {
            return None;
        };
        let mut places = self.places();
        let asking = find(&mut places, id)?;
        asking.taken += item_cost(bytes.len());
        let runs_at = asking.runs_at.clone()?;
        if asking.taken < asking.window / 2 {
            return None;
        }
        let taken = u32::try_from(std::mem::take(&mut asking.taken));
        Some((runs_at, taken.unwrap_or(u32::MAX)))
    }

    /// Forgets a request that has ended or is given up.
    pub(super) fn forget(&self, id: CorrelationId) -> Option<Left> {
        let mut places = self.places();
        let asking = std::mem::take(find(&mut places, id)?);
        drop(places);
        Some(Left {
            to: asking.to,
            runs_at: asking.runs_at,
        })
    }

    /// The requests that somebody runs who was not heard of since `silent`.
    pub(super) fn silent(&self, silent: Instant) -> Vec<CorrelationId> {
        let places = self.places();
        let silent = places
            .iter()
            .filter(|asking| asking.heard.is_some_and(|heard| heard < silent));
        silent.filter_map(|asking| asking.id).collect()
    }

    /// Somebody has said where a request runs.
    fn heard(&self, id: CorrelationId, runs_at: Arc<str>) {
        let mut places = self.places();
        if let Some(asking) = find(&mut places, id) {
            asking.heard = Some(Instant::now());
            if asking.runs_at.as_deref() != Some(&*runs_at) {
                asking.runs_at = Some(runs_at);
            }
        }
    }

    fn progress(&self, id: CorrelationId) {
        crate::job::Answering::progress(&*self.exchange, id);
        let answer = find(&mut self.places(), id).and_then(|asking| asking.answer.clone());
        if let Some(AnswerTo { to, id }) = answer {
            to.progress(id);
        }
    }

    /// No user code runs under the lock.
    fn places(&self) -> MutexGuard<'_, Vec<Asking>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(places: &mut [Asking], id: CorrelationId) -> Option<&mut Asking> {
    let asking = places.get_mut(id.slot() as usize)?;
    (asking.id == Some(id)).then_some(asking)
}

/// An id as it travels.
pub(super) fn written(id: CorrelationId) -> Arc<str> {
    let text = Decimal::pair(id.slot().into(), id.generation().into());
    text.as_str().into()
}

/// The id that [`written`] has made.
pub(super) fn read(text: &str) -> Option<CorrelationId> {
    // A loop over bytes, as it is short.
    let dot = text.bytes().position(|byte| byte == b'.')?;
    let (slot, generation) = (text.get(..dot)?, text.get(dot + 1..)?);
    Some(CorrelationId::new(
        decimal::parse(slot)?,
        decimal::parse(generation)?,
    ))
}
