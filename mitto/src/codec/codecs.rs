use std::fmt;
#[cfg(feature = "custom-codecs")]
use std::io;
#[cfg(feature = "custom-codecs")]
use std::sync::Arc;

#[cfg(feature = "custom-codecs")]
use serde::de::DeserializeOwned;

use super::Format;
#[cfg(feature = "custom-codecs")]
use super::{Codec, CodecError};

const BUILT_IN: &[Format] = &[
    #[cfg(feature = "messagepack")]
    Format::MESSAGE_PACK,
    #[cfg(feature = "json")]
    Format::JSON,
];

/// The formats that one end can speak: the built-in ones, and its own. Cheap to clone.
#[derive(Clone, Default)]
pub struct Codecs {
    #[cfg(feature = "custom-codecs")]
    custom: Arc<[Arc<dyn Codec>]>,
}

impl Codecs {
    /// The built-in formats and `custom` ones; needs the feature `custom-codecs`.
    ///
    /// # Errors
    ///
    /// When two codecs have one format, or one has a format that is not a [`Format::custom`].
    #[cfg(feature = "custom-codecs")]
    pub fn new(custom: Vec<Arc<dyn Codec>>) -> Result<Self, CodecsError> {
        for (index, codec) in custom.iter().enumerate() {
            let (format, name) = (codec.format(), codec.name());
            if !format.is_custom() {
                return Err(CodecsError::NotCustom { format, name });
            }
            if let Some(first) = custom[..index].iter().find(|c| c.format() == format) {
                return Err(CodecsError::SameFormat {
                    format,
                    first: first.name(),
                    second: name,
                });
            }
        }
        Ok(Self {
            custom: custom.into(),
        })
    }

    /// Whether `format` can be encoded and decoded here.
    #[must_use]
    pub fn supports(&self, format: Format) -> bool {
        self.formats().any(|known| known == format)
    }

    /// All formats, the preferred one first: MessagePack, JSON, then the custom ones as given.
    pub fn formats(&self) -> impl Iterator<Item = Format> {
        #[cfg(feature = "custom-codecs")]
        let custom = self.custom.iter().map(|codec| codec.format());
        #[cfg(not(feature = "custom-codecs"))]
        let custom = [];
        BUILT_IN.iter().copied().chain(custom)
    }

    /// The format to use when nobody asks for another: the first of [`formats`](Self::formats). `None`
    /// only without any, when both built-in ones are switched off.
    #[must_use]
    pub fn default_format(&self) -> Option<Format> {
        self.formats().next()
    }

    #[cfg(feature = "custom-codecs")]
    pub(super) fn encode_custom(
        &self,
        format: Format,
        value: &dyn erased_serde::Serialize,
        out: &mut dyn io::Write,
    ) -> Result<(), CodecError> {
        self.custom(format)?.encode(value, out)
    }

    #[cfg(feature = "custom-codecs")]
    pub(super) fn decode_custom<T: DeserializeOwned>(
        &self,
        format: Format,
        payload: &[u8],
    ) -> Result<T, CodecError> {
        let mut value = None;
        self.custom(format)?.decode(payload, &mut |deserializer| {
            value = Some(erased_serde::deserialize(deserializer)?);
            Ok(())
        })?;
        value.ok_or_else(|| unread(format))
    }

    #[cfg(feature = "custom-codecs")]
    fn custom(&self, format: Format) -> Result<&dyn Codec, CodecError> {
        self.custom
            .iter()
            .find(|codec| codec.format() == format)
            .map(AsRef::as_ref)
            .ok_or(CodecError::UnsupportedFormat(format))
    }
}

impl fmt::Debug for Codecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.formats()).finish()
    }
}

/// Why codecs do not fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecsError {
    /// Two codecs have one format.
    #[error("codecs `{first}` and `{second}` are both {format}, give one of them another number")]
    SameFormat {
        /// The format of both.
        format: Format,
        /// The name of the one that was added first.
        first: &'static str,
        /// The name of the other.
        second: &'static str,
    },
    /// The format of a codec is not a custom one.
    #[error("codec `{name}` claims {format}, use `Format::custom` with a number from 128 to 255")]
    NotCustom {
        /// What it claims.
        format: Format,
        /// The name of the codec.
        name: &'static str,
    },
}

#[cfg(feature = "custom-codecs")]
#[cold]
fn unread(format: Format) -> CodecError {
    CodecError::Decode {
        format,
        reason: "the codec read no value".to_owned(),
    }
}

#[cfg(all(test, feature = "custom-codecs"))]
mod tests {
    use super::*;

    struct Named(&'static str, Format);

    impl Codec for Named {
        fn format(&self) -> Format {
            self.1
        }

        fn name(&self) -> &'static str {
            self.0
        }

        fn encode(
            &self,
            _: &dyn erased_serde::Serialize,
            out: &mut dyn io::Write,
        ) -> Result<(), CodecError> {
            let _ = out.write_all(b"never more than this");
            Ok(())
        }

        fn decode(
            &self,
            _: &[u8],
            _: &mut dyn FnMut(
                &mut dyn erased_serde::Deserializer<'_>,
            ) -> Result<(), erased_serde::Error>,
        ) -> Result<(), CodecError> {
            Ok(())
        }
    }

    fn codecs(named: &[(&'static str, Format)]) -> Result<Codecs, CodecsError> {
        let codec = |&(name, format)| Arc::new(Named(name, format)) as Arc<dyn Codec>;
        Codecs::new(named.iter().map(codec).collect())
    }

    #[test]
    fn same_format_twice_names_both_codecs() {
        let format = Format::custom(131);
        let error = codecs(&[
            ("cbor", format),
            ("bson", Format::custom(132)),
            ("ion", format),
        ])
        .expect_err("two of one format");
        assert_eq!(
            error.to_string(),
            "codecs `cbor` and `ion` are both format 131, give one of them another number"
        );
    }

    #[test]
    fn custom_codec_cannot_replace_a_built_in_one() {
        let error = codecs(&[("mine", Format::JSON)]).expect_err("reserved");
        assert_eq!(
            error.to_string(),
            "codec `mine` claims JSON, use `Format::custom` with a number from 128 to 255"
        );
    }

    #[test]
    fn formats_lists_the_preferred_one_first() {
        let codecs = codecs(&[("cbor", Format::custom(131))]).expect("one codec");
        let expected: Vec<_> = BUILT_IN
            .iter()
            .copied()
            .chain([Format::custom(131)])
            .collect();
        assert_eq!(codecs.formats().collect::<Vec<_>>(), expected);
        assert_eq!(codecs.default_format(), expected.first().copied());
        assert!(codecs.supports(Format::custom(131)));
        assert!(!codecs.supports(Format::custom(132)));
        assert_eq!(
            Codecs::default().supports(Format::JSON),
            cfg!(feature = "json")
        );
    }

    #[test]
    fn codec_that_reads_nothing_is_an_error() {
        let format = Format::custom(131);
        let codecs = codecs(&[("lazy", format)]).expect("one codec");
        let error = codecs
            .decode_custom::<u8>(format, b"")
            .expect_err("no value");
        assert_eq!(
            error.to_string(),
            "cannot decode format 131: the codec read no value"
        );
    }

    #[test]
    fn codec_that_ignores_the_limit_is_too_large() {
        let format = Format::custom(131);
        let codecs = codecs(&[("greedy", format)]).expect("one codec");
        let mut out = Vec::new();
        let error = crate::codec::Encoder::new(&codecs, format, &mut out, 4).encode(&1);
        assert!(matches!(error, Err(CodecError::TooLarge { limit: 4 })));
        assert!(out.is_empty());
    }

    #[test]
    fn unknown_format_is_unsupported() {
        let error = Codecs::default().decode_custom::<u8>(Format::from_wire(9), b"");
        let error = error.expect_err("unknown");
        assert_eq!(error.to_string(), "no codec for format 9");
    }
}
