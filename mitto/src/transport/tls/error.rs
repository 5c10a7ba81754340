use std::io;
use std::path::PathBuf;

/// Why certificates and keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The text is not PEM.
    #[error("this is not PEM: {0}")]
    Pem(String),
    /// There is no certificate in the PEM text.
    #[error("the PEM text holds no certificate; it must have a `BEGIN CERTIFICATE` line")]
    NoCertificate,
    /// There is no private key in the PEM text.
    #[error("the PEM text holds no private key; it must have a `BEGIN PRIVATE KEY` line")]
    NoKey,
    /// Certificate and key do not belong together.
    #[error("the private key is not that of the certificate")]
    KeyMismatch,
    /// A certificate or a key is of a kind that is not supported, or broken.
    #[error("certificate or key cannot be used: {0}")]
    Unusable(String),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InconsistentKeys(_) => Self::KeyMismatch,
            rustls::Error::NoCertificatesPresented => Self::NoCertificate,
            error => Self::Unusable(error.to_string()),
        }
    }
}
