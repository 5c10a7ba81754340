//! An address, as a text and in the part of a frame.

use std::collections::BTreeSet;

use mitto::Address;
use mitto::address::OwnedAddress;
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Fault, Framing, Native};

/// A text is an address or not, wherever it comes in; and one that is has nothing in it that a routing
/// key, a subject or a topic would not take as it is.
pub fn address(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes);
    let parsed = text.ok().map(Address::parse);
    if let Some(Ok(address)) = parsed {
        well_formed(address);
    }
    if let Some(Err(error)) = parsed {
        let shown = error.to_string();
        assert!(shown.len() < 120, "{shown}");
        assert!(!shown.contains(char::is_control), "{shown}");
    }
    if let Ok(text) = text {
        let quoted = serde_json::to_string(text).expect("a text");
        let read = serde_json::from_str::<OwnedAddress>(&quoted);
        assert_eq!(read.is_ok(), matches!(parsed, Some(Ok(_))));
    }
    in_a_frame(bytes, parsed.and_then(Result::ok));
}

fn well_formed(address: Address<'_>) {
    let text = address.as_str();
    assert!((3..=Address::MAX).contains(&text.len()));
    let parts = [Some(address.application()), Some(address.node())];
    let parts: Vec<&str> = parts
        .into_iter()
        .chain([address.action()])
        .flatten()
        .collect();
    assert_eq!(parts.join("/"), text);
    for part in parts {
        assert!((1..=64).contains(&part.len()), "{part}");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        assert!(part.bytes().all(is_plain), "{part}");
    }
    let owned = address.into_owned();
    assert_eq!(owned.as_address(), address);
    assert_eq!(text.parse().as_ref(), Ok(&owned));
    assert!(BTreeSet::from([owned]).contains(text));
}

fn in_a_frame(bytes: &[u8], address: Option<Address<'_>>) {
    let head = Head {
        from_requester: true,
        ..Head::new(Kind::Request, CorrelationId::new(1, 1))
    };
    let mut frame = Vec::new();
    Native.begin(&head, &mut frame);
    let bytes = &bytes[..bytes.len().min(60_000)];
    let part = [&[1][..], &(bytes.len() as u16).to_be_bytes(), bytes].concat();
    frame[18..20].copy_from_slice(&(part.len() as u16).to_be_bytes());
    frame.extend(part);
    let parsed = Native.parse(&frame, &mut |envelope| {
        assert_eq!(envelope.head.address, address);
        let mut again = Vec::new();
        Native.begin(&envelope.head, &mut again);
        assert_eq!(again, frame);
    });
    match parsed {
        Ok(()) => assert!(address.is_some()),
        Err(error) => {
            assert!(address.is_none(), "{error}");
            assert_eq!(error.fault(), Fault::Refuse(head.correlation));
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let long = ["x".repeat(64), "y".repeat(64), "z".repeat(64)].join("/");
    let seeds = [
        "chat/eu",
        "chat/eu/ping",
        "A-z_9/0/-",
        "chat",
        "chat/*/join",
        "a//b",
        "chat/eu/\u{202e}gnip",
        &long,
    ];
    seeds.map(|seed| seed.as_bytes().to_vec()).into()
}
