use super::{Authenticator, Claim, Identity};
use crate::status::Status;
use crate::transport::BoxFuture;
use crate::transport::tls::fingerprint;

/// Clients of TLS, by the SHA-256 fingerprint of the certificate that they show.
///
/// The TLS handshake has verified the certificate before: give the server its authorities with
/// [`TlsServer::require_client_certificates`](crate::transport::tls::TlsServer::require_client_certificates)
/// or `accept_client_certificates`. Names inside a certificate are not read here; an authenticator of
/// your own finds the whole of it in [`PeerInfo::certificates`](crate::transport::PeerInfo::certificates).
///
/// ```
/// use mitto::auth::{Certificates, Identity, LINK};
///
/// # fn main() -> Result<(), mitto::auth::BadFingerprint> {
/// // As printed by `openssl x509 -in ann.pem -noout -fingerprint -sha256`.
/// let print = "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:\
///              27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";
/// let certificates = Certificates::new().certificate(print, Identity::new("ann").grant(LINK))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Certificates(Vec<([u8; 32], Identity)>);

/// A text that is no SHA-256 fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no SHA-256 fingerprint: write 64 hexadecimal digits, with colons or without")]
pub struct BadFingerprint(String);

impl Certificates {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a certificate by its fingerprint: 64 hexadecimal digits, with colons or without.
    ///
    /// # Errors
    ///
    /// The text is none.
    pub fn certificate(
        mut self,
        fingerprint: &str,
        identity: Identity,
    ) -> Result<Self, BadFingerprint> {
        let bytes = parse(fingerprint).ok_or_else(|| BadFingerprint(fingerprint.to_owned()))?;
        self.0.push((bytes, identity));
        Ok(self)
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let bytes: Vec<u8> = match digits?.as_chunks::<2>() {
        (pairs, []) => pairs.iter().map(|[high, low]| high << 4 | low).collect(),
        _ => return None,
    };
    bytes.try_into().ok()
}

impl Authenticator for Certificates {
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        let identity = claim.peer().certificates.first().map(|shown| {
            let shown = fingerprint(shown);
            let known = self.0.iter().find(|(print, _)| *print == shown);
            known
                .map(|(_, identity)| identity.clone())
                .ok_or_else(|| Status::denied("the certificate is not known here"))
        });
        Box::pin(std::future::ready(identity.transpose()))
    }
}
