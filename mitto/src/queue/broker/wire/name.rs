//! The names of what travels beside a body, to be told apart without comparing texts.

use super::{
    ADDRESS, CONTENT_TYPE, CORRELATION, CREDIT, EXPIRES, HOPS, ID, IDEMPOTENT, IDENTITY, KIND,
    PEER, REPLY_TO, SIGNATURE, STATUS, TYPE, TYPE_ID, WINDOW,
};

/// A name of the library's own, or any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::queue::broker) enum Name<'a> {
    Kind,
    Type,
    TypeId,
    Id,
    Correlation,
    ReplyTo,
    ContentType,
    Idempotent,
    Expires,
    Address,
    Hops,
    Window,
    Peer,
    Identity,
    Signature,
    Status,
    Credit,
    /// Metadata, or what a later version says.
    Other(&'a str),
}

impl<'a> Name<'a> {
    pub(in crate::queue::broker) fn of(name: &'a str) -> Self {
        match name {
            KIND => Self::Kind,
            TYPE => Self::Type,
            TYPE_ID => Self::TypeId,
            ID => Self::Id,
            CORRELATION => Self::Correlation,
            REPLY_TO => Self::ReplyTo,
            CONTENT_TYPE => Self::ContentType,
            IDEMPOTENT => Self::Idempotent,
            EXPIRES => Self::Expires,
            ADDRESS => Self::Address,
            HOPS => Self::Hops,
            WINDOW => Self::Window,
            PEER => Self::Peer,
            IDENTITY => Self::Identity,
            SIGNATURE => Self::Signature,
            STATUS => Self::Status,
            CREDIT => Self::Credit,
            other => Self::Other(other),
        }
    }

    pub(in crate::queue::broker) fn as_str(self) -> &'a str {
        match self {
            Self::Kind => KIND,
            Self::Type => TYPE,
            Self::TypeId => TYPE_ID,
            Self::Id => ID,
            Self::Correlation => CORRELATION,
            Self::ReplyTo => REPLY_TO,
            Self::ContentType => CONTENT_TYPE,
            Self::Idempotent => IDEMPOTENT,
            Self::Expires => EXPIRES,
            Self::Address => ADDRESS,
            Self::Hops => HOPS,
            Self::Window => WINDOW,
            Self::Peer => PEER,
            Self::Identity => IDENTITY,
            Self::Signature => SIGNATURE,
            Self::Status => STATUS,
            Self::Credit => CREDIT,
            Self::Other(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_text() {
        for text in [
            KIND,
            TYPE,
            TYPE_ID,
            ID,
            CORRELATION,
            REPLY_TO,
            CONTENT_TYPE,
            IDEMPOTENT,
            EXPIRES,
            ADDRESS,
            HOPS,
            WINDOW,
            PEER,
            IDENTITY,
            SIGNATURE,
            STATUS,
            CREDIT,
        ] {
            let name = Name::of(text);
            assert_eq!(name.as_str(), text);
            assert!(!matches!(name, Name::Other(_)), "{text}");
        }
        assert_eq!(Name::of("trace"), Name::Other("trace"));
    }
}
