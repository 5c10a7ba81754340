//! A message that is encoded once for all who get it in one format.

use std::any::Any;
use std::cell::RefCell;

use crate::codec::{CodecError, Codecs, Encoder, Format};
use crate::message::{Body, Message, Outgoing, Payload};
use crate::panics::catch;
use crate::status::{Code, Status};

/// A message that is encoded when the first peer needs it in a format; the others get the same bytes.
pub(super) struct Once<M> {
    message: M,
    /// The most bytes of it.
    limit: usize,
    /// Those of this process, for peers without a connection.
    codecs: Codecs,
    encoded: RefCell<Vec<Encoded>>,
}

struct Encoded {
    format: Format,
    /// Empty where it has failed.
    bytes: Vec<u8>,
    failure: Option<Status>,
}

impl<M: Message> Once<M> {
    pub(super) fn new(message: M, limit: usize, codecs: Codecs) -> Self {
        Self {
            message,
            limit,
            codecs,
            encoded: RefCell::default(),
        }
    }

    /// The message in one format.
    pub(super) fn into_bytes(self, format: Format) -> Result<Vec<u8>, Status> {
        let codecs = self.codecs.clone();
        let Encoded { bytes, failure, .. } =
            self.encode_in(&Encoder::new(&codecs, format, &mut Vec::new(), 0));
        failure.map_or(Ok(bytes), Err)
    }

    /// Why it could not be encoded, in whichever format.
    pub(super) fn failure(&self) -> Option<Status> {
        let encoded = self.encoded.borrow();
        encoded.iter().find_map(|encoded| encoded.failure.clone())
    }

    fn encode_in(&self, like: &Encoder<'_>) -> Encoded {
        let mut bytes = Vec::new();
        // `Serialize` is the user's code: it may panic.
        let done = catch(|| {
            self.message
                .encode(&mut like.beside(&mut bytes, self.limit))
        });
        let name = M::INFO.name;
        let failure = match done {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                let code = match error {
                    CodecError::TooLarge { .. } => Code::TooLarge,
                    CodecError::UnsupportedFormat(_) => Code::UnsupportedFormat,
                    _ => Code::BadRequest,
                };
                Some(Status::new(
                    code,
                    format!("`{name}` was not published: {error}"),
                ))
            }
            Err(_) => {
                let text = format!("`{name}` panicked while it was encoded, it was not published");
                Some(Status::new(Code::Internal, text))
            }
        };
        if failure.is_some() {
            bytes = Vec::new();
        }
        Encoded {
            format: like.format(),
            bytes,
            failure,
        }
    }

    /// Where the message is in the encoder's format.
    fn place(&self, like: &Encoder<'_>) -> usize {
        let known = self
            .encoded
            .borrow()
            .iter()
            .position(|encoded| encoded.format == like.format());
        known.unwrap_or_else(|| {
            let encoded = self.encode_in(like);
            let mut all = self.encoded.borrow_mut();
            all.push(encoded);
            all.len() - 1
        })
    }
}

impl<M: Message> Outgoing for Once<M> {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        let place = self.place(to);
        let encoded = &self.encoded.borrow()[place];
        match &encoded.failure {
            None => to.append(encoded.format, &encoded.bytes),
            Some(status) => Err(CodecError::Encode {
                format: encoded.format,
                reason: status.message().to_owned(),
            }),
        }
    }

    /// It is for many: nobody may have it.
    fn take(&mut self) -> Body {
        match self.payload() {
            Payload::Encoded { format, bytes } => Body::Encoded {
                format,
                bytes: bytes.to_vec(),
            },
            Payload::Value(_) => Body::Value(Box::new(())),
        }
    }

    fn is_taken(&self) -> bool {
        false
    }

    /// As bytes, because a value can be given to one reader only.
    fn payload(&mut self) -> Payload<'_> {
        let Some(format) = self.codecs.default_format() else {
            return Payload::Value(self);
        };
        let codecs = self.codecs.clone();
        let place = self.place(&Encoder::new(&codecs, format, &mut Vec::new(), 0));
        let bytes = &self.encoded.get_mut()[place].bytes;
        Payload::Encoded { format, bytes }
    }

    fn as_any(&mut self) -> Option<&mut dyn Any> {
        None
    }
}
