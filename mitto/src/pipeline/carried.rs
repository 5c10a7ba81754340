//! Values on their way from step to step.

use std::any::{Any, TypeId};

use crate::codec::{CodecError, Codecs, Decoder, Encoder, Format};
use crate::job::{Answer, unsent};
use crate::message::{Encoded, Outgoing, Travels, lone_value, outgoing};
use crate::status::{Code, Status};

/// What the next step gets: the message as it came, or a value of this process.
pub(super) enum Carried {
    Bytes(Format, Vec<u8>),
    Value(Box<dyn Value>),
}

/// A value whose type only its step knows.
pub(super) trait Value: Send {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError>;

    fn into_any(self: Box<Self>) -> Box<dyn Any>;

    fn answer(self: Box<Self>, answer: Answer);
}

impl<T: Travels + Send + 'static> Value for Plain<T> {
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        Outgoing::encode(self, to)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn answer(mut self: Box<Self>, answer: Answer) {
        answer.respond(&mut *self);
    }
}

impl Carried {
    pub(super) fn new<T: Travels + Send + 'static>(value: T) -> Self {
        Self::Value(Box::new(Plain(Some(value))))
    }

    /// The value that a step takes.
    pub(super) fn read<T: Travels + Send + 'static>(self, codecs: &Codecs) -> Result<T, Status> {
        match self {
            Self::Bytes(format, bytes) => {
                let decode = |bytes| T::decode_from(Decoder::new(codecs, format, bytes));
                decode(&bytes).or_else(|error| {
                    let value = lone_value(format, &bytes).map(decode);
                    value
                        .and_then(Result::ok)
                        .ok_or_else(|| unread::<T>(&error))
                })
            }
            Self::Value(value) => value
                .into_any()
                .downcast::<Plain<T>>()
                .ok()
                .and_then(|plain| plain.0)
                .ok_or_else(|| Status::internal("a step got another type than it takes")),
        }
    }

    /// The bytes, in the format of the message where they are encoded now.
    pub(super) fn encode(
        &self,
        codecs: &Codecs,
        format: Format,
        limit: usize,
    ) -> Result<(Format, Vec<u8>), Status> {
        match self {
            Self::Bytes(format, bytes) => Ok((*format, bytes.clone())),
            Self::Value(value) => {
                let mut bytes = Vec::new();
                let mut to = Encoder::new(codecs, format, &mut bytes, limit);
                value.encode(&mut to).map_err(|error| unsent(&error))?;
                Ok((format, bytes))
            }
        }
    }

    /// What a person reads of it: JSON, or a text by itself.
    pub(super) fn readable(&self, codecs: &Codecs, limit: usize) -> String {
        let json = match self {
            Self::Bytes(format, bytes) => Decoder::new(codecs, *format, bytes).decode(),
            Self::Value(_) => match self.encode(codecs, Format::JSON, limit) {
                Ok((format, bytes)) => Decoder::new(codecs, format, &bytes).decode(),
                Err(status) => return format!("({status})"),
            },
        };
        match (json, self) {
            (Ok(serde_json::Value::String(text)), _) => text,
            (Ok(json), _) => json.to_string(),
            (Err(_), Self::Bytes(format, bytes)) => format!("({} bytes of {format})", bytes.len()),
            (Err(error), Self::Value(_)) => format!("({error})"),
        }
    }

    pub(super) fn answer(self, answer: Answer) {
        match self {
            Self::Bytes(format, bytes) => {
                let bytes = &bytes;
                answer.respond(&mut Encoded { format, bytes });
            }
            Self::Value(value) => value.answer(answer),
        }
    }
}

fn unread<T: 'static>(error: &CodecError) -> Status {
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        CodecError::UnsupportedFormat(_) => Code::UnsupportedFormat,
        _ => Code::BadRequest,
    };
    let name = short(std::any::type_name::<T>());
    Status::new(code, format!("the message is no `{name}`: {error}"))
}

/// A value that is no message of a schema.
pub(super) struct Plain<T>(Option<T>);

outgoing!([T: Travels + Send + 'static] Plain<T>, value, to => value.encode_to(to));

/// A type, by what it is and what it is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeOf {
    pub(super) id: TypeId,
    pub(super) name: &'static str,
}

impl TypeOf {
    pub(super) fn new<T: 'static>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
        }
    }
}

/// The name of a type without modules: `Vec<Page>` for `alloc::vec::Vec<crawler::Page>`.
pub(super) fn short(name: &str) -> String {
    let mut out = String::new();
    let mut word = 0;
    for c in name.chars() {
        match c {
            ':' => out.truncate(word),
            c if c.is_alphanumeric() || c == '_' => out.push(c),
            c => {
                out.push(c);
                word = out.len();
            }
        }
    }
    out
}
