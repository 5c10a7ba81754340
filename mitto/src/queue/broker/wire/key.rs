//! Signed identities.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::queue::broker::{Parcel, Task};

/// A secret that gateways and workers share, where the broker does not say who has sent a task: with it a
/// gateway signs the identity of a caller, and a worker believes it.
///
/// The signature is HMAC-SHA256 (RFC 2104), in Base64, over these parts, each behind its length in 8 bytes,
/// the highest first: the message's name, the id, the correlation, the place of the reply, the deadline in
/// milliseconds since 1970 as a decimal number (nothing where there is none), the packed identity, the
/// hops as a decimal number, the body.
///
/// A signed task that is sent again as it is counts again until its deadline, unless the worker
/// de-duplicates by id.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Takes a secret: 32 random bytes are best, fewer are weaker.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        let mac = Hmac::new_from_slice(secret.as_ref());
        Self(mac.unwrap_or_else(|_| unreachable!("a key of HMAC may have any length")))
    }

    pub(super) fn sign(
        &self,
        task: &Task,
        expires: Option<u64>,
        identity: &[u8],
        parcel: &Parcel,
    ) -> String {
        let mac = self.over(task, expires, identity, parcel);
        BASE64.encode(&mac.finalize().into_bytes())
    }

    /// Takes as long for a near miss as for a far one.
    pub(super) fn verify(
        &self,
        signature: &str,
        task: &Task,
        expires: Option<u64>,
        identity: &[u8],
        parcel: &Parcel,
    ) -> bool {
        let Ok(signature) = BASE64.decode(signature.as_bytes()) else {
            return false;
        };
        let mac = self.over(task, expires, identity, parcel);
        mac.verify_slice(&signature).is_ok()
    }

    fn over(
        &self,
        task: &Task,
        expires: Option<u64>,
        identity: &[u8],
        parcel: &Parcel,
    ) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let expires = expires.map_or_else(String::new, |expires| expires.to_string());
        for part in [
            task.name.as_bytes(),
            task.id.as_bytes(),
            parcel.correlation.as_bytes(),
            parcel.reply_to.as_deref().unwrap_or_default().as_bytes(),
            expires.as_bytes(),
            identity,
            task.hops.to_string().as_bytes(),
            &parcel.body,
        ] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
