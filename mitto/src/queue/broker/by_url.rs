//! The broker of a URL.

use std::sync::Arc;

use super::{Broker, BrokerError};

/// The broker that a URL's scheme names, with its usual settings. It is not connected to yet.
///
/// | scheme | broker | feature |
/// | --- | --- | --- |
/// | `amqp`, `amqps` | `rabbitmq::RabbitMq` | `rabbitmq` |
/// | `mqtt`, `mqtts` | `mqtt::Mqtt`, without a session | `mqtt` |
/// | `nats`, `tls` | `nats::Nats`, without JetStream | `nats` |
///
/// # Errors
///
/// When the scheme is none of these, or its feature is off.
///
/// # Examples
///
/// ```
/// use mitto::queue::broker;
///
/// let error = broker::by_url("http://localhost").err();
/// assert!(error.is_some_and(|error| error.to_string().contains("amqp")));
/// ```
pub fn by_url(url: &str) -> Result<Arc<dyn Broker>, BrokerError> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    match scheme {
        #[cfg(feature = "rabbitmq")]
        "amqp" | "amqps" => Ok(Arc::new(super::rabbitmq::RabbitMq::new(url))),
        #[cfg(feature = "mqtt")]
        "mqtt" | "mqtts" => Ok(Arc::new(super::mqtt::Mqtt::new(url))),
        #[cfg(feature = "nats")]
        "nats" | "tls" => Ok(Arc::new(super::nats::Nats::new(url))),
        _ => Err(BrokerError::Url {
            // What is behind the scheme may be a password.
            url: format!("{scheme}://..."),
            why: "write `amqp://` with the feature `rabbitmq`, `nats://` with the feature `nats`, \
                 or `mqtt://` with the feature `mqtt`"
                .to_owned(),
        }),
    }
}
