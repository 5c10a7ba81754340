use std::fmt;
use std::hint::black_box;

use crate::status::Status;
use crate::transport::{PeerInfo, UpgradeRequest};

/// How a browser, which cannot set headers, shows a token: as one of the subprotocols that it offers.
const SUBPROTOCOL: &str = "bearer.";

/// What a connection shows of who it is.
#[derive(Clone, Debug)]
pub struct Claim {
    peer: PeerInfo,
    token: Option<BearerToken>,
}

impl Claim {
    /// What a transport knows, and the token of the hello. A WebSocket may have shown one before: as
    /// the header `Authorization: Bearer <token>`, or as a subprotocol `bearer.<token>`.
    ///
    /// # Errors
    ///
    /// `Denied`, when it shows tokens that differ: which of them counts would be anyone's guess.
    pub fn new(peer: PeerInfo, hello: Option<BearerToken>) -> Result<Self, Status> {
        let mut token = hello;
        for shown in peer.request.iter().flat_map(shown) {
            match &token {
                Some(token) if !token.is(shown) => {
                    let text = "the connection shows two tokens that differ: show one of them";
                    return Err(Status::denied(text));
                }
                Some(_) => {}
                None => token = Some(BearerToken::new(shown)),
            }
        }
        Ok(Self { peer, token })
    }

    /// What the transport knows: address, certificates, Unix credentials, the upgrade request.
    pub fn peer(&self) -> &PeerInfo {
        &self.peer
    }

    /// The bearer token, wherever it was shown. To compare it with one that you know, take
    /// [`BearerToken::is`]: it takes as long for a near miss as for a far one.
    pub fn token(&self) -> Option<&BearerToken> {
        self.token.as_ref()
    }
}

/// The tokens of an upgrade request.
fn shown(request: &UpgradeRequest) -> impl Iterator<Item = &str> {
    let headers = request.all("authorization").filter_map(|value| {
        let (scheme, token) = std::str::from_utf8(value).ok()?.trim().split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    });
    let offered = request
        .all("sec-websocket-protocol")
        .filter_map(|value| std::str::from_utf8(value).ok())
        .flat_map(|value| value.split(','))
        .filter_map(|offered| offered.trim().strip_prefix(SUBPROTOCOL));
    headers.chain(offered)
}

/// A bearer token. Its `Debug` does not show it.
#[derive(Clone)]
pub struct BearerToken(Box<str>);

impl BearerToken {
    /// Takes a token as it is.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into().into_boxed_str())
    }

    /// The token itself: a secret, so write it nowhere.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether it is `token`. How long that takes tells the lengths of both, and nothing else.
    pub fn is(&self, token: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), token.as_bytes());
        let pairs = own.iter().zip(other);
        let differ = pairs.fold(0, |differ, (a, b)| black_box(differ | (a ^ b)));
        differ == 0 && own.len() == other.len()
    }
}

impl PartialEq for BearerToken {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.secret())
    }
}

impl Eq for BearerToken {}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(headers: &[(&str, &str)], hello: Option<&str>) -> Result<Claim, Status> {
        let headers = headers.iter().map(|(name, value)| {
            let value = value.as_bytes().to_vec();
            ((*name).to_owned(), value)
        });
        let mut peer = PeerInfo::new("a test");
        peer.request = Some(UpgradeRequest::new("/", headers.collect()));
        Claim::new(peer, hello.map(BearerToken::new))
    }

    #[test]
    fn token_is_found_wherever_it_is_shown() {
        for (headers, hello) in [
            (&[("Authorization", "Bearer s3cret")][..], None),
            (&[("authorization", "bearer   s3cret ")], None),
            (
                &[("Sec-WebSocket-Protocol", "mitto.1, bearer.s3cret")],
                None,
            ),
            (
                &[
                    ("Authorization", "Basic abc"),
                    ("sec-websocket-protocol", "x"),
                ],
                Some("s3cret"),
            ),
            (&[("Authorization", "Bearer s3cret")], Some("s3cret")),
        ] {
            let claim = claim(headers, hello).unwrap();
            assert_eq!(claim.token(), Some(&BearerToken::new("s3cret")));
            assert!(!format!("{claim:?}").contains("s3cret"));
        }
    }

    #[test]
    fn tokens_that_differ_are_refused() {
        let header = ("Authorization", "Bearer a");
        assert!(claim(&[header], Some("b")).is_err());
        assert!(claim(&[header, ("Authorization", "Bearer b")], None).is_err());
        assert!(claim(&[header, ("Sec-WebSocket-Protocol", "bearer.b")], None).is_err());
    }

    #[test]
    fn comparing_finds_every_difference() {
        let token = BearerToken::new("abc");
        for other in ["", "ab", "abd", "abcd", "xbc"] {
            assert!(!token.is(other), "{other}");
        }
        assert!(token.is("abc") && BearerToken::new("").is(""));
    }
}
