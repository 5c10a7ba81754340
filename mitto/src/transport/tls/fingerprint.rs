use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;

/// The SHA-256 fingerprint of a certificate in DER, as `openssl x509 -fingerprint -sha256` prints it.
pub fn fingerprint(certificate: &[u8]) -> [u8; 32] {
    let suite = TLS13_AES_128_GCM_SHA256
        .tls13()
        .expect("it is a suite of TLS 1.3");
    let hash = suite.common.hash_provider.hash(certificate);
    let bytes = hash.as_ref();
    std::array::from_fn(|at| bytes[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_is_sha_256() {
        assert_eq!(fingerprint(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(fingerprint(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
