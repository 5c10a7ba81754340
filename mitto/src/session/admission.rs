//! Who has connected, and whether it may.

use std::future::poll_fn;
use std::task::Poll;

use super::Config;
use crate::auth::{Authenticator, BearerToken, Claim, Identity};
use crate::panics::catch;
use crate::status::Status;
use crate::transport::PeerInfo;

/// Asks the authenticator. Without one everybody may connect, and nobody has an identity.
pub(super) async fn admit(
    config: &Config,
    info: PeerInfo,
    token: Option<BearerToken>,
) -> Result<Option<Identity>, Status> {
    let Some(authenticator) = &config.authenticator else {
        return Ok(None);
    };
    let claim = Claim::new(info, token)?;
    match ask(&**authenticator, &claim).await? {
        Some(identity) => {
            if let Err(error) = identity.check() {
                tracing::error!(%error, "the authenticator gave what cannot be used");
                return Err(Status::internal(
                    "the connection could not be authenticated",
                ));
            }
            Ok(Some(identity))
        }
        None if config.anonymous => Ok(None),
        None => Err(Status::denied(
            "the connection shows no credentials that are taken here: it needs an identity",
        )),
    }
}

/// The authenticator is the user's code: it may panic, and then nobody gets in.
async fn ask(authenticator: &dyn Authenticator, claim: &Claim) -> Result<Option<Identity>, Status> {
    let mut asked = Box::pin(async move { authenticator.authenticate(claim).await });
    poll_fn(|cx| {
        let polled = catch(|| asked.as_mut().poll(cx));
        polled.unwrap_or_else(|_| {
            tracing::error!("the authenticator panicked");
            let text = "the connection could not be authenticated";
            Poll::Ready(Err(Status::internal(text)))
        })
    })
    .await
}
