//! The member `mitto` of a request or notification: what JSON-RPC has no place for.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::id::write_number;
use super::members::{members, unescape};
use crate::address::Address;
use crate::codec::{Format, plain};
use crate::envelope::{CorrelationId, Entries, Head, Kind, MetadataError};
use crate::status::Status;

/// The time of a request that names none. It is not written.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is said beside a message.
#[derive(Debug, Default)]
pub(super) struct Extra<'a> {
    timeout: Option<Duration>,
    address: Option<Cow<'a, str>>,
    /// Packed as native frames have it.
    metadata: Vec<u8>,
}

impl<'a> Extra<'a> {
    /// Reads the member, or says what is wrong with it.
    pub(super) fn read(value: Option<&'a [u8]>) -> Result<Self, &'static str> {
        let mut extra = Self::default();
        let Some(object) = value else {
            return Ok(extra);
        };
        if object.first() != Some(&b'{') {
            return Err("the member `mitto` must be an object");
        }
        let mut wrong = None;
        members(object, |key, value| {
            let read = match key {
                "timeout_ms" => extra.read_timeout(value),
                "address" => extra.read_address(value),
                "metadata" => extra.read_metadata(value),
                _ => Ok(()),
            };
            wrong = wrong.or(read.err());
        });
        match wrong {
            None => Ok(extra),
            Some(wrong) => Err(wrong),
        }
    }

    /// The head of the message that this stands beside, whose method may be an address; or why that is refused.
    pub(super) fn head<'h>(
        &'h self,
        kind: Kind,
        method: Option<Address<'h>>,
    ) -> Result<Head<'h>, Status> {
        let refused = |error: &dyn fmt::Display| Status::bad_request(error.to_string());
        let address = match (&self.address, method) {
            (Some(_), Some(method)) => {
                let text = format!("the method `{method}` is an address, leave `address` out");
                return Err(Status::bad_request(text));
            }
            (Some(text), None) => Address::parse(text).map(Some),
            (None, method) => Ok(method),
        };
        Ok(Head {
            from_requester: true,
            format: Some(Format::JSON),
            address: address.map_err(|error| refused(&error))?,
            timeout: self.timeout,
            metadata: self.entries().map_err(|error| refused(&error))?,
            ..Head::new(kind, CorrelationId::NONE)
        })
    }

    /// The metadata.
    pub(super) fn entries(&self) -> Result<Entries<'_>, MetadataError> {
        Entries::packed(&self.metadata)
    }

    fn read_timeout(&mut self, value: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(value).unwrap_or_default();
        let milliseconds: u32 = text
            .parse()
            .map_err(|_| "`timeout_ms` must be a whole number of milliseconds below 2^32")?;
        self.timeout = Some(Duration::from_millis(milliseconds.into()));
        Ok(())
    }

    fn read_address(&mut self, value: &'a [u8]) -> Result<(), &'static str> {
        let address = unescape(value).ok_or("`address` must be a text")?;
        self.address = Some(address);
        Ok(())
    }

    /// A key has a text, or an array of texts.
    fn read_metadata(&mut self, value: &[u8]) -> Result<(), &'static str> {
        const WRONG: &str = "`metadata` must be an object of texts, or arrays of texts";
        if value.first() != Some(&b'{') {
            return Err(WRONG);
        }
        let mut read = Ok(());
        members(value, |key, value| {
            let key = key.to_ascii_lowercase();
            let added = match value.first() {
                Some(b'[') => serde_json::from_slice::<Vec<String>>(value)
                    .is_ok_and(|all| all.iter().all(|value| self.add(&key, value))),
                _ => unescape(value).is_some_and(|value| self.add(&key, &value)),
            };
            if !added {
                read = Err(WRONG);
            }
        });
        read
    }

    /// Packs an entry; `false` when it is too long for that.
    fn add(&mut self, key: &str, value: &str) -> bool {
        let (Ok(key_length), Ok(length)) = (u8::try_from(key.len()), u16::try_from(value.len()))
        else {
            return false;
        };
        self.metadata.push(key_length);
        self.metadata.extend_from_slice(&length.to_be_bytes());
        self.metadata.extend_from_slice(key.as_bytes());
        self.metadata.extend_from_slice(value.as_bytes());
        true
    }
}

/// Writes the member, and the comma before it, where there is something to say.
pub(super) fn write(head: &Head<'_>, out: &mut Vec<u8>) {
    let timeout = head.timeout.filter(|timeout| *timeout != TIMEOUT);
    if timeout.is_none() && head.address.is_none() && head.metadata.is_empty() {
        return;
    }
    out.extend_from_slice(br#","mitto":"#);
    let mut comma = b'{';
    let mut member = |name: &str, out: &mut Vec<u8>| {
        out.push(std::mem::replace(&mut comma, b','));
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    };
    if let Some(timeout) = timeout {
        member("timeout_ms", out);
        let milliseconds = timeout.as_nanos().div_ceil(1_000_000);
        let most = u64::from(u32::MAX);
        write_number(u64::try_from(milliseconds).unwrap_or(most).min(most), out);
    }
    if let Some(address) = head.address {
        member("address", out);
        write_text(address.as_str(), out);
    }
    if !head.metadata.is_empty() {
        member("metadata", out);
        write_metadata(&head.metadata, out);
    }
    out.push(b'}');
}

fn write_metadata(entries: &Entries<'_>, out: &mut Vec<u8>) {
    let mut comma = b'{';
    for (at, (key, value)) in entries.iter().enumerate() {
        let is_same = |(other, _): &(&str, &str)| *other == key;
        if entries.iter().take(at).any(|entry| is_same(&entry)) {
            continue;
        }
        out.push(std::mem::replace(&mut comma, b','));
        write_text(key, out);
        out.push(b':');
        if entries.iter().filter(is_same).count() == 1 {
            write_text(value, out);
            continue;
        }
        let mut comma = b'[';
        for (_, value) in entries.iter().filter(is_same) {
            out.push(std::mem::replace(&mut comma, b','));
            write_text(value, out);
        }
        out.push(b']');
    }
    out.push(b'}');
}

pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    if plain(text.as_bytes()) == text.len() {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        return out.push(b'"');
    }
    serde_json::to_writer(out, text).expect("a text can be written to memory");
}
