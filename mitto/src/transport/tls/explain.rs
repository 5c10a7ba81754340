use std::io;

use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error};

/// What failed, for people, if it was TLS that failed.
pub(in crate::transport) fn explain(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    let what = match error {
        Error::InvalidCertificate(certificate) => explain_certificate(certificate),
        Error::InvalidMessage(_) => "the other end does not speak TLS here".to_owned(),
        Error::NoCertificatesPresented => {
            "the client shows no certificate, and this server requires one".to_owned()
        }
        Error::AlertReceived(Alert::CertificateRequired) => {
            "the server requires a client certificate; set one with `TlsClient::certificate`"
                .to_owned()
        }
        Error::AlertReceived(
            alert @ (Alert::UnknownCA
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::DecryptError),
        ) => format!("the other end does not accept our certificate: {alert:?}"),
        error => format!("TLS failed: {error}"),
    };
    Some(what)
}

fn explain_certificate(error: &Certificate) -> String {
    match error {
        // A bad signature is that of an authority of the same name with another key.
        Certificate::UnknownIssuer | Certificate::BadSignature => {
            "the other end's certificate is not signed by an authority \
             that is trusted here; add its authority, or correct the chain it sends"
                .to_owned()
        }
        Certificate::Expired | Certificate::ExpiredContext { .. } => {
            "the other end's certificate has expired".to_owned()
        }
        Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
            "the other end's certificate is not valid yet; is a clock wrong?".to_owned()
        }
        Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
            "the server's certificate is for another name than the one in the url".to_owned()
        }
        error => format!("the other end's certificate cannot be used: {error}"),
    }
}
